import Charts
import Foundation
import FoundationXML
import Testing

@Suite struct PlotTests {
  private func axis(_ values: [Double]) -> PlotAxis { PlotAxis(label: "score, no unit", scale: .linear(values)) }

  /// The strings that an XPath query gives of an SVG element.
  private func strings(_ path: String, in svg: String) throws -> [String] {
    let document = try XMLDocument(xmlString: svg)
    defer { withExtendedLifetime(document) {} }
    return try document.nodes(forXPath: path).compactMap(\.stringValue)
  }

  @Test func `a plot tells what it shows to those who do not see it, and labels both axes`() throws {
    var plot = Plot(
      title: "Scores <of> \"both\"", summary: "a & b", x: axis([0, 1]), y: axis([0, 5]),
      series: [.init(name: "one", points: [(0, 1), (1, 4)]), .init(name: "two", points: [(0, 2), (.nan, 3)])])
    plot.verticals = [PlotLevel(name: "threshold 0.5", value: 0.5)]
    plot.horizontals = [PlotLevel(name: "level 2", value: 2)]
    plot.mark = ("here", 0.5, 2.5)
    plot.diagonal = "chance"
    let svg = plot.svg(identifier: "p1")
    #expect(try strings("/*/@role", in: svg) == ["img"])
    #expect(try strings("/*/@aria-labelledby", in: svg) == ["p1-title p1-summary"])
    #expect(try strings("//*[@id='p1-title']", in: svg) == ["Scores <of> \"both\""])
    #expect(try strings("//*[@id='p1-summary']", in: svg) == ["a & b"])
    #expect(try strings("//*[@class='label']", in: svg) == ["score, no unit", "score, no unit"])
    #expect(try strings("//*[@class='legend']", in: svg) == ["one", "two", "chance", "here"])
    #expect(try strings("//*[@class='note']", in: svg) == ["threshold 0.5", "level 2"])
    #expect(svg == plot.svg(identifier: "p1"))
  }

  @Test func `each series has a shape of its own`() throws {
    let marks = (0..<Plot.maximumSeries).map { index in
      Plot.Series(name: "\(index)", points: [(0.5, 0.5)], style: .points)
    }
    let svg = Plot(title: "t", summary: "s", x: axis([0, 1]), y: axis([0, 1]), series: marks).svg(identifier: "p")
    let document = try XMLDocument(xmlString: svg)
    defer { withExtendedLifetime(document) {} }
    let shapes = try document.nodes(forXPath: "//*[starts-with(@class, 'mark')]").map { node in
      let outline = try node.nodes(forXPath: "@d").first?.stringValue ?? ""
      return "\(node.name ?? "") \(outline.filter(\.isLetter))"
    }
    #expect(Set(shapes).count == Plot.maximumSeries, "\(shapes)")
  }

  @Test(arguments: [[], [.nan], [3], [3, 3, 3], [.infinity, 1], [-1e300, 1e300]] as [[Double]])
  func `any values give a plot without coordinates that are no numbers`(values: [Double]) {
    let axis = PlotAxis(label: "l", scale: .linear(values))
    var plot = Plot(
      title: "t", summary: "s", x: axis, y: PlotAxis(label: "l", scale: .logarithmic(values)),
      series: [.init(name: "n", points: values.map { ($0, $0) })])
    plot.verticals = values.filter(\.isFinite).prefix(2).map { PlotLevel(name: "v", value: $0) }
    let histogram = HistogramPlot(
      title: "t", summary: "s", x: axis,
      groups: [.init(name: "a", values: values), .init(name: "b", values: [])])
    for svg in [plot.svg(identifier: "p"), histogram.svg(identifier: "h")] {
      #expect(throws: Never.self) { try XMLDocument(xmlString: svg) }
      #expect(!svg.contains("nan") && !svg.contains("inf"), "\(svg)")
    }
  }

  @Test func `bars are parts of their own group, the second group below the axis`() throws {
    let histogram = HistogramPlot(
      title: "t", summary: "s", x: PlotAxis(label: "l", scale: .linear([0, 10])),
      groups: [.init(name: "good", values: [1, 1, 1, 9]), .init(name: "bad", values: [9])])
    let svg = histogram.svg(identifier: "h")
    func numbers(_ attribute: String, _ series: Int) throws -> [Double] {
      // The first is the legend's.
      try strings("//*[@class='bar series-\(series)']/@\(attribute)", in: svg).dropFirst().compactMap(Double.init)
    }
    let good = try numbers("height", 1)
    let bad = try numbers("height", 2)
    #expect(good.count == 2 && abs(good[0] / good[1] - 3) < 0.02, "\(good)")
    #expect(bad.count == 1 && abs(bad[0] / (good[0] + good[1]) - 1) < 0.02, "\(bad) of \(good)")
    let zero = try numbers("y", 1)[0] + good[0]
    #expect(abs(try numbers("y", 2)[0] - zero) < 0.2, "downward from the axis")
  }

  @Test func `of very many points some are drawn, the last one always`() throws {
    let points = (0..<20_000).map { (x: Double($0), y: 1.0) }
    let plot = Plot(
      title: "t", summary: "s", x: axis([0, 20_000]), y: axis([0, 2]),
      series: [.init(name: "n", points: points, style: .points)])
    let places = try strings("//*[@class='mark series-1']/@cx", in: plot.svg(identifier: "p")).compactMap(Double.init)
    #expect((1000...Plot.maximumPoints + 1).contains(places.count))
    #expect(places.max() == places.last && places.last ?? 0 > 440)
  }

  @Test(arguments: [1, 4_567, 19_998]) func `of very many points the highest is drawn`(place: Int) throws {
    let points = (0..<20_000).map { (x: Double($0), y: $0 == place ? 2.0 : 1.0) }
    let plot = Plot(
      title: "t", summary: "s", x: axis([0, 20_000]), y: axis([0, 2]),
      series: [.init(name: "n", points: points, style: .points)])
    let heights = try strings("//*[@class='mark series-1']/@cy", in: plot.svg(identifier: "p")).compactMap(Double.init)
    #expect(Set(heights).count == 2 && heights.count { $0 == heights.min() } == 1)
    #expect(Plot.step(of: 20_000) == 7 && Plot.step(of: 3000) == 1 && Plot.step(of: 3001) == 2 && Plot.step(of: 0) == 1)
  }

  @Test func `a level's name ends within the picture at the size that a phone shows it in`() throws {
    let name = "threshold 0.01234"
    for place in stride(from: 0.0, through: 1, by: 0.005) {
      var plot = HistogramPlot(
        title: "t", summary: "s", x: PlotAxis(label: "l", scale: .linear([0, 1])),
        groups: [.init(name: "good", values: [0, 1])])
      plot.verticals = [PlotLevel(name: name, value: place)]
      let svg = plot.svg(identifier: "h")
      let x = try #require(strings("//*[@class='note']/@x", in: svg).compactMap(Double.init).first)
      let anchor = try strings("//*[@class='note']/@text-anchor", in: svg).first
      // Measured in a browser at 390 pixels: 9.6 units a letter.
      let room = 9.6 * Double(name.count)
      #expect(anchor == "end" ? x - room >= 0 : x + room <= 480, "\(place): \(x)")
    }
  }
}
