/// How often values occur, as an SVG element for a report: one group above the axis, another below it.
///
/// Groups that face each other hide nothing of each other, in any colour. Bars are parts of their own group, so that a
/// small group is seen beside a large one.
public struct HistogramPlot: Sendable {
  /// One group of values.
  public struct Group: Sendable {
    /// Its name in the legend.
    public var name: String
    /// Its values.
    public var values: [Double]

    /// A group from its parts.
    public init(name: String, values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// What the plot shows, in a few words.
  public var title: String
  /// What it shows to somebody who sees it.
  public var summary: String
  /// The axis of values; what lies beyond its ends counts in the outermost bars.
  public var x: PlotAxis
  /// One or two groups.
  public var groups: [Group]
  /// Levels among the values, at most two.
  public var verticals: [PlotLevel] = []

  /// A histogram without levels.
  public init(title: String, summary: String, x: PlotAxis, groups: [Group]) {
    precondition((1...2).contains(groups.count), "one group above the axis, one below")
    self.title = title
    self.summary = summary
    self.x = x
    self.groups = groups
  }

  /// How many bars: more where more values fill them.
  private var binCount: Int {
    let count = groups.map(\.values.count).max() ?? 0
    return min(48, max(12, Int(Double(count).squareRoot() * 1.6)))
  }

  /// The part of a group's values in each bin.
  private func shares(of group: Group, binCount: Int) -> [Double] {
    var counts = [Int](repeating: 0, count: binCount)
    for value in group.values where !value.isNaN {
      counts[min(binCount - 1, Int(x.scale.share(of: value) * Double(binCount)))] += 1
    }
    let total = max(1, group.values.count)
    return counts.map { Double($0) / Double(total) }
  }

  /// The plot as an SVG element; the same values give the same bytes.
  ///
  /// - Parameter identifier: unique on its page; letters, digits and `-`.
  public func svg(identifier: String) -> String {
    let bins = binCount
    let shares = groups.map { self.shares(of: $0, binCount: bins) }
    let highest = (shares[0].max() ?? 0) * 100
    let lowest = shares.count > 1 ? (shares[1].max() ?? 0) * 100 : 0
    // Room above the bars for the names of levels.
    let scale = PlotScale.linear([highest * 1.15, -lowest], includesZero: true, intervals: shares.count > 1 ? 6 : 5)
    // Below the axis there are parts of pictures too, not fewer than none.
    let ticks = scale.ticks.map {
      PlotScale.Tick(value: $0.value, label: $0.label.hasPrefix("-") ? String($0.label.dropFirst()) : $0.label)
    }
    let frame = PlotFrame(
      identifier: identifier, title: title, summary: summary, x: x,
      y: PlotAxis(
        label: groups.count > 1 ? "part of each class, %" : "part of the pictures, %",
        scale: PlotScale(from: scale.lowest, to: scale.highest, ticks: ticks)),
      legend: groups.count < 2
        ? []
        : groups.enumerated().map { index, group in
          PlotFrame.LegendEntry(name: group.name + (index == 0 ? ", upward" : ", downward")) { x, y in
            Self.bar(index, x: x - 9, width: 18, from: y - 6, to: y + 6)
          }
        })
    var marks: [String] = []
    let zero = frame.place(y: 0)
    for (index, shares) in shares.enumerated() {
      for (bin, share) in shares.enumerated() where share > 0 {
        let from = frame.place(x: x.scale.value(atShare: Double(bin) / Double(bins)))
        let to = frame.place(x: x.scale.value(atShare: Double(bin + 1) / Double(bins)))
        // What is there is seen, be it one picture of many thousands.
        var height = frame.place(y: index == 0 ? share * 100 : -share * 100) - zero
        if height.magnitude < 1.2 { height = index == 0 ? -1.2 : 1.2 }
        marks.append(
          Self.bar(
            index, x: from + 0.4, width: to - from - 0.8, from: min(zero, zero + height), to: max(zero, zero + height))
        )
      }
    }
    marks.append(
      "<path class=\"axis\" d=\"M\(MarkupText.coordinate(PlotFrame.left)) \(MarkupText.coordinate(zero))"
        + "H\(MarkupText.coordinate(PlotFrame.width - PlotFrame.right))\"/>")
    return frame.svg(marks: marks, verticals: verticals, horizontals: [])
  }

  private static func bar(_ series: Int, x: Double, width: Double, from: Double, to: Double) -> String {
    "<rect class=\"bar series-\(series + 1)\" x=\"\(MarkupText.coordinate(x))\" y=\"\(MarkupText.coordinate(from))\" "
      + "width=\"\(MarkupText.coordinate(width))\" height=\"\(MarkupText.coordinate(to - from))\"/>"
  }
}
