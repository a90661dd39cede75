import Evaluation

/// An evaluation in the format asked for.
struct EvaluationReport {
  private let results: LabelledEvaluation
  private let masks: MaskEvaluation?
  private var evaluation: Evaluation { results.overall }
  private var threshold: Float? { results.threshold }
  private var confusion: Confusion? { results.confusion }

  /// A report of an evaluation.
  ///
  /// - Parameter masks: how well defects were found in the pictures; nil where there were no masks.
  init(_ results: LabelledEvaluation, masks: MaskEvaluation? = nil) {
    self.results = results
    self.masks = masks
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
      ("masks", masks.map(Self.json) ?? "null"),
    ]
  }

  private static func json(_ masks: MaskEvaluation) -> String {
    let (roc, pro) = (masks.pixels.areaUnderROC, masks.pixels.areaUnderPRO())
    let isCalibrated = masks.threshold != nil
    return JSONText.object([
      ("pixel_auroc", JSONText.number(roc?.value)), ("pixel_auroc_uncertainty", JSONText.number(roc?.uncertainty)),
      ("aupro_30", JSONText.number(pro?.value)), ("aupro_30_uncertainty", JSONText.number(pro?.uncertainty)),
      ("defects", "\(masks.pixels.defectCount)"),
      ("defects_outside_field", "\(masks.unseenDefectCount)"),
      ("defects_hit", JSONText.integer(isCalibrated ? masks.hits.hitCount : nil)),
      ("defects_hit_share", JSONText.number(masks.hits.share)),
      ("defects_in_boxes", JSONText.integer(isCalibrated ? masks.boxHits.hitCount : nil)),
      ("defects_in_boxes_share", JSONText.number(masks.boxHits.share)),
      ("pixels_normal", "\(masks.pixels.normalPixelCount)"),
      ("pixels_defective", "\(masks.pixels.defectivePixelCount)"),
    ])
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
    func line(
      _ kind: String, _ evaluation: Evaluation, _ confusion: Confusion?, _ more: [String] = []
    ) -> String {
      CSVText.line(
        [kind, "\(evaluation.normal.count)", "\(evaluation.anomalous.count)", text(evaluation.areaUnderROC)]
          + ends(evaluation.areaInterval()) + [text(evaluation.averagePrecision), threshold.map { "\($0)" } ?? ""]
          + [text(confusion?.falsePositiveRate)] + ends(confusion?.falsePositiveInterval)
          + [text(confusion?.detectionRate)] + ends(confusion?.detectionInterval) + more)
    }
    let names = [
      "kind", "normal", "anomalous", "auroc", "auroc_low", "auroc_high", "average_precision", "threshold",
      "false_positive_rate", "false_positive_low", "false_positive_high", "detection_rate", "detection_low",
      "detection_high",
    ]
    // Of all pictures together; where there are no masks the columns are not there.
    if let masks {
      let figures = [
        text(masks.pixels.areaUnderROC?.value), text(masks.pixels.areaUnderPRO()?.value),
        "\(masks.pixels.defectCount)", text(masks.hits.share), text(masks.boxHits.share),
      ]
      let blanks = [String](repeating: "", count: figures.count)
      return [
        CSVText.line(names + ["pixel_auroc", "aupro_30", "defects", "defects_hit_share", "defects_in_boxes_share"]),
        line("", evaluation, confusion, figures),
      ] + results.kinds.map { line($0.name, $0.evaluation, $0.confusion, blanks) }
    }
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
      return lines + ["threshold            none: not calibrated"] + maskLines + kindLines
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
    return lines + maskLines + kindLines
  }

  /// What the maps say of the masks; nothing where there are none.
  private var maskLines: [String] {
    guard let masks else { return [] }
    func hits(_ count: HitCount) -> String {
      count.share.map { "\(count.hitCount) of \(count.defectCount), \($0.percentage)" } ?? "-"
    }
    var lines = [
      "", "pixels               \(masks.pixels.normalPixelCount) normal, \(masks.pixels.defectivePixelCount) defective",
      "pixel AUROC          \(text(masks.pixels.areaUnderROC?.value))",
      "AUPRO to 0.3         \(text(masks.pixels.areaUnderPRO()?.value))",
      "defects hit          \(hits(masks.hits)) by a region above the threshold",
      "defects in boxes     \(hits(masks.boxHits))",
    ]
    if masks.unseenDefectCount > 0 {
      lines.append("defects not looked at \(masks.unseenDefectCount): outside the model's region or mask")
    }
    return lines
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
