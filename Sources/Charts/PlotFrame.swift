/// What all plots of a report share: an SVG element with axes, grid, legend and levels, in classes that a style sheet
/// colours.
///
/// Text is for people who do not see it too: the element is an image with a title and a description.
struct PlotFrame {
  static let (width, height) = (480.0, 320.0)
  static let (left, right, bottom) = (74.0, 26.0, 54.0)
  private static let legendRow = 22.0
  /// Room that a letter of the legend takes at the largest size that the style sheet gives it.
  private static let letterWidth = 8.4
  /// Room that a letter of a level's name takes on a phone, where the style sheet makes it largest.
  private static let noteWidth = 9.6

  /// One entry of the legend.
  struct LegendEntry {
    /// What it names.
    var name: String
    /// Draws its mark around a point.
    var mark: (_ x: Double, _ y: Double) -> String
  }

  let identifier: String
  let title: String
  let summary: String
  let x: PlotAxis
  let y: PlotAxis
  let legend: [LegendEntry]

  private var legendRows: [[LegendEntry]] {
    var rows: [[LegendEntry]] = []
    var used = Double.infinity
    for entry in legend {
      let width = Self.width(of: entry)
      if used + width > Self.width - 8 {
        rows.append([])
        used = 8
      }
      rows[rows.count - 1].append(entry)
      used += width
    }
    return rows
  }

  private static func width(of entry: LegendEntry) -> Double { 40 + letterWidth * Double(entry.name.count) }

  /// Where the plot's own area begins.
  var top: Double { 14 + Self.legendRow * Double(legendRows.count) }
  private var plotWidth: Double { Self.width - Self.left - Self.right }
  private var plotHeight: Double { Self.height - top - Self.bottom }

  /// The horizontal coordinate of a value.
  func place(x value: Double) -> Double { Self.left + x.scale.share(of: value) * plotWidth }

  /// The vertical coordinate of a value.
  func place(y value: Double) -> Double { top + (1 - y.scale.share(of: value)) * plotHeight }

  /// The whole element, with the marks between grid and levels.
  func svg(marks: [String], verticals: [PlotLevel], horizontals: [PlotLevel]) -> String {
    let (titleName, summaryName) = ("\(identifier)-title", "\(identifier)-summary")
    let lines =
      [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" "
          + "viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" aria-labelledby=\"\(titleName) \(summaryName)\">",
        "<title id=\"\(titleName)\">\(MarkupText.escaped(title))</title>",
        "<desc id=\"\(summaryName)\">\(MarkupText.escaped(summary))</desc>",
      ] + grid + legendMarks + marks + axes
      + verticals.enumerated().map { vertical($1, row: $0) } + horizontals.map(horizontal) + ["</svg>"]
    return lines.joined(separator: "\n")
  }

  private var grid: [String] {
    let (first, last) = (Self.text(Self.left), Self.text(Self.width - Self.right))
    let horizontal = y.scale.ticks.map {
      "<path class=\"grid\" d=\"M\(first) \(Self.text(place(y: $0.value)))H\(last)\"/>"
    }
    let vertical = x.scale.ticks.map {
      "<path class=\"grid\" d=\"M\(Self.text(place(x: $0.value))) \(Self.text(top))V\(Self.text(Self.height - Self.bottom))\"/>"
    }
    return horizontal + vertical
  }

  private var axes: [String] {
    let base = Self.height - Self.bottom
    var lines = [
      "<path class=\"axis\" d=\"M\(Self.text(Self.left)) \(Self.text(top))V\(Self.text(base))"
        + "H\(Self.text(Self.width - Self.right))\"/>"
    ]
    for tick in Self.spread(x.scale.ticks, room: plotWidth, needed: { 14 + 9.4 * Double($0.label.count) }) {
      lines.append(text("tick", tick.label, x: place(x: tick.value), y: base + 19, anchor: "middle"))
    }
    for tick in Self.spread(y.scale.ticks, room: plotHeight, needed: { _ in 20 }) {
      lines.append(text("tick", tick.label, x: Self.left - 7, y: place(y: tick.value) + 4.5, anchor: "end"))
    }
    lines.append(text("label", x.label, x: Self.left + plotWidth / 2, y: Self.height - 10, anchor: "middle"))
    let middle = Self.text(top + plotHeight / 2)
    lines.append(
      "<text class=\"label\" x=\"14\" y=\"\(middle)\" text-anchor=\"middle\" transform=\"rotate(-90 14 \(middle))\">"
        + "\(MarkupText.escaped(y.label))</text>")
    return lines
  }

  /// As many ticks as there is room for the labels of, evenly chosen.
  private static func spread(
    _ ticks: [PlotScale.Tick], room: Double, needed: (PlotScale.Tick) -> Double
  ) -> [PlotScale.Tick] {
    let widest = ticks.map(needed).max() ?? 1
    let most = max(2, Int(room / widest))
    let every = max(1, (ticks.count + most - 1) / most)
    return ticks.enumerated().filter { $0.offset % every == 0 }.map(\.element)
  }

  private var legendMarks: [String] {
    legendRows.enumerated().flatMap { row, entries -> [String] in
      let y = 16 + Self.legendRow * Double(row)
      var x = 12.0
      return entries.flatMap { entry -> [String] in
        defer { x += Self.width(of: entry) }
        return [entry.mark(x + 10, y), text("legend", entry.name, x: x + 26, y: y + 4.5, anchor: "start")]
      }
    }
  }

  /// Names of several lines stand below each other, to the right of their lines where there is room.
  private func vertical(_ level: PlotLevel, row: Int) -> String {
    let place = place(x: level.value)
    let room = Self.width - place - 6
    let isLeft = Self.noteWidth * Double(level.name.count) > room && place > Self.left + plotWidth / 2
    return "<path class=\"level level-\(row + 1)\" d=\"M\(Self.text(place)) \(Self.text(top))"
      + "V\(Self.text(Self.height - Self.bottom))\"/>\n"
      + text(
        "note", level.name, x: place + (isLeft ? -6 : 6), y: top + 15 + 19 * Double(row),
        anchor: isLeft ? "end" : "start")
  }

  private func horizontal(_ level: PlotLevel) -> String {
    let place = place(y: level.value)
    return "<path class=\"level level-1\" d=\"M\(Self.text(Self.left)) \(Self.text(place))"
      + "H\(Self.text(Self.width - Self.right))\"/>\n"
      + text(
        "note", level.name, x: Self.width - Self.right - 4,
        y: place < top + plotHeight / 4 ? place + 17 : place - 7, anchor: "end")
  }

  private func text(_ kind: String, _ text: String, x: Double, y: Double, anchor: String) -> String {
    "<text class=\"\(kind)\" x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"\(anchor)\">"
      + "\(MarkupText.escaped(text))</text>"
  }

  private static func text(_ value: Double) -> String { MarkupText.coordinate(value) }
}
