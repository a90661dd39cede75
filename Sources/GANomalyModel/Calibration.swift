/// The rule that turns a score into a verdict, and what it promises.
public struct Calibration: Sendable, Equatable {
  /// How the threshold was found.
  public enum Method: String, Sendable, CaseIterable {
    /// Conformal p-values of held-out normal pictures.
    case conformal
    /// An order statistic of the same scores.
    case quantile
    /// Given by the user; no promise.
    case manual
  }

  /// How the threshold was found.
  public var method: Method
  /// The promised rate of false alarms, 0 to 1; nil for `manual`.
  public var falsePositiveRate: Double?
  /// Anomalous means score > threshold, strictly.
  public var threshold: Float
  /// The held-out normal scores, ascending; empty where none were given.
  public var scores: [Float]
}
