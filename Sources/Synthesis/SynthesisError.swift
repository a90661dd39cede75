/// Why a synthetic set could not be written.
public struct SynthesisError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence: what failed, on which path, and what to do.
  public let description: String
}
