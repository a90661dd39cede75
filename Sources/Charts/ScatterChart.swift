/// Values of several groups as points beside each other, as an SVG file: what tells at a glance whether groups part.
public struct ScatterChart: Sendable {
  /// One group of points.
  public struct Series: Sendable {
    /// Its name in the legend.
    public var name: String
    /// Its values, in the order of the horizontal axis.
    public var values: [Float]

    /// A group from its parts.
    public init(name: String, values: [Float]) {
      self.name = name
      self.values = values
    }
  }

  /// What the chart shows, in one line.
  public var title: String
  /// What the vertical axis measures.
  public var valueLabel: String
  /// The groups, at most four; they stand one after the other on the horizontal axis.
  public var series: [Series]
  /// A level drawn across, with its name.
  public var level: (name: String, value: Float)?

  /// A chart from its parts.
  public init(
    title: String, valueLabel: String, series: [Series], level: (name: String, value: Float)? = nil
  ) {
    precondition(series.count <= Self.marks.count, "a mark for every group")
    self.title = title
    self.valueLabel = valueLabel
    self.series = series
    self.level = level
  }

  private static let (width, height) = (760.0, 420.0)
  private static let (left, right, top, bottom) = (70.0, 20.0, 64.0, 48.0)

  /// Colours that are told apart with any colour vision (M. Okabe, K. Ito, "Color Universal Design", 2008), and a shape
  /// for each, so that colour is not needed.
  private static let marks: [(colour: String, shape: @Sendable (Double, Double) -> String)] = [
    ("#0072b2", { "<circle cx='\(text($0))' cy='\(text($1))' r='2.2'/>" }),
    ("#d55e00", { "<path d='M\(text($0 - 2.4)),\(text($1 + 2.1))l4.8,0l-2.4,-4.4z'/>" }),
    ("#009e73", { "<rect x='\(text($0 - 2))' y='\(text($1 - 2))' width='4' height='4'/>" }),
    ("#cc79a7", { "<path d='M\(text($0)),\(text($1 - 3))l3,3l-3,3l-3,-3z'/>" }),
  ]

  /// The chart as an SVG document; the same values give the same bytes.
  public var svg: String {
    let count = series.reduce(0) { $0 + $1.values.count }
    let scale = PlotScale.linear(
      (series.flatMap(\.values) + (level.map { [$0.value] } ?? [])).map(Double.init), includesZero: true)
    func x(_ index: Int) -> Double {
      Self.left + (Double(index) + 0.5) / Double(max(1, count)) * (Self.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom - scale.share(of: value) * (Self.height - Self.top - Self.bottom)
    }
    var lines = [
      "<svg xmlns='http://www.w3.org/2000/svg' width='\(Self.text(Self.width))' height='\(Self.text(Self.height))' "
        + "viewBox='0 0 \(Self.text(Self.width)) \(Self.text(Self.height))' font-family='sans-serif' font-size='12'>",
      "<title>\(Self.escaped(title))</title>", "<rect width='100%' height='100%' fill='white'/>",
      "<text x='\(Self.text(Self.left))' y='20' font-size='14' font-weight='bold'>\(Self.escaped(title))</text>",
    ]
    for tick in scale.ticks {
      lines.append(
        "<path d='M\(Self.text(Self.left)),\(Self.text(y(tick.value)))H\(Self.text(Self.width - Self.right))' stroke='#ddd'/>"
      )
      lines.append(
        "<text x='\(Self.text(Self.left - 6))' y='\(Self.text(y(tick.value) + 4))' text-anchor='end'>"
          + "\(tick.label)</text>")
    }
    lines += axisLabels(count: count)
    lines += points(x: x, y: y)
    if let level {
      lines.append(
        "<path d='M\(Self.text(Self.left)),\(Self.text(y(Double(level.value))))H\(Self.text(Self.width - Self.right))' "
          + "stroke='black' stroke-dasharray='6 4'/>")
      lines.append(
        "<text x='\(Self.text(Self.width - Self.right))' y='\(Self.text(y(Double(level.value)) - 5))' "
          + "text-anchor='end'>\(Self.escaped(level.name))</text>")
    }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private func axisLabels(count: Int) -> [String] {
    let middle = (Self.top + Self.height - Self.bottom) / 2
    return [
      "<text x='16' y='\(Self.text(middle))' text-anchor='middle' "
        + "transform='rotate(-90 16 \(Self.text(middle)))'>\(Self.escaped(valueLabel))</text>",
      "<text x='\(Self.text((Self.left + Self.width - Self.right) / 2))' y='\(Self.text(Self.height - 14))' "
        + "text-anchor='middle'>picture, \(count) in all</text>",
    ]
  }

  private func points(x: (Int) -> Double, y: (Double) -> Double) -> [String] {
    var lines: [String] = []
    var first = 0
    var legend = Self.left
    for (index, series) in series.enumerated() {
      let mark = Self.marks[index]
      lines.append("<g fill='\(mark.colour)'>")
      lines.append(mark.shape(legend + 4, 40))
      for (place, value) in series.values.enumerated() where value.isFinite {
        lines.append(mark.shape(x(first + place), y(Double(value))))
      }
      lines.append("</g>")
      let name = "\(series.name) (\(series.values.count))"
      lines.append("<text x='\(Self.text(legend + 12))' y='44'>\(Self.escaped(name))</text>")
      legend += 30 + 7 * Double(name.count)
      first += series.values.count
    }
    return lines
  }

  private static func text(_ value: Double) -> String { MarkupText.coordinate(value) }
  private static func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}
