public import GANomalyModel

/// How often a calibration keeps its promise: real scores are dealt again and again into a part that calibrates and a part
/// that is judged.
///
/// Dealing at random makes the two parts exchangeable, which is all that the promise rests on; what is measured is the
/// rule, not whether a line stays as it is.
public struct PromiseMeasurement: Sendable, Equatable {
  /// Scores of pictures whose truth is known.
  public struct Scores: Sendable, Equatable {
    /// Of normal pictures, ascending.
    public let normal: [Float]
    /// Of anomalous pictures, ascending.
    public let anomalous: [Float]

    /// Scores in any order, all finite.
    public init(normal: [Float], anomalous: [Float]) {
      precondition((normal + anomalous).allSatisfy(\.isFinite), "scores are finite")
      self.normal = normal.sorted()
      self.anomalous = anomalous.sorted()
    }
  }

  /// The rule that was measured.
  public let rule: CalibrationRule
  /// Normal pictures that calibrate in each split.
  public let count: Int
  /// Splits that gave a calibration.
  public let splitCount: Int
  /// Splits that were refused.
  public let refusedCount: Int
  /// Why the first of them was; nil where none was.
  public let refusal: CalibrationError?
  /// The part of the other normal pictures above the threshold, its mean over splits; nil where all were refused.
  public let meanRate: Double?
  /// The standard deviation of that part over splits.
  public let rateDeviation: Double?
  /// The part of splits in which more than the rate aimed at was flagged; nil where none was aimed at.
  public let shareAboveRate: Double?
  /// The part of splits in which more than the calibration's 95 % bound was flagged; nil where it has none.
  public let shareAboveBound: Double?
  /// What `shareAboveRate` is on average for exchangeable scores without ties, judged part and all; nil for rules without
  /// promise.
  public let expectedShareAboveRate: Double?
  /// What `shareAboveBound` is on average for such scores.
  public let expectedShareAboveBound: Double?
  /// The part of the anomalous pictures above the threshold, its mean over splits; those that chose it are left out.
  public let meanDetectionRate: Double?

  /// Measures a rule.
  ///
  /// - Parameters:
  ///   - rule: the rule; for `f1` and `youden` every second anomalous picture, by chance, helps to choose.
  ///   - scores: real scores.
  ///   - count: normal pictures that calibrate, fewer than there are.
  ///   - splits: how often.
  ///   - seed: of the dealing: the same seed deals alike.
  public init(of rule: CalibrationRule, on scores: Scores, count: Int, splits: Int, seed: UInt64 = 1) {
    precondition(count < scores.normal.count, "some pictures are left to be judged")
    self.rule = rule
    self.count = count
    var dealer = Dealer(seed: seed)
    var refusal: CalibrationError?
    var (rates, detections): ([Double], [Double]) = ([], [])
    var (aboveRate, aboveBound) = (0, 0)
    // Rank and bound depend on the number of scores alone: the last split's are those of all.
    var (rank, bound): (Int?, Double?) = (nil, nil)
    let needsLabels = rule.method == .f1 || rule.method == .youden
    for _ in 0..<splits {
      let normal = dealer.deal(count, of: scores.normal)
      let anomalous = dealer.deal(needsLabels ? scores.anomalous.count / 2 : 0, of: scores.anomalous)
      let calibration: Calibration
      do throws(CalibrationError) {
        calibration = try .fit(rule, to: CalibrationSet(normal: normal, anomalous: anomalous))
      } catch {
        refusal = refusal ?? error
        continue
      }
      let rate = Self.rate(above: calibration.threshold, scores.normal, without: normal)
      rates.append(rate)
      if let aim = rule.falsePositiveRate, rate > aim { aboveRate += 1 }
      (rank, bound) = (calibration.alarmRank, bound ?? calibration.rateBound)
      if let bound, rate > bound { aboveBound += 1 }
      if anomalous.count < scores.anomalous.count {
        detections.append(Self.rate(above: calibration.threshold, scores.anomalous, without: anomalous))
      }
    }
    splitCount = rates.count
    refusedCount = splits - rates.count
    self.refusal = refusal
    let mean = Self.mean(rates)
    meanRate = mean
    rateDeviation = mean.flatMap { mean in Self.mean(rates.map { ($0 - mean) * ($0 - mean) })?.squareRoot() }
    shareAboveRate =
      rule.falsePositiveRate == nil || rates.isEmpty ? nil : Double(aboveRate) / Double(rates.count)
    shareAboveBound = bound == nil ? nil : Double(aboveBound) / Double(rates.count)
    let judgedCount = scores.normal.count - count
    func expected(_ limit: Double?) -> Double? {
      guard let rank, let limit else { return nil }
      return Self.chance(of: rank, count, judgedCount: judgedCount, above: limit)
    }
    (expectedShareAboveRate, expectedShareAboveBound) = (expected(rule.falsePositiveRate), expected(bound))
    meanDetectionRate = Self.mean(detections)
  }

  /// The chance that more than a part of the judged scores lies above the (n + 1 - l)-th smallest of n exchangeable ones
  /// without ties: their number is beta-binomial.
  static func chance(of rank: Int, _ count: Int, judgedCount: Int, above limit: Double) -> Double {
    let hits = (0...judgedCount).first { Double($0) / Double(judgedCount) > limit }
    let law = BetaBinomial(alpha: Double(rank), beta: Double(count + 1 - rank), count: judgedCount)
    return law.atLeast(hits ?? judgedCount + 1)
  }

  /// The part of scores above a threshold among those that were not dealt.
  private static func rate(above threshold: Float, _ scores: [Float], without dealt: [Float]) -> Double {
    let above = countAbove(threshold, scores) - countAbove(threshold, dealt)
    return Double(above) / Double(scores.count - dealt.count)
  }

  /// How many of ascending scores lie above a threshold, strictly.
  private static func countAbove(_ threshold: Float, _ scores: [Float]) -> Int {
    var (low, high) = (0, scores.count)
    while low < high {
      let middle = (low + high) / 2
      if scores[middle] <= threshold { low = middle + 1 } else { high = middle }
    }
    return scores.count - low
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Deals scores at random.
  private struct Dealer {
    private var state: UInt64

    init(seed: UInt64) {
      state = seed
    }

    /// Some of ascending scores, ascending: each choice is as likely as any other.
    mutating func deal(_ count: Int, of scores: [Float]) -> [Float] {
      // Floyd's choice of a subset: as many draws as are wanted.
      var chosen: Set<Int> = []
      for last in (scores.count - count)..<scores.count {
        let draw = below(last + 1)
        chosen.insert(chosen.contains(draw) ? last : draw)
      }
      return chosen.sorted().map { scores[$0] }
    }

    /// A number from 0 to below a limit; by the high half of a product, whose bias is below 2^-40 here.
    private mutating func below(_ limit: Int) -> Int {
      Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(limit)).high)
    }

    /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014): SplitMix64.
    private mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
