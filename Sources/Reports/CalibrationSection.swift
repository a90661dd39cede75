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
    if promisedRate == nil, let aim = calibration.falsePositiveRate {
      facts.append(.init("Aimed at", ReportWords.percentage(aim), detail: "of good pictures, if the tail is right"))
    }
    if let reached = calibration.reached {
      facts.append(.init(reachedName, ReportWords.figure(reached), detail: "on the pictures that chose the threshold"))
    }
    facts.append(
      .init(
        "Calibration pictures", "\(calibration.scores.count)",
        detail: calibration.scores.isEmpty ? "so there are no p-values" : "good ones that training never saw"))
    if !calibration.anomalousScores.isEmpty {
      facts.append(
        .init(
          "Anomalous pictures", "\(calibration.anomalousScores.count)", detail: "that helped to choose the threshold"))
    }
    return facts
  }

  /// The rate that is promised; nil where there is a wish at most.
  var promisedRate: Double? { calibration.rateBound == nil ? nil : calibration.falsePositiveRate }

  /// What the threshold was chosen for, in two words.
  private var reachedName: String { calibration.rule.costs == nil ? "Best F1" : "Best Youden index" }

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
    sentences += [tailSentence, choiceSentence, flaggedSentence].compactMap(\.self)
    if let bound = calibration.rateBound {
      sentences.append(
        "One calibration set may be better or worse than the average: with 95\u{A0}% confidence this one flags at most "
          + "\(ReportWords.percentage(bound)).")
    }
    if let date = calibration.date { sentences.append("Calibrated \(date).") }
    return sentences
  }

  /// What a tail was fitted to and what it gave; nil for methods without one.
  private var tailSentence: String? {
    guard let tail = calibration.tail else { return nil }
    let quantile = calibration.rule.initialQuantile.map { ", the quantile \($0) of the scores" } ?? ""
    let deviation = tail.shapeDeviation.map { " (standard deviation \(MarkupText.short($0)))" } ?? ""
    let aim = calibration.falsePositiveRate.map { " The threshold is where it leaves \(ReportWords.percentage($0))." }
    return
      "A tail, a generalised Pareto distribution, was fitted to the \(tail.excessCount) of \(tail.count) scores above "
      + "\(tail.level)\(quantile): shape \(MarkupText.short(tail.shape))\(deviation), scale "
      + "\(MarkupText.short(tail.scale)).\(aim ?? "") That is as good as the tail's form."
  }

  /// What the threshold was chosen for on labelled pictures; nil for methods that choose without them.
  private var choiceSentence: String? {
    guard let reached = calibration.reached else { return nil }
    let what =
      calibration.rule.costs.map {
        "the largest detection rate × \($0.miss) − false-positive rate × \($0.falseAlarm), divided by the greater cost "
          + "(cost of a miss \($0.miss), of a false alarm \($0.falseAlarm))"
      } ?? "the best F1"
    return
      "It was chosen on \(calibration.scores.count) good and \(calibration.anomalousScores.count) anomalous pictures for "
      + "\(what): \(ReportWords.figure(reached)). Others give less: measure it on pictures that did not choose it."
  }

  /// What the threshold makes of the pictures that it was made of; nil where there were none.
  private var flaggedSentence: String? {
    guard !calibration.scores.isEmpty else { return nil }
    let good = "\(ReportWords.counts(calibration.flaggedCount, calibration.scores.count)) of the good ones"
    let bad = calibration.anomalousScores
    let found = bad.count(where: calibration.isAnomalous)
    return "Of the calibration's own pictures it flags \(good)"
      + (bad.isEmpty ? "." : " and \(ReportWords.counts(found, bad.count)) of the anomalous ones.")
  }

  /// The scores with the threshold, and what a p-value is.
  var blocks: [ReportBlock] {
    guard !calibration.scores.isEmpty else {
      return [.remark("No pictures belong to this calibration: there are no p-values, and nothing to draw.")]
    }
    let axis = ScoreAxis(
      scores: calibration.scores + calibration.anomalousScores, levels: [calibration.threshold])
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
    let sentence =
      "\(above) of \(calibration.scores.count) calibration scores of good pictures lie above the threshold."
    let bad = calibration.anomalousScores
    var groups = [HistogramPlot.Group(name: "good", values: calibration.scores.map(Double.init))]
    if !bad.isEmpty {
      groups[0].name = "good (\(calibration.scores.count))"
      groups.append(.init(name: "anomalous (\(bad.count))", values: bad.map(Double.init)))
    }
    var plot = HistogramPlot(
      title: "Scores of the calibration pictures",
      summary: sentence + " They reach from \(calibration.scores[0]) to \(calibration.scores.last ?? 0)."
        + (bad.isEmpty ? "" : " Those of anomalous pictures reach from \(bad[0]) to \(bad[bad.count - 1])."),
      x: axis.axis, groups: groups)
    plot.verticals = [thresholdLevel]
    let sides =
      bad.isEmpty ? "" : "Right of the dashed line, bars above the axis are false alarms, bars below it are finds."
    return ReportBlock.Figure(
      plot, identifier: "calibration-scores",
      caption: [sentence, sides, axis.remark].filter { !$0.isEmpty }.joined(separator: " "))
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
      caption: pValueCaption)
  }

  private var pValueCaption: String {
    guard promisedRate != nil, let rank = calibration.alarmRank else {
      return "Read from a score up to the line, and from there to the left."
    }
    guard let confidence = calibration.confidence else {
      return
        "To the right of the threshold all p-values are at or below the promised rate: that is what makes the promise."
    }
    let largest = Double(rank) / Double(calibration.scores.count + 1)
    return
      "To the right of the threshold all p-values are at or below \(MarkupText.short(largest)). That is the rate on "
      + "average; it keeps so far below the promised one that single calibrations keep to that with "
      + "\(ReportWords.percentage(confidence)) confidence."
  }
}
