import ArgumentParser
import Evaluation
import GANomalyModel

/// How a threshold is found.
struct CalibrationRuleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "conformal (where none is chosen), quantile, pot, f1, youden or manual; see above.", valueName: "method"))
  var method: Calibration.Method?
  @Option(
    help: ArgumentHelp(
      "The rate of false alarms that is aimed at, above 0 and below 1 (default: 0.01).", valueName: "rate"))
  var falsePositiveRate: Double?
  @Option(
    help: ArgumentHelp(
      "Keep to the rate with this confidence in this one calibration, 0.95 for instance, and not only on average.",
      valueName: "share"))
  var confidence: Double?
  @Option(
    help: ArgumentHelp(
      "With pot: the share of the scores below the tail (default: \(CalibrationRule.defaultInitialQuantile)).",
      valueName: "share"))
  var initialQuantile: Double?
  @Option(
    help: ArgumentHelp("With youden: what the false-positive rate is weighed with (default: 1).", valueName: "cost"))
  var costFalseAlarm: Double?
  @Option(
    help: ArgumentHelp(
      "With youden: what the share of missed anomalies is weighed with (default: 1).", valueName: "cost"))
  var costMiss: Double?
  @Option(
    // A score may be negative.
    parsing: .unconditional,
    help: ArgumentHelp("With manual, and with --compare: scores above it are anomalous.", valueName: "score"))
  var threshold: Float?

  private static let defaultRate = 0.01

  /// The method that is used.
  var chosenMethod: Calibration.Method { method ?? .conformal }

  /// The rule that the options mean.
  var rule: CalibrationRule {
    let rate = falsePositiveRate ?? Self.defaultRate
    return switch chosenMethod {
    case .conformal: .conformal(rate: rate, confidence: confidence)
    case .quantile: .quantile(rate: rate, confidence: confidence)
    case .pot: .pot(rate: rate, initialQuantile: initialQuantile ?? CalibrationRule.defaultInitialQuantile)
    case .f1: .f1
    case .youden: .youden(costs: costs)
    case .manual: .manual(threshold: threshold ?? .nan)
    }
  }

  /// The choices for a comparison of all methods.
  var choices: MethodComparison.Choices {
    var choices = MethodComparison.Choices(rate: falsePositiveRate ?? Self.defaultRate)
    if let confidence { choices.confidence = confidence }
    if let initialQuantile { choices.initialQuantile = initialQuantile }
    (choices.costs, choices.threshold) = (costs, threshold)
    return choices
  }

  private var costs: CalibrationRule.Costs { .init(falseAlarm: costFalseAlarm ?? 1, miss: costMiss ?? 1) }

  /// Refuses options that the method has no use for, and numbers outside their ranges.
  ///
  /// - Parameter isComparison: whether all methods are asked for.
  func check(isComparison: Bool) throws(ValidationError) {
    if isComparison {
      if method != nil { throw ValidationError("--compare compares all methods: leave out --method") }
    } else {
      try checkMethod()
    }
    do throws(CalibrationError) {
      for rule in isComparison ? MethodComparison.rules(choices) : [rule] { try rule.check() }
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func checkMethod() throws(ValidationError) {
    let method = chosenMethod
    if method == .manual {
      guard let threshold, threshold.isFinite else {
        throw ValidationError("--method manual needs --threshold with a finite number")
      }
      if falsePositiveRate != nil {
        throw ValidationError("--method manual promises no rate: leave out --false-positive-rate")
      }
    } else if threshold != nil {
      throw ValidationError("--threshold belongs to --method manual; '\(method.rawValue)' finds its own")
    }
    if falsePositiveRate != nil, method == .f1 || method == .youden {
      throw ValidationError("--method \(method.rawValue) promises no rate: leave out --false-positive-rate")
    }
    if confidence != nil, method != .conformal, method != .quantile {
      throw ValidationError(
        "--confidence belongs to the methods conformal and quantile; '\(method.rawValue)' makes no such promise")
    }
    if initialQuantile != nil, method != .pot { throw ValidationError("--initial-quantile belongs to --method pot") }
    if costFalseAlarm != nil || costMiss != nil, method != .youden {
      throw ValidationError("--cost-false-alarm and --cost-miss belong to --method youden")
    }
  }
}
