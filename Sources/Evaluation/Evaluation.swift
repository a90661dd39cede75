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
    for counts in distinctCounts {
      sum += Double(counts.truePositives - before) * (counts.precision ?? 0)
      before = counts.truePositives
    }
    return sum / Double(anomalous.count)
  }

  /// The threshold with the best F1, and that F1: midway between neighbouring scores, where pictures above it are called
  /// anomalous; of equal ones the highest threshold. Nil where there are no anomalous pictures.
  public var bestF1: (threshold: Float, value: Double)? {
    var best: (threshold: Float, value: Double)?
    let scores = distinctScores
    for (index, counts) in distinctCounts.enumerated() {
      guard let value = counts.f1, value > best?.value ?? -1 else { continue }
      best = (Self.threshold(below: scores[index], above: index + 1 < scores.count ? scores[index + 1] : nil), value)
    }
    return anomalous.isEmpty ? nil : best
  }

  /// What a threshold makes of the pictures.
  ///
  /// - Parameter threshold: anomalous means score > threshold, strictly.
  public func confusion(threshold: Float) -> Confusion {
    Confusion(
      truePositives: anomalous.count { $0 > threshold }, falsePositives: normal.count { $0 > threshold },
      trueNegatives: normal.count { !($0 > threshold) }, falseNegatives: anomalous.count { !($0 > threshold) })
  }

  /// The distinct scores, highest first.
  private var distinctScores: [Float] {
    Set(normal + anomalous).sorted(by: >)
  }

  /// The confusion when everything at or above each distinct score is called anomalous, highest score first.
  private var distinctCounts: [Confusion] {
    var (positives, negatives) = (0, 0)
    return distinctScores.map { score in
      while positives < anomalous.count, anomalous[anomalous.count - 1 - positives] >= score { positives += 1 }
      while negatives < normal.count, normal[normal.count - 1 - negatives] >= score { negatives += 1 }
      return Confusion(
        truePositives: positives, falsePositives: negatives, trueNegatives: normal.count - negatives,
        falseNegatives: anomalous.count - positives)
    }
  }

  /// A threshold that a score lies above and the next lower one does not.
  private static func threshold(below score: Float, above next: Float?) -> Float {
    guard let next else { return score.nextDown }
    let middle = next + (score - next) / 2
    return middle < score ? middle : next
  }
}
