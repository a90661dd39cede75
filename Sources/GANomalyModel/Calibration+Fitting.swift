/// Scores that no calibration can be made of.
public enum CalibrationError: Error, Sendable, Equatable {
  /// The rate is not between 0 and 1.
  case rate(found: Double)
  /// There are too few scores for the rate: `needed` is nil where no file could hold so many.
  case tooFew(found: Int, needed: Int?, rate: Double)
  /// A score is NaN or infinite.
  case notFinite(picture: String, score: Float)
  /// A threshold is NaN or infinite.
  case threshold(found: Float)
  /// The method needs a threshold, or scores, and got the other.
  case method(Calibration.Method)
}

extension CalibrationError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .rate(let found):
      return "a false-positive rate of \(found) is not possible, expected a number above 0 and below 1"
    case .tooFew(let found, let needed, let rate):
      let number = needed.map(String.init) ?? "more than 1000000000"
      return "a false-positive rate of \(rate) needs at least \(number) normal pictures, found \(found): "
        + "add pictures or choose a higher rate"
    case .notFinite(let picture, let score):
      return "the score of '\(picture)' is \(score), expected a finite number: the model's weights are damaged"
    case .threshold(let found):
      return "a threshold of \(found) is not possible, expected a finite number"
    case .method(.manual):
      return "method 'manual' takes a threshold"
    case .method(let method):
      return "method '\(method.rawValue)' finds its threshold in scores, expected no threshold"
    }
  }
}

extension Calibration {
  /// Finds the threshold for a rate of false alarms.
  ///
  /// `conformal` and `quantile` have the same threshold: the (n + 1 - l)-th smallest score, l being the largest integer
  /// with l / (n + 1) <= rate; a score above it is exactly a p-value of at most the rate, ties included.
  ///
  /// - Parameters:
  ///   - method: `conformal` or `quantile`.
  ///   - scores: one score of each held-out normal picture, any order.
  ///   - names: the pictures' names for sentences, in the scores' order; may be empty.
  ///   - falsePositiveRate: the promised rate, above 0 and below 1.
  ///   - setDigest: which pictures, by `PictureSetDigest`.
  ///   - arithmeticVersion: the arithmetic that gave the scores.
  ///   - date: ISO 8601, or nil.
  /// - Throws: `CalibrationError`: a rate outside its range, too few scores for it, a score that is not finite.
  public static func fit(
    method: Method = .conformal, scores: [Float], names: [String] = [], falsePositiveRate: Double,
    setDigest: String? = nil, arithmeticVersion: String = Scorer.arithmeticVersion, date: String? = nil
  ) throws(CalibrationError) -> Calibration {
    guard method != .manual else { throw .method(.manual) }
    guard falsePositiveRate > 0, falsePositiveRate < 1 else { throw .rate(found: falsePositiveRate) }
    let sorted = try ascending(scores, names: names)
    let rank = alarmRank(count: sorted.count, falsePositiveRate: falsePositiveRate)
    guard rank >= 1 else {
      throw .tooFew(
        found: sorted.count, needed: neededCount(falsePositiveRate: falsePositiveRate), rate: falsePositiveRate)
    }
    return Calibration(
      method: method, falsePositiveRate: falsePositiveRate, threshold: sorted[sorted.count - rank], scores: sorted,
      setDigest: setDigest, arithmeticVersion: arithmeticVersion, date: date)
  }

  /// A threshold given by the user, with scores for p-values where there are any; it promises nothing.
  ///
  /// - Throws: `CalibrationError` where the threshold or a score is not finite.
  public static func manual(
    threshold: Float, scores: [Float] = [], names: [String] = [], setDigest: String? = nil,
    arithmeticVersion: String = Scorer.arithmeticVersion, date: String? = nil
  ) throws(CalibrationError) -> Calibration {
    guard threshold.isFinite else { throw .threshold(found: threshold) }
    return Calibration(
      method: .manual, falsePositiveRate: nil, threshold: threshold, scores: try ascending(scores, names: names),
      setDigest: setDigest, arithmeticVersion: arithmeticVersion, date: date)
  }

  /// The fewest pictures that a rate can be promised with: the smallest n with 1 / (n + 1) <= rate; nil past 10^9.
  public static func neededCount(falsePositiveRate rate: Double) -> Int? {
    guard rate >= 1e-9, rate < 1 else { return nil }
    var count = max(0, Int(1 / rate) - 2)
    while alarmRank(count: count, falsePositiveRate: rate) < 1 { count += 1 }
    return count
  }

  /// The largest integer l with Double(l) / Double(count + 1) <= rate.
  static func alarmRank(count: Int, falsePositiveRate rate: Double) -> Int {
    let total = Double(count + 1)
    // The product may be off by one rounding, the comparison decides.
    var rank = Int(rate * total)
    while Double(rank + 1) / total <= rate { rank += 1 }
    while rank > 0, Double(rank) / total > rate { rank -= 1 }
    return rank
  }

  private static func ascending(_ scores: [Float], names: [String]) throws(CalibrationError) -> [Float] {
    if let index = scores.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(picture: index < names.count ? names[index] : "number \(index + 1)", score: scores[index])
    }
    return scores.sorted()
  }
}
