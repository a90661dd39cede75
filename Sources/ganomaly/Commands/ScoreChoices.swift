public import ArgumentParser
public import GANomalyModel

extension ScoreOptions.SecondEncoder: ExpressibleByArgument {}
extension ScoreOptions.LocalRule: ExpressibleByArgument {}
extension ScoreOptions.Standardisation: ExpressibleByArgument {}
