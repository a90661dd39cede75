internal import GANomalyModel

/// How well scores tell anomalous pictures from normal ones.
///
/// Every number is a pure function of the two lists of scores; ties and empty lists have defined outcomes.
public struct Evaluation: Sendable, Equatable {
  /// Scores of pictures known to be normal, ascending.
  public let normal: [Float]
  /// Scores of pictures known to be anomalous, ascending.
  public let anomalous: [Float]

  /// An evaluation of scores, none of them NaN, in any order.
  public init(normal: [Float], anomalous: [Float]) {
    precondition(!(normal + anomalous).contains(where: \.isNaN), "a score that is no number cannot be evaluated")
    self.normal = normal.sorted()
    self.anomalous = anomalous.sorted()
  }

  /// The area under the receiver operating characteristic: the probability that an anomalous picture scores above a
  /// normal one, ties counting half. Exact: pairs are counted in whole numbers. Nil where a list is empty.
  ///
  /// Source: Hanley and McNeil, Radiology 143 (1982): the equality with the Mann-Whitney statistic.
  public var areaUnderROC: Double? {
    guard !normal.isEmpty, !anomalous.isEmpty else { return nil }
    var (doubled, below, belowOrEqual) = (0, 0, 0)
    for score in anomalous {
      while below < normal.count, normal[below] < score { below += 1 }
      while belowOrEqual < normal.count, normal[belowOrEqual] <= score { belowOrEqual += 1 }
      doubled += below + belowOrEqual
    }
    return Double(doubled) / Double(2 * normal.count * anomalous.count)
  }

  /// The average precision: precision summed over the steps of recall, one step a distinct score. Nil where there are
  /// no anomalous pictures.
  ///
  /// Source: scikit-learn, `average_precision_score`.
  public var averagePrecision: Double? {
    guard !anomalous.isEmpty else { return nil }
    var (sum, before) = (0.0, 0)
    for threshold in thresholds where threshold.anomalousAbove > before {
      let called = threshold.normalAbove + threshold.anomalousAbove
      sum += Double(threshold.anomalousAbove - before) * Double(threshold.anomalousAbove) / Double(called)
      before = threshold.anomalousAbove
    }
    return sum / Double(anomalous.count)
  }

  /// The threshold with the best F1, and that F1: midway between neighbouring scores, where pictures above it are called
  /// anomalous; of equal ones the highest threshold. Nil where there are no anomalous pictures.
  public var bestF1: (threshold: Float, value: Double)? {
    LabelledThreshold.bestF1(normal: normal, anomalous: anomalous).map { ($0.threshold, $0.value) }
  }

  /// What a threshold makes of the pictures.
  ///
  /// - Parameter threshold: anomalous means score > threshold, strictly.
  public func confusion(threshold: Float) -> Confusion {
    Confusion(
      truePositives: anomalous.count { $0 > threshold }, falsePositives: normal.count { $0 > threshold },
      trueNegatives: normal.count { !($0 > threshold) }, falseNegatives: anomalous.count { !($0 > threshold) })
  }
}
