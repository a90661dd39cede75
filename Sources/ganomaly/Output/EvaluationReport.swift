import Evaluation

/// An evaluation in the format asked for.
struct EvaluationReport {
  private let results: LabelledEvaluation
  private var evaluation: Evaluation { results.overall }
  private var threshold: Float? { results.threshold }
  private var confusion: Confusion? { results.confusion }

  /// A report of an evaluation.
  init(_ results: LabelledEvaluation) {
    self.results = results
  }

  /// The text, without a line feed at its end.
  func text(_ format: ResultFormat) -> String {
    switch format {
    case .json: JSONText.object(members)
    case .csv: csvLines.joined(separator: "\n")
    case .table: lines.joined(separator: "\n")
    }
  }

  /// In the order of old: what came later stands behind it.
  private var members: [(String, String)] {
    [
      ("auroc", JSONText.number(evaluation.areaUnderROC)),
      ("average_precision", JSONText.number(evaluation.averagePrecision)),
      ("normal", JSONText.integer(evaluation.normal.count)),
      ("anomalous", JSONText.integer(evaluation.anomalous.count)),
      ("threshold", JSONText.number(threshold)),
      ("false_positive_rate", JSONText.number(confusion?.falsePositiveRate)),
      ("detection_rate", JSONText.number(confusion?.detectionRate)),
      ("auroc_interval", Self.json(evaluation.areaInterval())),
      ("false_positive_interval", Self.json(confusion?.falsePositiveInterval)),
      ("detection_interval", Self.json(confusion?.detectionInterval)),
      ("precision", JSONText.number(confusion?.precision)),
      ("f1", JSONText.number(confusion?.f1)),
      ("best_f1", JSONText.number(evaluation.bestF1?.value)),
      ("best_f1_threshold", JSONText.number(evaluation.bestF1?.threshold)),
      ("true_positives", JSONText.integer(confusion?.truePositives)),
      ("false_positives", JSONText.integer(confusion?.falsePositives)),
      ("true_negatives", JSONText.integer(confusion?.trueNegatives)),
      ("false_negatives", JSONText.integer(confusion?.falseNegatives)),
      ("kinds", JSONText.object(results.kinds.map { ($0.name, Self.json($0)) })),
    ]
  }

  private static func json(_ kind: LabelledEvaluation.Kind) -> String {
    JSONText.object([
      ("anomalous", "\(kind.count)"),
      ("auroc", JSONText.number(kind.areaUnderROC)),
      ("auroc_interval", json(kind.areaInterval)),
      ("detection_rate", JSONText.number(kind.detectionRate)),
      ("detection_interval", json(kind.detectionInterval)),
    ])
  }

  private static func json(_ interval: ClosedRange<Double>?) -> String {
    interval.map { JSONText.list([JSONText.number($0.lowerBound), JSONText.number($0.upperBound)]) } ?? "null"
  }

  /// One line of all pictures, which has no kind, and one a kind.
  private var csvLines: [String] {
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    func ends(_ interval: ClosedRange<Double>?) -> [String] {
      [text(interval?.lowerBound), text(interval?.upperBound)]
    }
    func line(_ kind: String, _ evaluation: Evaluation, _ confusion: Confusion?) -> String {
      CSVText.line(
        [kind, "\(evaluation.normal.count)", "\(evaluation.anomalous.count)", text(evaluation.areaUnderROC)]
          + ends(evaluation.areaInterval()) + [text(evaluation.averagePrecision), threshold.map { "\($0)" } ?? ""]
          + [text(confusion?.falsePositiveRate)] + ends(confusion?.falsePositiveInterval)
          + [text(confusion?.detectionRate)] + ends(confusion?.detectionInterval))
    }
    let names = [
      "kind", "normal", "anomalous", "auroc", "auroc_low", "auroc_high", "average_precision", "threshold",
      "false_positive_rate", "false_positive_low", "false_positive_high", "detection_rate", "detection_low",
      "detection_high",
    ]
    return [CSVText.line(names), line("", evaluation, confusion)]
      + results.kinds.map { line($0.name, $0.evaluation, $0.confusion) }
  }

  private var lines: [String] {
    var lines = [
      "pictures             \(evaluation.normal.count) normal, \(evaluation.anomalous.count) anomalous",
      "AUROC                \(figure(evaluation.areaUnderROC, evaluation.areaInterval()))",
      "average precision    \(text(evaluation.averagePrecision))",
    ]
    if let best = evaluation.bestF1 {
      lines.append("best F1              \(text(best.value)) at threshold \(best.threshold)")
    }
    guard let threshold, let confusion else {
      return lines + ["threshold            none: not calibrated"] + kindLines
    }
    lines += [
      "threshold            \(threshold) (anomalous means a score above it)",
      "false-positive rate  \(rate(confusion.falsePositiveRate, confusion.falsePositiveInterval))",
      "detection rate       \(rate(confusion.detectionRate, confusion.detectionInterval))",
      "precision, F1        \(text(confusion.precision)), \(text(confusion.f1))",
      "",
      "                     called normal  called anomalous",
      "normal               \("\(confusion.trueNegatives)".padded(to: 13))  \(confusion.falsePositives)",
      "anomalous            \("\(confusion.falseNegatives)".padded(to: 13))  \(confusion.truePositives)",
    ]
    return lines + kindLines
  }

  /// A table of the kinds; nothing where they are not told apart.
  private var kindLines: [String] {
    guard !results.kinds.isEmpty else { return [] }
    let width = max(19, results.kinds.map(\.name.count).max() ?? 0)
    let heads = ["KIND".padded(to: width), "PICTURES", "AUROC                      ", "FOUND"]
    return ["", heads.joined(separator: "  ")]
      + results.kinds.map { kind in
        var found = "-"
        if let confusion = kind.confusion {
          found = "\(confusion.truePositives), \(rate(kind.detectionRate, kind.detectionInterval))"
        }
        return [
          kind.name.padded(to: width), "\(kind.count)".padded(to: 8),
          figure(kind.areaUnderROC, kind.areaInterval, isShort: true).padded(to: 27), found,
        ].joined(separator: "  ")
      }
  }

  private func figure(_ value: Double?, _ interval: ClosedRange<Double>?, isShort: Bool = false) -> String {
    guard let interval else {
      // Not where there is nothing to tell apart, or one picture alone.
      guard let value, value == 0 || value == 1 else { return text(value) }
      return "\(text(value)) (\(isShort ? "" : "no interval: ")no overlap)"
    }
    return "\(text(value)) (\(isShort ? "" : "95 % interval ")\(text(interval.lowerBound)) to "
      + "\(text(interval.upperBound)))"
  }

  private func text(_ value: Double?) -> String { value?.rounded(toDigits: 4) ?? "-" }

  private func rate(_ value: Double?, _ interval: ClosedRange<Double>?) -> String {
    guard let value, let interval else { return "-" }
    return "\(value.percentage) (95 % interval \(interval.lowerBound.percentage) to \(interval.upperBound.percentage))"
  }
}
