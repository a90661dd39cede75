internal import Charts
internal import GANomalyModel

/// A calibration in pictures and sentences.
struct CalibrationSection {
  private let calibration: Calibration

  /// The section of a calibration.
  init(_ calibration: Calibration) { self.calibration = calibration }

  /// What stands out.
  var facts: [ReportDocument.Fact] {
    var facts = [
      ReportDocument.Fact(
        "Threshold", "\(calibration.threshold)",
        detail: "a score above it is anomalous; method \(calibration.method.rawValue)")
    ]
    if let rate = promisedRate {
      facts.append(
        .init(
          "Promised false alarms", "at most \(ReportWords.percentage(rate))", detail: span
        )
      )
    } else {
      facts.append(
        .init("Promised false alarms", "none", detail: "method \(calibration.method.rawValue) promises no rate"))
    }
    if let bound = calibration.rateBound {
      facts.append(
        .init("This calibration set", "at most \(ReportWords.percentage(bound))", detail: "with 95\u{A0}% confidence"))
    }
    facts.append(
      .init(
        "Calibration pictures", "\(calibration.scores.count)",
        detail: calibration.scores.isEmpty ? "so there are no p-values" : "good ones that training never saw"))
    return facts
  }

  /// The rate that is promised; nil where there is a wish at most.
  var promisedRate: Double? { calibration.rateBound == nil ? nil : calibration.falsePositiveRate }

  /// For what the promise holds.
  private var span: String {
    calibration.confidence.map { "with \(ReportWords.percentage($0)) confidence in this calibration set" }
      ?? "on average over calibration sets"
  }

  /// What the threshold promises, in sentences.
  var sentences: [String] {
    var sentences = [
      "A picture is called anomalous when its score is above \(calibration.threshold), by method "
        + "\(calibration.method.rawValue)."
    ]
    if let rate = promisedRate {
      sentences.append(
        "Promise: of new good pictures at most \(ReportWords.percentage(rate)) are flagged, \(span), "
          + "as long as they come from the same parts, camera and light as the \(calibration.scores.count) "
          + "pictures of the calibration.")
    } else {
      sentences.append("This method promises no rate of false alarms.")
    }
    if let bound = calibration.rateBound {
      sentences.append(
        "One calibration set may be better or worse than the average: with 95\u{A0}% confidence this one flags at most "
          + "\(ReportWords.percentage(bound)).")
    }
    if let date = calibration.date { sentences.append("Calibrated \(date).") }
    return sentences
  }

  /// The scores with the threshold, and what a p-value is.
  var blocks: [ReportBlock] {
    guard !calibration.scores.isEmpty else {
      return [.remark("No pictures belong to this calibration: there are no p-values, and nothing to draw.")]
    }
    let axis = ScoreAxis(scores: calibration.scores, levels: [calibration.threshold])
    return [
      .plots([histogram(axis), pValues(axis)]),
      .text(
        "The p-value of a picture is (1 + the number of calibration pictures that score as high or higher) / (n + 1), "
          + "here with n = \(calibration.scores.count). It is small when hardly any good picture looks as strange. Of new "
          + "good pictures, at most 1 in 100 has a p-value of 0.01 or less, at most 1 in 10 one of 0.1 or less, and so on, on average."
      ),
    ]
  }

  private var thresholdLevel: PlotLevel {
    PlotLevel(
      name: "threshold \(MarkupText.short(Double(calibration.threshold)))", value: Double(calibration.threshold))
  }

  private func histogram(_ axis: ScoreAxis) -> ReportBlock.Figure {
    let above = calibration.scores.count(where: calibration.isAnomalous)
    let sentence = "\(above) of \(calibration.scores.count) calibration scores lie above the threshold."
    var plot = HistogramPlot(
      title: "Scores of the calibration pictures",
      summary: sentence + " They reach from \(calibration.scores[0]) to \(calibration.scores.last ?? 0).",
      x: axis.axis, groups: [.init(name: "good", values: calibration.scores.map(Double.init))])
    plot.verticals = [thresholdLevel]
    return ReportBlock.Figure(
      plot, identifier: "calibration-scores",
      caption: [sentence, axis.remark].filter { !$0.isEmpty }.joined(separator: " "))
  }

  private func pValues(_ axis: ScoreAxis) -> ReportBlock.Figure {
    let scores = calibration.scores
    let total = Double(scores.count + 1)
    // At a score itself it counts; just above, it does not: two points a step, ties together.
    var points: [(x: Double, y: Double)] = [(axis.axis.scale.lowest, 1)]
    for (index, score) in scores.enumerated() where index == 0 || score > scores[index - 1] {
      let next = scores[index...].firstIndex { $0 > score } ?? scores.count
      points.append((Double(score), Double(1 + scores.count - index) / total))
      points.append((Double(score), Double(1 + scores.count - next) / total))
    }
    points.append((axis.axis.scale.highest, 1 / total))
    var plot = Plot(
      title: "The p-value of a score",
      summary:
        "It falls from 1 to \(MarkupText.short(1 / total)) as the score rises; at the threshold the verdict changes.",
      x: axis.axis,
      y: PlotAxis(label: "p-value (no unit, log)", scale: .logarithmic([1, 1 / total])),
      series: [.init(name: "p-value", points: points)])
    plot.verticals = [thresholdLevel]
    if let rate = promisedRate {
      plot.horizontals = [PlotLevel(name: "promised rate \(ReportWords.percentage(rate))", value: rate)]
    }
    return ReportBlock.Figure(
      plot, identifier: "calibration-p-values",
      caption: promisedRate == nil
        ? "Read from a score up to the line, and from there to the left."
        : "To the right of the threshold all p-values are at or below the promised rate: that is what makes the promise."
    )
  }
}
