/// Values against values, as lines or points, as an SVG element for a report.
public struct Plot: Sendable {
  /// How a series is drawn.
  public enum Style: Sendable {
    /// From point to point.
    case line
    /// Each point alone.
    case points
  }

  /// One series.
  public struct Series: Sendable {
    /// Its name in the legend.
    public var name: String
    /// Its points, in the order of drawing; those that are no finite numbers are left out.
    public var points: [(x: Double, y: Double)]
    /// How it is drawn.
    public var style: Style

    /// A series from its parts.
    public init(name: String, points: [(x: Double, y: Double)], style: Style = .line) {
      self.name = name
      self.points = points
      self.style = style
    }
  }

  /// Most series: each has a colour and a shape, or a kind of line, of its own.
  public static let maximumSeries = 4
  /// Most points of a series that are drawn, but for the highest and the last; of more, every second, third, … is.
  public static let maximumPoints = 3000

  /// What the plot shows, in a few words.
  public var title: String
  /// What it shows to somebody who sees it, in a sentence or two for those who do not.
  public var summary: String
  /// The horizontal axis.
  public var x: PlotAxis
  /// The vertical axis.
  public var y: PlotAxis
  /// What is drawn.
  public var series: [Series]
  /// Levels of the horizontal axis, at most two.
  public var verticals: [PlotLevel] = []
  /// Levels of the vertical axis.
  public var horizontals: [PlotLevel] = []
  /// A place that is marked, with its name in the legend.
  public var mark: (name: String, x: Double, y: Double)?
  /// What the line from corner to corner stands for; nil where there is none.
  public var diagonal: String?

  /// A plot without levels.
  public init(title: String, summary: String, x: PlotAxis, y: PlotAxis, series: [Series]) {
    precondition(series.count <= Self.maximumSeries, "a colour for every series")
    self.title = title
    self.summary = summary
    self.x = x
    self.y = y
    self.series = series
  }

  /// The plot as an SVG element; the same values give the same bytes.
  ///
  /// - Parameter identifier: unique on its page; letters, digits and `-`.
  public func svg(identifier: String) -> String {
    var legend = series.enumerated().map { index, series in
      PlotFrame.LegendEntry(name: series.name) { x, y in
        switch series.style {
        case .line: "<path class=\"line series-\(index + 1)\" d=\"M\(Self.pair(x - 11, y))L\(Self.pair(x + 11, y))\"/>"
        case .points: PlotMark.svg(index, x: x, y: y, radius: 4)
        }
      }
    }
    if let diagonal {
      legend.append(
        .init(name: diagonal) {
          "<path class=\"diagonal\" d=\"M\(Self.pair($0 - 11, $1))L\(Self.pair($0 + 11, $1))\"/>"
        })
    }
    if let mark { legend.append(.init(name: mark.name) { Self.ring(x: $0, y: $1) }) }
    if legend.count == 1 && mark == nil { legend = [] }
    let frame = PlotFrame(identifier: identifier, title: title, summary: summary, x: x, y: y, legend: legend)
    var marks: [String] = []
    if diagonal != nil {
      let (from, to) = (
        frame.place(x: x.scale.lowest, y.scale.lowest), frame.place(x: x.scale.highest, y.scale.highest)
      )
      marks.append("<path class=\"diagonal\" d=\"M\(from)L\(to)\"/>")
    }
    for (index, series) in series.enumerated() {
      let points = Self.thinned(series.points.filter { $0.x.isFinite && $0.y.isFinite })
      guard !points.isEmpty else { continue }
      switch series.style {
      case .line:
        let places = points.map { frame.place(x: $0.x, $0.y) }
        marks.append("<path class=\"line series-\(index + 1)\" d=\"M\(places.joined(separator: "L"))\"/>")
        // A line of one point is nothing to see.
        if points.count == 1 {
          marks.append(PlotMark.svg(index, x: frame.place(x: points[0].x), y: frame.place(y: points[0].y), radius: 4))
        }
      case .points:
        marks += points.map { PlotMark.svg(index, x: frame.place(x: $0.x), y: frame.place(y: $0.y), radius: 2.6) }
      }
    }
    if let mark { marks.append(Self.ring(x: frame.place(x: mark.x), y: frame.place(y: mark.y))) }
    return frame.svg(marks: marks, verticals: verticals, horizontals: horizontals)
  }

  /// Of so many points of a series every n-th is drawn; 1 where all are.
  public static func step(of count: Int) -> Int { max(1, (count + maximumPoints - 1) / maximumPoints) }

  /// Every n-th point; the highest and the last one always.
  private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let every = step(of: points.count)
    guard every > 1 else { return points }
    let highest = points.indices.max { points[$0].y < points[$1].y }
    return points.indices.filter { $0 % every == 0 || $0 == points.count - 1 || $0 == highest }.map { points[$0] }
  }

  private static func ring(x: Double, y: Double) -> String {
    "<circle class=\"ring\" cx=\"\(MarkupText.coordinate(x))\" cy=\"\(MarkupText.coordinate(y))\" r=\"6\"/>"
  }

  private static func pair(_ x: Double, _ y: Double) -> String {
    "\(MarkupText.coordinate(x)) \(MarkupText.coordinate(y))"
  }
}

extension PlotFrame {
  /// The coordinates of a pair of values.
  fileprivate func place(x: Double, _ y: Double) -> String {
    "\(MarkupText.coordinate(place(x: x))) \(MarkupText.coordinate(place(y: y)))"
  }
}
