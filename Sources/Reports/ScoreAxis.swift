internal import Charts
private import Foundation

/// An axis that shows scores: they have long tails, and a linear axis over all of them would show one bar.
struct ScoreAxis {
  /// The axis.
  let axis: PlotAxis
  /// What a reader must know of it; empty where there is nothing.
  let remark: String

  /// Ratio of the largest to the smallest score from which on ratios are shown.
  private static let wideRatio = 6.0
  /// Length of the axis over that of its middle part from which on tails are cut off.
  private static let longTail = 4.0

  /// An axis for scores.
  ///
  /// - Parameters:
  ///   - scores: all that it shows.
  ///   - levels: thresholds, which must be on it.
  init(scores: [Float], levels: [Float]) {
    let values = scores.map(Double.init).sorted()
    let marks = levels.map(Double.init).filter(\.isFinite)
    let label = "anomaly score (no unit)"
    guard let lowest = values.first, let highest = values.last else {
      axis = PlotAxis(label: label, scale: .linear(marks, includesZero: marks.isEmpty))
      remark = ""
      return
    }
    if lowest > 0, marks.allSatisfy({ $0 > 0 }), highest / lowest >= Self.wideRatio {
      let scale = PlotScale.logarithmic(values + marks)
      // Scores that equal a threshold at the axis' beginning need room to its left.
      let room = Self.beginnings(marks, of: scale, lowest: lowest).map { $0 * 0.99 }
      axis = PlotAxis(
        label: "anomaly score (no unit, log)", scale: room.isEmpty ? scale : .logarithmic(values + marks + room))
      remark = "The score axis is logarithmic: equal distances are equal ratios."
      return
    }
    let low = values[values.count / 50]
    let high = values[values.count - 1 - values.count / 50]
    let (middleLow, middleHigh) = (min(low, marks.min() ?? low), max(high, marks.max() ?? high))
    guard highest - lowest > Self.longTail * (middleHigh - middleLow), middleHigh > middleLow else {
      let scale = PlotScale.linear(values + marks)
      let room = Self.beginnings(marks, of: scale, lowest: lowest).map { $0 - 0.01 * (scale.highest - scale.lowest) }
      axis = PlotAxis(label: label, scale: room.isEmpty ? scale : .linear(values + marks + room))
      remark = ""
      return
    }
    let margin = (middleHigh - middleLow) * 0.25
    let ends = [max(lowest, middleLow - margin), min(highest, middleHigh + margin)]
    let bare = PlotScale.linear(ends)
    let room = Self.beginnings(marks, of: bare, lowest: lowest).map { $0 - 0.01 * (bare.highest - bare.lowest) }
    let scale = room.isEmpty ? bare : PlotScale.linear(ends + room)
    let beyond = values.count { $0 < scale.lowest || $0 > scale.highest }
    axis = PlotAxis(label: label, scale: scale)
    remark =
      beyond == 0
      ? ""
      : "\(beyond) of \(values.count) scores lie beyond the axis, as far as \(MarkupText.short(lowest)) and "
        + "\(MarkupText.short(highest)); they are drawn at its ends."
  }

  /// Thresholds at the beginning of an axis that are not below all scores.
  private static func beginnings(_ marks: [Double], of scale: PlotScale, lowest: Double) -> [Double] {
    marks.filter { $0 <= scale.lowest && lowest <= $0 }
  }
}
