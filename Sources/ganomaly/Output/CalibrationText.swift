import Evaluation
import GANomalyModel

/// A calibration in words.
enum CalibrationText {
  /// Labelled lines.
  static func lines(_ calibration: Calibration) -> [String] {
    var lines = [
      "calibration      \(calibration.identifier)",
      "method           \(method(calibration.rule))",
      "threshold        \(calibration.threshold) (anomalous means a score above it)",
      "normal pictures  \(calibration.scores.count)"
        + (calibration.ledgerSince.map { ", inspected by the daemon since \($0)" } ?? ""),
    ]
    if !calibration.anomalousScores.isEmpty {
      lines.append("anomalous ones   \(calibration.anomalousScores.count)")
    }
    if let tail = calibration.tail { lines.append("tail             \(text(tail))") }
    lines.append("promise          \(promise(calibration))")
    if let bound = calibration.rateBound {
      lines.append("this set         at most \(bound.percentage) with 95 % confidence")
    } else if !calibration.scores.isEmpty {
      lines.append("this set         \(reached(calibration))")
    }
    if let date = calibration.date { lines.append("calibrated       \(date)") }
    return lines
  }

  /// The method with what was chosen for it.
  static func method(_ rule: CalibrationRule) -> String {
    let name = rule.method.rawValue
    if let confidence = rule.confidence { return "\(name) with \(share(confidence)) confidence" }
    if let quantile = rule.initialQuantile { return "\(name), tail above the quantile \(quantile)" }
    guard let costs = rule.costs, costs != .equal else { return name }
    return "\(name), cost of a false alarm \(costs.falseAlarm), of a miss \(costs.miss)"
  }

  /// What it promises; never more than holds.
  static func promise(_ calibration: Calibration) -> String {
    let rate = calibration.falsePositiveRate?.percentage ?? ""
    return switch calibration.rule {
    case .conformal(_, nil), .quantile(_, nil):
      "at most \(rate) of new normal pictures flagged, on average over calibration sets"
    case .conformal(_, .some(let confidence)), .quantile(_, .some(let confidence)):
      "at most \(rate) of new normal pictures flagged, with \(share(confidence)) confidence"
    case .pot: "none: \(rate) of new normal pictures flagged, if the tail is right"
    case .f1:
      "none: the best F1 of these labelled pictures, \((calibration.reached ?? 0).rounded(toDigits: 4)); others give less"
    case .youden: "none: the best threshold for these labelled pictures; others give less"
    case .manual: "none: the threshold was given"
    }
  }

  /// What is promised, in one word.
  static func promiseWord(_ calibration: Calibration) -> String {
    guard calibration.alarmRank != nil else { return "none" }
    return calibration.confidence == nil ? "on-average" : "with-confidence"
  }

  /// A confidence as a percentage without needless digits: `95 %`.
  static func share(_ confidence: Double) -> String {
    let digits = (0...6).first { digits in
      let text = (confidence * 100).rounded(toDigits: digits)
      return (Double(text) ?? 0) / 100 == confidence
    }
    return (confidence * 100).rounded(toDigits: digits ?? 6) + " %"
  }

  /// What whoever reads the result should know; nil for nothing.
  static func note(_ calibration: Calibration) -> String? {
    guard calibration.rule.costs != nil, let reached = calibration.reached, reached <= 0 else { return nil }
    return "no threshold does better than calling everything normal: anomalous pictures do not score high enough above "
      + "normal ones for these costs"
  }

  private static func text(_ tail: ParetoTail) -> String {
    let deviation = tail.shapeDeviation.map { " (standard deviation \($0.rounded(toDigits: 2)))" } ?? ""
    return "\(tail.excessCount) scores above \(tail.level), shape \(tail.shape.rounded(toDigits: 3))\(deviation), "
      + "scale \(Float(tail.scale))"
  }

  /// What the threshold makes of the pictures that it was made with.
  private static func reached(_ calibration: Calibration) -> String {
    let normal = "\(calibration.flaggedCount) of \(calibration.scores.count) normal pictures above it"
    guard !calibration.anomalousScores.isEmpty else { return normal }
    let detected = calibration.anomalousScores.count { calibration.isAnomalous($0) }
    return normal + ", \(detected) of \(calibration.anomalousScores.count) anomalous ones"
  }
}
