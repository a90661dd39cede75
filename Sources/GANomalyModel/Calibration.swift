private import Crypto

/// The rule that turns a score into a verdict, and what it promises.
///
/// Made by `Calibration.fit` from the scores of normal pictures that training never saw, for some methods with scores of
/// anomalous ones, or by `Calibration.manual`.
///
/// Source: Bates, Candes, Lei, Romano, Sesia, "Testing for outliers with conformal p-values", arXiv 2104.08279.
public struct Calibration: Sendable, Equatable {
  /// How the threshold was found.
  public enum Method: String, Sendable, CaseIterable {
    /// Conformal p-values of held-out normal pictures.
    case conformal
    /// An order statistic of the same scores.
    case quantile
    /// A generalised Pareto tail fitted to the highest of them.
    case pot
    /// The best F1 on labelled pictures.
    case f1
    /// The best detection rate less false-positive rate on labelled pictures, with costs.
    case youden
    /// Given by the user; no promise.
    case manual
  }

  /// How the threshold was found, with all that was chosen.
  public let rule: CalibrationRule
  /// Anomalous means score > threshold, strictly.
  public let threshold: Float
  /// The held-out normal scores, ascending; empty where none were given.
  public let scores: [Float]
  /// The scores of anomalous pictures that helped to choose the threshold, ascending; empty but for `f1` and `youden`.
  public let anomalousScores: [Float]
  /// How many scores lie above the threshold plus one, l in the formula of the threshold; nil for methods without promise.
  public let alarmRank: Int?
  /// The tail that was fitted; nil but for `pot`.
  public let tail: ParetoTail?
  /// What was reached on the labelled pictures that chose the threshold; nil but for `f1` and `youden`.
  public let reached: Double?
  /// Which normal pictures the scores are of: 64 hexadecimal digits, by `PictureSetDigest`; nil where there were none.
  public let setDigest: String?
  /// Which anomalous pictures; nil where there were none.
  public let anomalousSetDigest: String?
  /// `Scorer.arithmeticVersion` of the scores: another one's scores may differ in their last bits.
  public let arithmeticVersion: String
  /// When it was made, in ISO 8601, for the reader alone; nil where the file must not depend on the time.
  public let date: String?
  /// From when on a ledger's inspections gave the scores, in ISO 8601; nil where the pictures themselves were scored.
  public let ledgerSince: String?
  /// SHA-256s of the model files that give the same scores: what this model was before it was calibrated, the newest last.
  ///
  /// A calibration changes a file's digest and no score; by these a ledger's rows are known as this model's.
  public internal(set) var sameScores: [String] = []
  /// Most files of `sameScores`; the oldest are forgotten.
  static let mostSameScores = 32

  /// The method's name.
  public var method: Method { rule.method }
  /// The rate of false alarms that was aimed at, between 0 and 1: promised where there is an `alarmRank`; nil where none.
  public var falsePositiveRate: Double? { rule.falsePositiveRate }
  /// The confidence with which this calibration keeps to the rate; nil where it does on average over calibration sets.
  public var confidence: Double? { rule.confidence }

  /// Whether a score is anomalous: above the threshold, strictly, compared as Float.
  ///
  /// - Parameter score: a score that is a number; a NaN has no verdict and must be reported as an error instead.
  public func isAnomalous(_ score: Float) -> Bool { score > threshold }

  /// The conformal p-value: (1 + number of calibration scores at or above the score) / (n + 1).
  ///
  /// - Returns: a number above 0 and at most 1; nil where there are no calibration scores or the score is NaN.
  public func pValue(of score: Float) -> Double? {
    guard !scores.isEmpty, !score.isNaN else { return nil }
    return Double(1 + scores.count - scores.countBelow(score)) / Double(scores.count + 1)
  }

  /// The rate that false alarms of this one calibration stay under with 95 % confidence: the 0.95 quantile of
  /// Beta(l, n + 1 - l); nil for methods without promise.
  public var rateBound: Double? {
    guard let rank = alarmRank, rank >= 1, rank <= scores.count else { return nil }
    return BetaDistribution(alpha: Double(rank), beta: Double(scores.count + 1 - rank)).quantile(0.95)
  }

  /// How many of the normal scores it was made of lie above the threshold.
  public var flaggedCount: Int { scores.count { $0 > threshold } }

  /// A score on a scale from 0 to 1 with the threshold at 0.5, rising with the score: for display, never for a verdict.
  public func displayScore(of score: Float) -> Double {
    guard !score.isNaN else { return .nan }
    guard score.isFinite else { return score > 0 ? 1 : 0 }
    let (value, middle) = (Double(score), Double(threshold))
    // One term is a mean or sum of squares or magnitudes; a combination of standardised terms lies around 0.
    guard middle > 0, scores.first ?? 0 >= 0 else {
      let distance = value - middle
      return 0.5 + 0.5 * distance / (1 + distance.magnitude)
    }
    return max(0, value) / (max(0, value) + middle)
  }

  /// Twelve hexadecimal digits that name this rule: the same rule has the same name, whenever it was made.
  public var identifier: String {
    var hash = SHA256()
    let texts = metadata(withDate: false).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }
    hash.update(data: Array(texts.joined().utf8))
    for list in [scores, anomalousScores] {
      hash.update(
        data: list.flatMap { score in (0..<4).map { UInt8(truncatingIfNeeded: score.bitPattern >> ($0 * 8)) } })
    }
    return String(Hexadecimal.text(hash.finalize()).prefix(12))
  }
}

extension [Float] {
  /// How many of these ascending values are below one.
  fileprivate func countBelow(_ value: Float) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
