extension Calibration {
  /// Finds the threshold by a rule.
  ///
  /// `conformal` and `quantile` have the same threshold: the (n + 1 - l)-th smallest score, l being the largest integer
  /// with l / (n + 1) <= rate; a score above it is exactly a p-value of at most the rate, ties included. With a confidence
  /// l is the largest integer whose rate, Beta(l, n + 1 - l), stays at or below the rate with it.
  ///
  /// - Throws: `CalibrationError`: a number outside its range, too few scores, a score that is not finite, a tail that
  ///   does not fit.
  public static func fit(_ rule: CalibrationRule, to set: CalibrationSet) throws(CalibrationError) -> Calibration {
    try rule.check()
    let normal = try ascending(set.normal, names: set.normalNames)
    let anomalous = try ascending(set.anomalous, names: set.anomalousNames)
    func made(
      _ threshold: Float, rank: Int? = nil, tail: ParetoTail? = nil, reached: Double? = nil
    ) -> Calibration {
      // Scores that choose nothing have no place in the file.
      let isLabelled = reached != nil
      return Calibration(
        rule: rule, threshold: threshold, scores: normal, anomalousScores: isLabelled ? anomalous : [],
        alarmRank: rank, tail: tail, reached: reached, setDigest: set.digest,
        anomalousSetDigest: isLabelled ? set.anomalousDigest : nil, arithmeticVersion: set.arithmeticVersion,
        date: set.date, ledgerSince: set.ledgerSince)
    }
    switch rule {
    case .manual(let threshold): return made(threshold)
    case .conformal(let rate, let confidence), .quantile(let rate, let confidence):
      let rank = try rank(count: normal.count, rate: rate, confidence: confidence)
      return made(normal[normal.count - rank], rank: rank)
    case .pot(let rate, let initialQuantile):
      let tail = try ParetoTail(scores: normal, initialQuantile: initialQuantile)
      return made(try threshold(of: tail, rate: rate, initialQuantile: initialQuantile, scores: normal), tail: tail)
    case .f1:
      guard !normal.isEmpty, let best = LabelledThreshold.bestF1(normal: normal, anomalous: anomalous) else {
        throw .labels(rule.method, normal: normal.count, anomalous: anomalous.count)
      }
      return made(best.threshold, reached: best.value)
    case .youden(let costs):
      guard let best = LabelledThreshold.best(normal: normal, anomalous: anomalous, costs: costs) else {
        throw .labels(rule.method, normal: normal.count, anomalous: anomalous.count)
      }
      return made(best.threshold, reached: best.value)
    }
  }

  /// A conformal threshold for a rate of false alarms.
  ///
  /// - Parameters:
  ///   - scores: one score of each held-out normal picture, any order.
  ///   - names: the pictures' names for sentences, in the scores' order; may be empty.
  ///   - falsePositiveRate: the promised rate, above 0 and below 1.
  ///   - setDigest: which pictures, by `PictureSetDigest`.
  ///   - date: ISO 8601, or nil.
  /// - Throws: `CalibrationError`.
  public static func fit(
    scores: [Float], names: [String] = [], falsePositiveRate: Double, setDigest: String? = nil, date: String? = nil
  ) throws(CalibrationError) -> Calibration {
    var set = CalibrationSet(normal: scores, normalNames: names)
    (set.digest, set.date) = (setDigest, date)
    return try fit(.conformal(rate: falsePositiveRate), to: set)
  }

  /// A threshold given by the user, with scores for p-values where there are any; it promises nothing.
  ///
  /// - Throws: `CalibrationError` where the threshold or a score is not finite.
  public static func manual(threshold: Float, scores: [Float] = []) throws(CalibrationError) -> Calibration {
    try fit(.manual(threshold: threshold), to: CalibrationSet(normal: scores))
  }

  /// The fewest pictures that a rate can be promised with: the smallest n with 1 / (n + 1) <= rate, and with a confidence
  /// the smallest with 1 - (1 - rate)^n >= confidence; nil past 10^9.
  public static func neededCount(falsePositiveRate rate: Double, confidence: Double? = nil) -> Int? {
    guard rate >= 1e-9, rate < 1 else { return nil }
    guard let confidence else {
      var count = max(0, Int(1 / rate) - 2)
      while alarmRank(count: count, falsePositiveRate: rate) < 1 { count += 1 }
      return count
    }
    // Double by double until there are enough, then halved.
    var high = 1
    while alarmRank(count: high, falsePositiveRate: rate, confidence: confidence) < 1 {
      guard high < 1_000_000_000 else { return nil }
      high *= 2
    }
    var low = high / 2
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if alarmRank(count: middle, falsePositiveRate: rate, confidence: confidence) >= 1 {
        high = middle
      } else {
        low = middle
      }
    }
    return high
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

  /// The largest integer l for which Beta(l, count + 1 - l) is at or below the rate with the confidence; 0 where none is.
  static func alarmRank(count: Int, falsePositiveRate rate: Double, confidence: Double) -> Int {
    // Where the two are equal the promise holds, and rounding must not decide: the distribution is good to fewer digits.
    let needed = confidence - 1e-12 * (1 - confidence)
    var (low, high) = (0, count + 1)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      let distribution = BetaDistribution(alpha: Double(middle), beta: Double(count + 1 - middle))
      if distribution.cumulative(rate) >= needed { low = middle } else { high = middle }
    }
    return low
  }

  private static func rank(
    count: Int, rate: Double, confidence: Double?
  ) throws(CalibrationError) -> Int {
    guard let confidence else {
      let rank = alarmRank(count: count, falsePositiveRate: rate)
      guard rank >= 1 else {
        throw .tooFew(found: count, needed: neededCount(falsePositiveRate: rate), rate: rate)
      }
      return rank
    }
    let rank = alarmRank(count: count, falsePositiveRate: rate, confidence: confidence)
    guard rank >= 1 else {
      throw .tooFewForConfidence(
        found: count, needed: neededCount(falsePositiveRate: rate, confidence: confidence), rate: rate,
        confidence: confidence)
    }
    return rank
  }

  /// The threshold that a tail gives, if it describes the scores at all.
  private static func threshold(
    of tail: ParetoTail, rate: Double, initialQuantile: Double, scores: [Float]
  ) throws(CalibrationError) -> Float {
    guard rate * Double(tail.count) < Double(tail.excessCount) else {
      throw .rateAboveTail(
        rate: rate, share: Double(tail.excessCount) / Double(tail.count), initialQuantile: initialQuantile)
    }
    let threshold = Float(tail.quantile(rate: rate))
    guard threshold.isFinite else { throw .tail(.endless(shape: tail.shape)) }
    let above = scores.count { $0 > threshold }
    // So many above it come by chance once in a thousand calibrations, or less: the scores have another form.
    if above > 0,
      BetaDistribution(alpha: Double(above), beta: Double(scores.count - above + 1)).cumulative(rate) < 0.001
    {
      throw .tail(.misfit(above: above, count: scores.count, rate: rate))
    }
    return threshold
  }

  private static func ascending(_ scores: [Float], names: [String]) throws(CalibrationError) -> [Float] {
    if let index = scores.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(picture: index < names.count ? names[index] : "number \(index + 1)", score: scores[index])
    }
    return scores.sorted()
  }
}
