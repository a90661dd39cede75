/// Precision against recall: what every threshold makes of two lists of scores.
public struct PrecisionRecallCurve: Sendable, Equatable {
  /// A threshold and what it reaches.
  public struct Point: Sendable, Equatable {
    /// Anomalous means score > threshold, strictly.
    public let threshold: Float
    /// The part of the anomalous pictures above it, 0 to 1.
    public let detectionRate: Double
    /// The part of the pictures above it that is anomalous, 0 to 1.
    public let precision: Double

    /// A point from its parts.
    public init(threshold: Float, detectionRate: Double, precision: Double) {
      self.threshold = threshold
      self.detectionRate = detectionRate
      self.precision = precision
    }
  }

  /// One point a distinct score, the highest threshold first; thresholds above which nothing lies have none.
  ///
  /// The average precision is the area of steps, not of straight lines between the points: each point's precision times
  /// the detection rate that it adds.
  public let points: [Point]

  /// The curve of an evaluation; nil where there are no anomalous pictures.
  public init?(_ evaluation: Evaluation) {
    guard !evaluation.anomalous.isEmpty else { return nil }
    points = evaluation.thresholds.compactMap { threshold in
      let called = threshold.normalAbove + threshold.anomalousAbove
      guard called > 0 else { return nil }
      return Point(
        threshold: threshold.value,
        detectionRate: Double(threshold.anomalousAbove) / Double(evaluation.anomalous.count),
        precision: Double(threshold.anomalousAbove) / Double(called))
    }
  }
}
