public import GANomalyModel

/// What each calibration method makes of one set of scores.
public struct MethodComparison: Sendable {
  /// A rule and what came of it.
  public struct Row: Sendable {
    /// The rule.
    public let rule: CalibrationRule
    /// The calibration, or why there is none.
    public let outcome: Result<Calibration, CalibrationError>
    /// What its threshold makes of the set that it was found on; nil where there is none.
    ///
    /// The false alarms and detections of `f1` and `youden` flatter: their threshold was chosen on these pictures.
    public let confusion: Confusion?
  }

  /// What the rules are made with.
  public struct Choices: Sendable, Equatable {
    /// The rate of false alarms that is aimed at.
    public var rate: Double
    /// The confidence of the row that has one.
    public var confidence = 0.95
    /// Where the tail of `pot` begins.
    public var initialQuantile = CalibrationRule.defaultInitialQuantile
    /// The costs of `youden`.
    public var costs = CalibrationRule.Costs.equal
    /// A threshold to compare with; nil for none.
    public var threshold: Float?

    /// Choices for a rate, all others at their defaults.
    public init(rate: Double) {
      self.rate = rate
    }
  }

  /// Normal pictures.
  public let normalCount: Int
  /// Anomalous pictures.
  public let anomalousCount: Int
  /// One row a method, those without promise last; the order statistic also with a confidence.
  public let rows: [Row]

  /// Compares all methods on a set.
  public init(_ set: CalibrationSet, _ choices: Choices) {
    normalCount = set.normal.count
    anomalousCount = set.anomalous.count
    let isSound = !(set.normal + set.anomalous).contains { !$0.isFinite }
    let evaluation = isSound ? Evaluation(normal: set.normal, anomalous: set.anomalous) : nil
    rows = Self.rules(choices).map { rule in
      let outcome: Result<Calibration, CalibrationError>
      do throws(CalibrationError) {
        outcome = .success(try .fit(rule, to: set))
      } catch {
        outcome = .failure(error)
      }
      let threshold = (try? outcome.get())?.threshold
      return Row(
        rule: rule, outcome: outcome, confusion: threshold.flatMap { evaluation?.confusion(threshold: $0) })
    }
  }

  /// All methods, by the choices.
  public static func rules(_ choices: Choices) -> [CalibrationRule] {
    [
      .conformal(rate: choices.rate), .quantile(rate: choices.rate),
      .quantile(rate: choices.rate, confidence: choices.confidence),
      .pot(rate: choices.rate, initialQuantile: choices.initialQuantile), .f1, .youden(costs: choices.costs),
    ] + (choices.threshold.map { [.manual(threshold: $0)] } ?? [])
  }
}
