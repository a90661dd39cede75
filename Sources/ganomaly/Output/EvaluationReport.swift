import Evaluation

/// An evaluation in the format asked for.
struct EvaluationReport {
  private let evaluation: Evaluation
  private let threshold: Float?
  private let confusion: Confusion?

  /// A report of an evaluation, at a threshold where there is one.
  init(evaluation: Evaluation, threshold: Float?) {
    self.evaluation = evaluation
    self.threshold = threshold
    confusion = threshold.map(evaluation.confusion)
  }

  /// The text, without a line feed at its end.
  func text(_ format: ResultFormat) -> String {
    switch format {
    case .json: JSONText.object(members)
    case .csv:
      [CSVText.line(members.map(\.0)), CSVText.line(members.map { $0.1 == "null" ? "" : $0.1 })].joined(separator: "\n")
    case .table: lines.joined(separator: "\n")
    }
  }

  private var members: [(String, String)] {
    [
      ("auroc", JSONText.number(evaluation.areaUnderROC)),
      ("average_precision", JSONText.number(evaluation.averagePrecision)),
      ("normal", JSONText.integer(evaluation.normal.count)),
      ("anomalous", JSONText.integer(evaluation.anomalous.count)),
      ("threshold", JSONText.number(threshold)),
      ("false_positive_rate", JSONText.number(confusion?.falsePositiveRate)),
      ("detection_rate", JSONText.number(confusion?.detectionRate)),
    ]
  }

  private var lines: [String] {
    var lines = [
      "pictures             \(evaluation.normal.count) normal, \(evaluation.anomalous.count) anomalous",
      "AUROC                \(text(evaluation.areaUnderROC))",
      "average precision    \(text(evaluation.averagePrecision))",
    ]
    if let best = evaluation.bestF1 {
      lines.append("best F1              \(text(best.value)) at threshold \(best.threshold)")
    }
    guard let threshold, let confusion else { return lines + ["threshold            none: not calibrated"] }
    return lines + [
      "threshold            \(threshold) (anomalous means a score above it)",
      "false-positive rate  \(rate(confusion.falsePositiveRate, confusion.falsePositiveInterval))",
      "detection rate       \(rate(confusion.detectionRate, confusion.detectionInterval))",
      "precision, F1        \(text(confusion.precision)), \(text(confusion.f1))",
      "",
      "                     called normal  called anomalous",
      "normal               \("\(confusion.trueNegatives)".padded(to: 13))  \(confusion.falsePositives)",
      "anomalous            \("\(confusion.falseNegatives)".padded(to: 13))  \(confusion.truePositives)",
    ]
  }

  private func text(_ value: Double?) -> String { value?.rounded(toDigits: 4) ?? "-" }

  private func rate(_ value: Double?, _ interval: ClosedRange<Double>?) -> String {
    guard let value, let interval else { return "-" }
    return "\(value.percentage) (95 % interval \(interval.lowerBound.percentage) to \(interval.upperBound.percentage))"
  }
}
