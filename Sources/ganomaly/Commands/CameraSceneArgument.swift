public import ArgumentParser
public import Synthesis

/// `surface` or `part`.
extension CameraScene: ExpressibleByArgument {}
