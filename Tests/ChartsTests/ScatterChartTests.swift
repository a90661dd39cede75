import Charts
import Foundation
import FoundationXML
import Testing

@Suite struct ScatterChartTests {
  @Test func `a chart is well-formed XML with a mark for every finite value and one in the legend`() throws {
    let chart = ScatterChart(
      title: "a < b & c", valueLabel: "score",
      series: [.init(name: "normal", values: [0.1, 0.2, .nan]), .init(name: "odd & even", values: [0.9])],
      level: ("threshold", 0.5))
    let document = try XMLDocument(xmlString: chart.svg)
    #expect(try document.nodes(forXPath: "//*[local-name()='circle']").count == 2 + 1)
    #expect(try document.nodes(forXPath: "//*[local-name()='g'][2]/*").count == 1 + 1)
    let texts = try document.nodes(forXPath: "//*[local-name()='text']").compactMap(\.stringValue)
    #expect(texts.contains("a < b & c") && texts.contains("odd & even (1)") && texts.contains("threshold"))
    #expect(texts.contains("0.0") && texts.contains("1.0"), "ticks enclose the values: \(texts)")
  }

  @Test func `higher values stand higher`() throws {
    let chart = ScatterChart(title: "t", valueLabel: "v", series: [.init(name: "s", values: [1, 3, 2])])
    // The document owns its nodes and must live as long as they are looked at.
    let document = try XMLDocument(xmlString: chart.svg)
    let heights = try document.nodes(forXPath: "//*[local-name()='circle']/@cy").dropFirst()
      .compactMap { $0.stringValue.flatMap(Double.init) }
    withExtendedLifetime(document) {}
    #expect(heights.count == 3 && heights[1] < heights[2] && heights[2] < heights[0], "\(heights)")
  }

  @Test(arguments: [[], [0], [7, 7, 7], [.infinity], [-3, 2], [1e-9, 2e-9], [3e8]] as [[Float]])
  func `any values give a chart without coordinates that are no numbers`(values: [Float]) throws {
    let chart = ScatterChart(title: "t", valueLabel: "v", series: [.init(name: "s", values: values)])
    #expect(throws: Never.self) { try XMLDocument(xmlString: chart.svg) }
    #expect(!chart.svg.contains("nan") && !chart.svg.contains("inf"))
  }
}
