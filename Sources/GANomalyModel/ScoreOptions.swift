/// How the score is taken from the latent vectors.
public struct ScoreOptions: Sendable, Equatable {
  /// The distance between the two latent vectors.
  public enum Distance: String, Sendable, CaseIterable {
    /// The mean of squared differences (the authors' code).
    case meanSquare = "mean-square"
    /// The mean of absolute differences.
    case meanAbsolute = "mean-absolute"
    /// The sum of absolute differences.
    case sumAbsolute = "sum-absolute"
  }

  /// Which encoder sees the reconstruction.
  public enum SecondEncoder: String, Sendable, CaseIterable {
    /// The second encoder, trained for it (the paper).
    case own
    /// The generator's encoder again.
    case generator
  }

  /// The distance.
  public var distance: Distance
  /// The encoder of the reconstruction.
  public var secondEncoder: SecondEncoder

  /// Options, variant `paper`'s where not given.
  public init(distance: Distance = .meanSquare, secondEncoder: SecondEncoder = .own) {
    self.distance = distance
    self.secondEncoder = secondEncoder
  }
}
