internal import Charts
internal import Evaluation
internal import GANomalyModel

/// The results of an evaluation in words and tables.
struct EvaluationSummary {
  private let evaluation: LabelledEvaluation
  private let calibration: Calibration?
  private var normalCount: Int { evaluation.overall.normal.count }
  private var anomalousCount: Int { evaluation.overall.anomalous.count }

  /// A summary of results.
  init(_ evaluation: LabelledEvaluation, calibration: Calibration?) {
    self.evaluation = evaluation
    self.calibration = calibration
  }

  /// The rate that the calibration promises; nil where it promises none.
  private var promisedRate: Double? { calibration.flatMap { CalibrationSection($0).promisedRate } }

  /// What the false alarms say of the promise; nil where there is none, or no good picture.
  private var check: PromiseCheck? {
    guard let calibration, let confusion = evaluation.confusion else { return nil }
    return PromiseCheck(of: calibration, by: confusion)
  }

  /// What stands out.
  var facts: [ReportDocument.Fact] {
    var facts: [ReportDocument.Fact] = []
    if let confusion = evaluation.confusion {
      if normalCount > 0 {
        facts.append(
          .init(
            "False alarms", "\(confusion.falsePositives) of \(normalCount)",
            detail: Self.detail(confusion.falsePositiveRate, confusion.falsePositiveInterval)
              + (promisedRate.map { "; promised: at most \(ReportWords.percentage($0))" } ?? ""),
            mood: mood))
      }
      if anomalousCount > 0 {
        facts.append(
          .init(
            "Anomalies found", "\(confusion.truePositives) of \(anomalousCount)",
            detail: Self.detail(confusion.detectionRate, confusion.detectionInterval)))
      }
    } else {
      facts.append(.init("Threshold", "none", detail: "the model is not calibrated: there are no verdicts", mood: .bad))
    }
    facts.append(
      .init(
        "Area under the ROC", ReportWords.figure(evaluation.overall.areaUnderROC),
        detail: evaluation.overall.areaUnderROC == nil
          ? "needs pictures of both classes"
          : "1 tells all apart, 0.5 is chance; 95\u{A0}% interval \(ReportWords.figures(evaluation.overall.areaInterval()))"
      )
    )
    facts.append(
      .init(
        "Average precision", ReportWords.figure(evaluation.overall.averagePrecision),
        detail: "chance gives \(ReportWords.figure(chancePrecision)) on this set"))
    return facts
  }

  /// Green is for what was measured; what chance may have made worse than promised is neither good nor bad.
  private var mood: ReportDocument.Fact.Mood {
    switch check?.finding {
    case .kept: .good
    case .broken: .bad
    case .withinChance, nil: .plain
    }
  }

  private var chancePrecision: Double? {
    let count = normalCount + anomalousCount
    return count == 0 ? nil : Double(anomalousCount) / Double(count)
  }

  private static func detail(_ rate: Double?, _ interval: ClosedRange<Double>?) -> String {
    guard let rate, let interval = ReportWords.interval(interval) else { return "no pictures" }
    return "\(ReportWords.percentage(rate)); 95\u{A0}% interval \(interval)"
  }

  /// What an operator must know.
  var sentences: [String] {
    guard let confusion = evaluation.confusion else {
      return [
        "The model is not calibrated: it gives scores and no verdicts. 'ganomaly calibrate' finds the threshold for the "
          + "rate of false alarms that you accept.", separation,
      ]
    }
    var sentences: [String] = []
    if normalCount > 0, let interval = ReportWords.interval(confusion.falsePositiveInterval) {
      sentences.append(
        "Of \(normalCount) good pictures \(confusion.falsePositives) were flagged. In the long run that is a false alarm "
          + "in \(interval) of good pictures, with 95\u{A0}% confidence.")
    }
    if let check, let calibration { sentences.append(Self.sentence(check, calibration)) }
    if anomalousCount > 0, let interval = ReportWords.interval(confusion.detectionInterval) {
      sentences.append(
        "Of \(anomalousCount) anomalous pictures \(confusion.truePositives) were found and \(confusion.falseNegatives) "
          + "missed. In the long run \(interval) of pictures like these are found, with 95\u{A0}% confidence.")
    }
    return sentences + [separation]
  }

  private static func sentence(_ check: PromiseCheck, _ calibration: Calibration) -> String {
    let span = calibration.confidence == nil ? ", on average over calibrations" : ""
    let promise = "The calibration promised at most \(ReportWords.percentage(check.rate))\(span)"
    let chance =
      "calibrations with \(calibration.scores.count) pictures flag as many or more of pictures like their own with a "
      + "chance of \(ReportWords.percentage(check.chance))"
    switch check.finding {
    case .kept: return promise + "; what was measured keeps to it, and does not contradict it."
    case .withinChance:
      let bound = calibration.rateBound.map {
        " This one may flag \(ReportWords.percentage($0)): that bound holds with 95\u{A0}% confidence."
      }
      return promise
        + "; what was measured is above it, but does not contradict it: \(chance), by chance of which pictures they get."
        + (bound ?? "") + " More pictures in the calibration bring single calibrations nearer to the promise."
    case .broken:
      return promise + ": these pictures differ from those of the calibration more than chance explains; \(chance). "
        + "Calibrate again with good pictures from where these come from."
    }
  }

  private var separation: String {
    guard let area = evaluation.overall.areaUnderROC else {
      return "Pictures of both classes are needed to tell how well the score parts them."
    }
    return "An anomalous picture scores above a good one in \(ReportWords.percentage(area)) of all pairs, whatever the "
      + "threshold."
  }

  /// The confusion matrix and its rates; nil where there is no threshold.
  var outcomes: ReportDocument.Section? {
    guard let confusion = evaluation.confusion, let threshold = evaluation.threshold else { return nil }
    let matrix = ReportTable(
      "Pictures by what they are and what they were called (threshold \(threshold))",
      columns: [("", .words), ("called good", .number), ("called anomalous", .number)],
      rows: [
        ["are good", "\(confusion.trueNegatives)", "\(confusion.falsePositives) (false alarms)"],
        ["are anomalous", "\(confusion.falseNegatives) (missed)", "\(confusion.truePositives)"],
      ])
    let best = evaluation.overall.bestF1
    let rates = ReportTable(
      "Rates at the threshold", columns: [("figure", .words), ("value", .number), ("95\u{A0}% interval", .number)],
      rows: [
        [
          "false-positive rate", confusion.falsePositiveRate.map(ReportWords.percentage) ?? "–",
          ReportWords.interval(confusion.falsePositiveInterval) ?? "–",
        ],
        [
          "detection rate (recall)", confusion.detectionRate.map(ReportWords.percentage) ?? "–",
          ReportWords.interval(confusion.detectionInterval) ?? "–",
        ],
        ["precision", ReportWords.figure(confusion.precision), "–"], ["F1", ReportWords.figure(confusion.f1), "–"],
        ["best F1 of any threshold\(best.map { ", at \($0.threshold)" } ?? "")", ReportWords.figure(best?.value), "–"],
      ])
    return ReportDocument.Section(heading: "Verdicts", blocks: [.table(matrix), .table(rates)])
  }

  /// The results of each kind; nil where kinds are not told apart.
  var kinds: ReportDocument.Section? {
    guard !evaluation.kinds.isEmpty else { return nil }
    var columns: [(title: String, alignment: ReportTable.Alignment)] = [
      ("kind", .words), ("pictures", .number), ("area under the ROC", .number), ("95\u{A0}% interval", .number),
    ]
    if calibration != nil { columns += [("found", .number), ("95\u{A0}% interval", .number)] }
    let rows = evaluation.kinds.map { kind in
      var row = [
        kind.name, "\(kind.count)", ReportWords.figure(kind.areaUnderROC), ReportWords.figures(kind.areaInterval),
      ]
      if calibration != nil {
        row += [
          kind.confusion.map { ReportWords.counts($0.truePositives, kind.count) } ?? "–",
          ReportWords.interval(kind.detectionInterval) ?? "–",
        ]
      }
      return row
    }
    return ReportDocument.Section(
      heading: "Kinds of anomaly",
      blocks: [
        .text("Each kind, named by its folder, against all \(normalCount) good pictures."),
        .table(ReportTable("Results by kind", columns: columns, rows: rows)),
      ])
  }
}
