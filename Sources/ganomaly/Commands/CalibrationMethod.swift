public import ArgumentParser
public import GANomalyModel

extension Calibration.Method: ExpressibleByArgument {}
