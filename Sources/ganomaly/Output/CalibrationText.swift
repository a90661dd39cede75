import GANomalyModel

/// A calibration in words.
enum CalibrationText {
  /// Labelled lines.
  static func lines(_ calibration: Calibration) -> [String] {
    var lines = [
      "calibration      \(calibration.identifier)",
      "method           \(calibration.method.rawValue)",
      "threshold        \(calibration.threshold) (anomalous means a score above it)",
      "normal pictures  \(calibration.scores.count)",
    ]
    if let rate = calibration.falsePositiveRate {
      lines.append(
        "promise          at most \(rate.percentage) of new normal pictures flagged, on average over calibration sets")
    } else {
      lines.append("promise          none: the threshold was given")
    }
    if let bound = calibration.rateBound {
      lines.append("this set         at most \(bound.percentage) with 95 % confidence")
    }
    if let date = calibration.date { lines.append("calibrated       \(date)") }
    return lines
  }
}
