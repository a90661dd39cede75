public import ArgumentParser
public import GANomalyModel

extension ScoreOptions.SecondEncoder: ExpressibleByArgument {}
extension ScoreOptions.LocalRule: ExpressibleByArgument {}
extension ScoreOptions.Standardisation: ExpressibleByArgument {}

extension WindowPooling: ExpressibleByArgument {
  /// A rule by its text.
  public init?(argument: String) { self.init(text: argument) }
}
