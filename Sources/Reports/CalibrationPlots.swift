internal import Charts
internal import GANomalyModel

/// Plots of a calibration that need its pictures.
enum CalibrationPlots {
  private static let names = ["pictures up to the threshold", "pictures above it"]

  /// The scores one after the other, below and above the threshold.
  static func sequence(_ pictures: [EvaluatedPicture], _ calibration: Calibration) -> ReportBlock.Figure {
    let sequence = ScoreSequence(
      pictures.map {
        ScoreSequence.Item(modified: $0.modified, score: $0.score, series: calibration.isAnomalous($0.score) ? 1 : 0)
      }, seriesCount: 2)
    let axis = ScoreAxis(scores: pictures.map(\.score), levels: [calibration.threshold])
    let above = sequence.points[1].count
    var plot = Plot(
      title: "Do the scores change?",
      summary: sequence.drawn(Self.names) + " \(above) of \(pictures.count) lie above the threshold.",
      x: sequence.axis, y: axis.axis,
      series: [
        .init(name: "up to the threshold", points: sequence.points[0], style: .points),
        .init(name: "above it", points: sequence.points[1], style: .points),
      ])
    plot.horizontals = [
      PlotLevel(
        name: "threshold \(MarkupText.short(Double(calibration.threshold)))", value: Double(calibration.threshold))
    ]
    return ReportBlock.Figure(
      plot, identifier: "calibration-sequence",
      caption: sequence.explanation + " " + sequence.drawn(Self.names)
        + " The promise is for pictures that come as these did: scores that climb or fall are a "
        + "line that changes. \(axis.remark)")
  }
}
