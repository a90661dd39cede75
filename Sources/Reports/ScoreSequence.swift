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
  /// Latest time whose axis can be labelled: the second after it is a number of nanoseconds still.
  private static let latest = Int64.max - 1_000_000_000

  /// A sequence of pictures in the files' order.
  init(_ items: [Item], seriesCount: Int) {
    let times = items.compactMap(\.modified)
    let isTimed =
      times.count == items.count && Set(times).count * 2 >= items.count
      && Self.tells(from: times.min() ?? 0, to: times.max() ?? 0)
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
        "In the order of the files' paths, because their times do not tell: they are missing, alike, within a minute, or "
        + "out of all bounds."
    }
  }

  /// Whether times tell of a line: years that a clock shows, and more than a moment.
  private static func tells(from first: Int64, to last: Int64) -> Bool {
    first >= 0 && last <= latest && last - first >= shortestSpan
  }

  /// What of the series is drawn, in a sentence: of very many points not all are.
  ///
  /// - Parameter names: what the pictures of each series are.
  func drawn(_ names: [String]) -> String {
    let thinned = zip(names, points).compactMap { name, points -> String? in
      let step = Plot.step(of: points.count)
      return step == 1 ? nil : "of the \(points.count) \(name) every \(Self.ordinal(step)) one"
    }
    guard !thinned.isEmpty else { return "Every picture's score is a point." }
    let sentence = thinned.joined(separator: ", ") + " is drawn, the highest and the last in any case"
    return sentence.prefix(1).uppercased() + sentence.dropFirst()
      + (thinned.count < points.count ? "; of the others all." : ".")
  }

  /// A number as a place in a row: `2nd`.
  static func ordinal(_ number: Int) -> String {
    let isTeen = (11...13) ~= number % 100
    return switch number % 10 {
    case 1 where !isTeen: "\(number)st"
    case 2 where !isTeen: "\(number)nd"
    case 3 where !isTeen: "\(number)rd"
    default: "\(number)th"
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
