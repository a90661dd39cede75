internal import Charts
internal import Evaluation

/// The results of an evaluation as plots.
struct EvaluationPlots {
  private let evaluation: LabelledEvaluation
  private let normal: [EvaluatedPicture]
  private let anomalous: [EvaluatedPicture]
  private let scoreAxis: ScoreAxis

  /// Plots of results.
  init(_ evaluation: LabelledEvaluation, normal: [EvaluatedPicture], anomalous: [EvaluatedPicture]) {
    self.evaluation = evaluation
    self.normal = normal
    self.anomalous = anomalous
    scoreAxis = ScoreAxis(
      scores: evaluation.overall.normal + evaluation.overall.anomalous,
      levels: evaluation.threshold.map { [$0] } ?? [])
  }

  private var threshold: [PlotLevel] {
    evaluation.threshold.map { [PlotLevel(name: "threshold \(MarkupText.short(Double($0)))", value: Double($0))] } ?? []
  }

  /// Where the scores lie, and how they follow each other.
  var scores: ReportDocument.Section {
    .init(heading: "Scores", blocks: [.plots([histogram, sequence])])
  }

  /// What other thresholds would do.
  var curves: ReportDocument.Section {
    let figures = [roc, precisionRecall].compactMap(\.self)
    return .init(
      heading: "What any threshold would do",
      blocks: figures.isEmpty
        ? [.remark("There is nothing to draw: that needs both good and anomalous pictures.")] : [.plots(figures)])
  }

  private var histogram: ReportBlock.Figure {
    let (good, bad) = (evaluation.overall.normal, evaluation.overall.anomalous)
    var plot = HistogramPlot(
      title: "Scores of both classes",
      summary: "Good pictures score between \(Self.range(good)), anomalous ones between \(Self.range(bad)).",
      x: scoreAxis.axis,
      groups: [
        .init(name: "good (\(good.count))", values: good.map(Double.init)),
        .init(name: "anomalous (\(bad.count))", values: bad.map(Double.init)),
      ])
    plot.verticals = threshold
    let sides =
      evaluation.threshold == nil
      ? ""
      : "Right of the dashed line pictures are flagged: bars above it there are false alarms, bars below it are finds. "
    return ReportBlock.Figure(plot, identifier: "scores-histogram", caption: sides + scoreAxis.remark)
  }

  private static func range(_ scores: [Float]) -> String {
    guard let low = scores.first, let high = scores.last else { return "nothing, because there are none" }
    return "\(low) and \(high)"
  }

  private var sequence: ReportBlock.Figure {
    let pictures =
      normal.map { ScoreSequence.Item(modified: $0.modified, score: $0.score, series: 0) }
      + anomalous.map { ScoreSequence.Item(modified: $0.modified, score: $0.score, series: 1) }
    let sequence = ScoreSequence(pictures, seriesCount: 2)
    let drawn = sequence.drawn(["good pictures", "anomalous pictures"])
    var plot = Plot(
      title: "Scores one after the other",
      summary: "\(normal.count) good pictures and \(anomalous.count) anomalous ones. \(drawn)",
      x: sequence.axis, y: scoreAxis.axis,
      series: [
        .init(name: "good", points: sequence.points[0], style: .points),
        .init(name: "anomalous", points: sequence.points[1], style: .points),
      ])
    plot.horizontals = threshold
    return ReportBlock.Figure(
      plot, identifier: "scores-sequence",
      caption: sequence.explanation + " \(drawn) Good points that climb are a line that changes.")
  }

  private var roc: ReportBlock.Figure? {
    guard let curve = ROCCurve(evaluation.overall), let area = evaluation.overall.areaUnderROC else { return nil }
    var plot = Plot(
      title: "Receiver operating characteristic",
      summary: "The area under the curve is \(ReportWords.figure(area)).",
      x: Self.rateAxis("false-positive rate, %"), y: Self.rateAxis("detection rate, %"),
      series: [
        .init(
          name: "this model", points: curve.corners.map { ($0.falsePositiveRate * 100, $0.detectionRate * 100) })
      ])
    plot.diagonal = "chance"
    if let confusion = evaluation.confusion, let x = confusion.falsePositiveRate, let y = confusion.detectionRate {
      plot.mark = ("threshold", x * 100, y * 100)
    }
    return ReportBlock.Figure(
      plot, identifier: "roc",
      caption: "Area \(ReportWords.figure(area)), 95\u{A0}% interval "
        + "\(ReportWords.figures(evaluation.overall.areaInterval())). Lower thresholds find more and raise more alarms."
    )
  }

  private var precisionRecall: ReportBlock.Figure? {
    guard let curve = PrecisionRecallCurve(evaluation.overall) else { return nil }
    // Steps: the average precision is their area.
    var points: [(x: Double, y: Double)] = []
    var before = 0.0
    for point in curve.points {
      points.append((before * 100, point.precision * 100))
      points.append((point.detectionRate * 100, point.precision * 100))
      before = point.detectionRate
    }
    var plot = Plot(
      title: "Precision and recall",
      summary: "The average precision is \(ReportWords.figure(evaluation.overall.averagePrecision)).",
      x: Self.rateAxis("detection rate (recall), %"), y: Self.rateAxis("precision, %"),
      series: [.init(name: "this model", points: points)])
    if let confusion = evaluation.confusion, let x = confusion.detectionRate, let y = confusion.precision {
      plot.mark = ("threshold", x * 100, y * 100)
    }
    return ReportBlock.Figure(
      plot, identifier: "precision-recall",
      caption: "Precision is the part of the flagged pictures that are anomalous. It depends on how many anomalous "
        + "pictures there are: on a line with few of them it is lower at the same threshold.")
  }

  private static func rateAxis(_ label: String) -> PlotAxis {
    PlotAxis(label: label, scale: .linear([0, 100]))
  }
}
