/// How a calibration finds its threshold, with all that the user chooses.
public enum CalibrationRule: Sendable, Equatable {
  /// Conformal p-values: at most `rate` false alarms on average over calibration sets; with a confidence, in this one.
  case conformal(rate: Double, confidence: Double? = nil)
  /// The same as an order statistic.
  case quantile(rate: Double, confidence: Double? = nil)
  /// Peaks over a threshold: a tail is fitted to the scores above their `initialQuantile`, and read off at the rate.
  case pot(rate: Double, initialQuantile: Double = CalibrationRule.defaultInitialQuantile)
  /// The best F1 on labelled pictures.
  case f1
  /// The best detection rate less false-positive rate on labelled pictures, each times a cost.
  case youden(costs: Costs = .equal)
  /// A threshold that the user gives.
  case manual(threshold: Float)

  /// The quantile above which `pot` fits a tail where none is chosen.
  ///
  /// Source: Siffer, Fouque, Termier, Largouet, "Anomaly Detection in Streams with Extreme Value Theory" (KDD 2017), 4.3.2.
  public static let defaultInitialQuantile = 0.98

  /// What wrong verdicts cost; only their ratio counts.
  public struct Costs: Sendable, Equatable {
    /// Cost of a false-positive rate of one.
    public let falseAlarm: Double
    /// Cost of missing every anomaly.
    public let miss: Double

    /// Costs, each above 0 and finite.
    public init(falseAlarm: Double, miss: Double) {
      self.falseAlarm = falseAlarm
      self.miss = miss
    }

    /// A false alarm weighs as much as a miss: Youden's index.
    public static let equal = Costs(falseAlarm: 1, miss: 1)
  }

  /// Its name.
  public var method: Calibration.Method {
    switch self {
    case .conformal: .conformal
    case .quantile: .quantile
    case .pot: .pot
    case .f1: .f1
    case .youden: .youden
    case .manual: .manual
    }
  }

  /// The rate of false alarms that is aimed at; nil where none is.
  public var falsePositiveRate: Double? {
    switch self {
    case .conformal(let rate, _), .quantile(let rate, _), .pot(let rate, _): rate
    case .f1, .youden, .manual: nil
    }
  }

  /// The confidence with which this one calibration keeps to the rate; nil where it does on average.
  public var confidence: Double? {
    switch self {
    case .conformal(_, let confidence), .quantile(_, let confidence): confidence
    case .pot, .f1, .youden, .manual: nil
    }
  }

  /// Where the tail of `pot` begins; nil for other methods.
  public var initialQuantile: Double? { if case .pot(_, let quantile) = self { quantile } else { nil } }

  /// The costs of `youden`; nil for other methods.
  public var costs: Costs? { if case .youden(let costs) = self { costs } else { nil } }

  /// Refuses numbers outside their ranges.
  ///
  /// - Throws: `CalibrationError` naming the number.
  public func check() throws(CalibrationError) {
    if let rate = falsePositiveRate, !(rate > 0 && rate < 1) { throw .rate(found: rate) }
    if let confidence, !(confidence > 0 && confidence < 1) { throw .confidence(found: confidence) }
    if let initialQuantile, !(initialQuantile > 0 && initialQuantile < 1) {
      throw .initialQuantile(found: initialQuantile)
    }
    if let costs {
      for cost in [costs.falseAlarm, costs.miss] where !(cost > 0 && cost.isFinite) { throw .cost(found: cost) }
    }
    if case .manual(let threshold) = self, !threshold.isFinite { throw .threshold(found: threshold) }
  }
}

/// The scores that a calibration is made of.
public struct CalibrationSet: Sendable, Equatable {
  /// One score of each normal picture, any order.
  public var normal: [Float]
  /// Names of the normal pictures for sentences, in the scores' order; may be empty.
  public var normalNames: [String]
  /// One score of each anomalous picture, any order; empty but for methods that need labels.
  public var anomalous: [Float]
  /// Names of the anomalous pictures.
  public var anomalousNames: [String]
  /// Which normal pictures, by `PictureSetDigest`; nil where there are none.
  public var digest: String?
  /// Which anomalous pictures; nil where there are none.
  public var anomalousDigest: String?
  /// The arithmetic that gave the scores.
  public var arithmeticVersion = Scorer.arithmeticVersion
  /// ISO 8601, or nil.
  public var date: String?
  /// From when on a ledger's inspections were taken, ISO 8601; nil where the pictures themselves were scored.
  public var ledgerSince: String?

  /// A set of scores; digests, date and origin are set afterwards.
  public init(
    normal: [Float], normalNames: [String] = [], anomalous: [Float] = [], anomalousNames: [String] = []
  ) {
    self.normal = normal
    self.normalNames = normalNames
    self.anomalous = anomalous
    self.anomalousNames = anomalousNames
  }
}
