internal import Charts
internal import Linux

/// Scores one after the other: by the times of their files where these say something, else in the files' order.
struct ScoreSequence {
  /// One picture.
  struct Item {
    /// When its file was last changed, nanoseconds since 1970; nil where that is not known.
    var modified: Int64?
    /// Its score.
    var score: Float
    /// Which of the classes it belongs to, from 0.
    var series: Int
  }

  /// The horizontal axis.
  let axis: PlotAxis
  /// The points of each series.
  let points: [[(x: Double, y: Double)]]
  /// What the horizontal axis is, in a sentence.
  let explanation: String

  /// Shortest time, in nanoseconds, that tells of a line and not of a copy.
  private static let shortestSpan: Int64 = 60_000_000_000

  /// A sequence of pictures in the files' order.
  init(_ items: [Item], seriesCount: Int) {
    let times = items.compactMap(\.modified)
    let isTimed =
      times.count == items.count && Set(times).count * 2 >= items.count
      && (times.max() ?? 0) - (times.min() ?? 0) >= Self.shortestSpan
    points = (0..<seriesCount).map { series in
      items.enumerated().filter { $0.element.series == series }.map { place, item in
        (isTimed ? Double(item.modified ?? 0) / 1e9 : Double(place + 1), Double(item.score))
      }
    }
    if isTimed, let first = times.min(), let last = times.max() {
      axis = Self.timeAxis(from: first, to: last)
      explanation = "In the order of the files' times, as the file system has them."
    } else {
      let count = Double(max(2, items.count))
      axis = PlotAxis(
        label: "picture, in the order of paths",
        scale: PlotScale(
          from: 0, to: count, ticks: PlotScale.linear([0, count]).ticks.filter { $0.value <= count }))
      explanation =
        "In the order of the files' paths, because their times do not tell: they are missing, alike, or within a minute."
    }
  }

  /// Steps between ticks, seconds.
  private static let steps = [
    10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600,
    2_592_000, 7_776_000, 31_536_000, 157_680_000, 315_360_000,
  ]

  private static func timeAxis(from first: Int64, to last: Int64) -> PlotAxis {
    let (start, end) = (first / 1_000_000_000, last / 1_000_000_000 + 1)
    let step = Int64(steps.first { end - start <= Int64($0) * 5 } ?? 3_153_600_000)
    let showsDays = end - start > 2 * 86_400
    var ticks: [PlotScale.Tick] = []
    var tick = (start + step - 1) / step * step
    while tick <= end {
      // 2026-11-22T14:26:07.000Z
      let text = WallTime(nanoseconds: tick * 1_000_000_000).iso
      let label = showsDays ? text.prefix(10) : text.dropFirst(11).prefix(step < 60 ? 8 : 5)
      ticks.append(PlotScale.Tick(value: Double(tick), label: String(label)))
      tick += step
    }
    let day = WallTime(nanoseconds: first).iso.prefix(10)
    return PlotAxis(
      label: "time of the file, UTC" + (showsDays ? "" : ", from \(day)"),
      scale: PlotScale(from: Double(start), to: Double(end), ticks: ticks))
  }
}
