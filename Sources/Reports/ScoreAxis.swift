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
      axis = PlotAxis(label: "anomaly score (no unit, log)", scale: .logarithmic(values + marks))
      remark = "The score axis is logarithmic: equal distances are equal ratios."
      return
    }
    let low = values[values.count / 50]
    let high = values[values.count - 1 - values.count / 50]
    let (middleLow, middleHigh) = (min(low, marks.min() ?? low), max(high, marks.max() ?? high))
    guard highest - lowest > Self.longTail * (middleHigh - middleLow), middleHigh > middleLow else {
      axis = PlotAxis(label: label, scale: .linear(values + marks))
      remark = ""
      return
    }
    let margin = (middleHigh - middleLow) * 0.25
    let scale = PlotScale.linear([max(lowest, middleLow - margin), min(highest, middleHigh + margin)])
    let beyond = values.count { $0 < scale.lowest || $0 > scale.highest }
    axis = PlotAxis(label: label, scale: scale)
    remark =
      beyond == 0
      ? ""
      : "\(beyond) of \(values.count) scores lie beyond the axis, as far as \(MarkupText.short(lowest)) and "
        + "\(MarkupText.short(highest)); they are drawn at its ends."
  }
}
