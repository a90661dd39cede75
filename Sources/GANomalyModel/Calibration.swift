private import Crypto

/// The rule that turns a score into a verdict, and what it promises.
///
/// Made by `Calibration.fit` from the scores of normal pictures that training never saw, or by `Calibration.manual`.
///
/// Source: Bates, Candes, Lei, Romano, Sesia, "Testing for outliers with conformal p-values", arXiv 2104.08279.
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
  public let method: Method
  /// The promised rate of false alarms, between 0 and 1; nil for `manual`.
  public let falsePositiveRate: Double?
  /// Anomalous means score > threshold, strictly.
  public let threshold: Float
  /// The held-out normal scores, ascending; empty where none were given.
  public let scores: [Float]
  /// Which pictures the scores are of: 64 hexadecimal digits, by `PictureSetDigest`; nil where there were none.
  public let setDigest: String?
  /// `Scorer.arithmeticVersion` of the scores: another one's scores may differ in their last bits.
  public let arithmeticVersion: String
  /// When it was made, in ISO 8601, for the reader alone; nil where the file must not depend on the time.
  public let date: String?

  /// A calibration from parts that were checked.
  init(
    method: Method, falsePositiveRate: Double?, threshold: Float, scores: [Float], setDigest: String?,
    arithmeticVersion: String, date: String?
  ) {
    self.method = method
    self.falsePositiveRate = falsePositiveRate
    self.threshold = threshold
    self.scores = scores
    self.setDigest = setDigest
    self.arithmeticVersion = arithmeticVersion
    self.date = date
  }

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

  /// How many scores the method lets lie above its threshold, plus one: l in the formula of the threshold.
  public var alarmRank: Int? {
    falsePositiveRate.map { Self.alarmRank(count: scores.count, falsePositiveRate: $0) }
  }

  /// The rate that false alarms of this one calibration stay under with 95 % confidence: the 0.95 quantile of
  /// Beta(l, n + 1 - l); nil for `manual`.
  public var rateBound: Double? {
    guard let rank = alarmRank, rank >= 1, rank <= scores.count else { return nil }
    return BetaDistribution(alpha: Double(rank), beta: Double(scores.count + 1 - rank)).quantile(0.95)
  }

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
    hash.update(
      data: scores.flatMap { score in (0..<4).map { UInt8(truncatingIfNeeded: score.bitPattern >> ($0 * 8)) } })
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
