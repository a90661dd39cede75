/// The receiver operating characteristic: what every threshold makes of two lists of scores.
public struct ROCCurve: Sendable, Equatable {
  /// A threshold and its rates.
  public struct Point: Sendable, Equatable {
    /// Anomalous means score > threshold, strictly.
    public let threshold: Float
    /// The part of the normal pictures above it, 0 to 1.
    public let falsePositiveRate: Double
    /// The part of the anomalous pictures above it, 0 to 1.
    public let detectionRate: Double

    /// A point from its parts.
    public init(threshold: Float, falsePositiveRate: Double, detectionRate: Double) {
      self.threshold = threshold
      self.falsePositiveRate = falsePositiveRate
      self.detectionRate = detectionRate
    }
  }

  /// From (0, 0), where nothing is called anomalous, to (1, 1), where everything is; one point a distinct score, and one
  /// below the lowest. The straight lines between them hold the area under the curve.
  public let points: [Point]

  /// The curve of an evaluation; nil where a list is empty.
  public init?(_ evaluation: Evaluation) {
    guard !evaluation.normal.isEmpty, !evaluation.anomalous.isEmpty else { return nil }
    points = evaluation.thresholds.map { threshold in
      Point(
        threshold: threshold.value,
        falsePositiveRate: Double(threshold.normalAbove) / Double(evaluation.normal.count),
        detectionRate: Double(threshold.anomalousAbove) / Double(evaluation.anomalous.count))
    }
  }

  /// The points at which the curve bends, with both ends: what a drawing needs.
  public var corners: [Point] {
    var kept: [Point] = []
    for point in points {
      if kept.count > 1 {
        let (first, middle) = (kept[kept.count - 2], kept[kept.count - 1])
        let turn =
          (middle.falsePositiveRate - first.falsePositiveRate) * (point.detectionRate - first.detectionRate)
          - (middle.detectionRate - first.detectionRate) * (point.falsePositiveRate - first.falsePositiveRate)
        if turn.magnitude < 1e-12 { kept.removeLast() }
      }
      kept.append(point)
    }
    return kept
  }
}

extension Evaluation {
  /// A threshold and how many scores lie above it.
  struct Threshold {
    /// The threshold.
    let value: Float
    /// Normal scores above it.
    let normalAbove: Int
    /// Anomalous scores above it.
    let anomalousAbove: Int
  }

  /// Every distinct score as a threshold, highest first, and one below the lowest.
  var thresholds: [Threshold] {
    let distinct = Set(normal + anomalous).sorted(by: >)
    var (normalAbove, anomalousAbove) = (0, 0)
    return (distinct + (distinct.last.map { [$0.nextDown] } ?? [])).map { value in
      while normalAbove < normal.count, normal[normal.count - 1 - normalAbove] > value { normalAbove += 1 }
      while anomalousAbove < anomalous.count, anomalous[anomalous.count - 1 - anomalousAbove] > value {
        anomalousAbove += 1
      }
      return Threshold(value: value, normalAbove: normalAbove, anomalousAbove: anomalousAbove)
    }
  }
}
