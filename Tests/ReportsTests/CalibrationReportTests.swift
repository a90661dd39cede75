import Charts
import Evaluation
import Foundation
import FoundationXML
import GANomalyModel
import Imaging
import Linux
import Reports
import TestSupport
import Testing

/// What reports say of calibrations and of their promises.
@Suite struct CalibrationReportTests {
  private func html(
    _ calibration: Calibration, pictures: [EvaluatedPicture] = []
  ) throws -> String {
    var model = ReportSample.model()
    model.calibration = calibration
    let document = CalibrationDocument(
      model: model, modelName: "m", sha256: nil, calibration: calibration, pictures: pictures, program: "p")
    let html = String(decoding: document.document.html, as: UTF8.self)
    #expect(throws: Never.self) { try XMLDocument(xmlString: html) }
    return html
  }

  @Test(arguments: [
    (0.05, "fact good", "keeps to it"), (0.12, "fact plain", "is above it"), (0.4, "fact bad", "more than"),
  ])
  func `a promise is kept, above what was promised by chance, or broken`(
    share: Double, mood: String, words: String
  ) throws {
    var model = ReportSample.model()
    model.calibration = try .fit(scores: (1...40).map { Float($0) / 41 }, falsePositiveRate: 0.1)
    let threshold = try #require(model.calibration?.threshold)
    let normal = (0..<1000).map { Double($0) < 1000 * share ? threshold + 0.01 : threshold - 0.01 }
    let text = String(decoding: ReportSample.evaluation(normal: normal, model: model).document.html, as: UTF8.self)
    let parsed = try XMLDocument(xmlString: text)
    defer { withExtendedLifetime(parsed) {} }
    let facts = try parsed.nodes(forXPath: "//*[contains(@class, 'fact')][contains(., 'False alarms')]")
      .compactMap { try $0.nodes(forXPath: "@class").first?.stringValue }
    #expect(facts.contains { "\($0)\"".contains(mood) }, "\(facts)")
    #expect(text.contains(words))
    #expect(text.contains("more than chance explains") == (share == 0.4))
    #expect(text.contains("with a chance of") == (share > 0.1))
  }

  @Test func `a fitted tail is told with all that it was made of`() throws {
    let scores = (0..<600).map { Float($0) * Float($0) / 360_000 }
    let calibration = try Calibration.fit(.pot(rate: 0.001), to: CalibrationSet(normal: scores))
    let tail = try #require(calibration.tail)
    let text = try html(calibration)
    for words in [
      "Aimed at", "0.10\u{A0}%", "\(tail.excessCount) of 600 scores above \(tail.level)", "the quantile 0.98",
      "shape \(MarkupText.short(tail.shape))", "scale \(MarkupText.short(tail.scale))", "promises no rate",
      "of the good ones",
    ] {
      #expect(text.contains(words), "\(words)")
    }
  }

  @Test func `labelled thresholds are told with their counts, costs and what they reached, both classes drawn`() throws
  {
    let set = CalibrationSet(
      normal: (0..<50).map { Float($0) / 50 }, anomalous: (0..<20).map { Float($0) / 20 + 0.7 })
    for rule in [CalibrationRule.f1, .youden(costs: .init(falseAlarm: 2, miss: 3))] {
      let calibration = try Calibration.fit(rule, to: set)
      let reached = try #require(calibration.reached)
      let text = try html(calibration)
      let found = calibration.anomalousScores.count(where: calibration.isAnomalous)
      for words in [
        "50 good and 20 anomalous pictures", NumberText.fixed(reached, digits: 4), "anomalous (20)", "good (50)",
        "Those of anomalous pictures reach from", "\(calibration.flaggedCount) of 50", "\(found) of 20",
        rule == .f1 ? "Best F1" : "cost of a miss 3.0, of a false alarm 2.0",
      ] {
        #expect(text.contains(words), "\(rule): \(words)")
      }
    }
  }

  @Test func `with a confidence the caption gives its own reason`() throws {
    let scores = (1...100).map { Float($0) / 100 }
    let sure = try html(.fit(.conformal(rate: 0.1, confidence: 0.95), to: CalibrationSet(normal: scores)))
    #expect(!sure.contains("that is what makes the promise") && sure.contains("keep to that with 95.00"))
    #expect(try html(.fit(scores: scores, falsePositiveRate: 0.1)).contains("that is what makes the promise"))
  }

  @Test func `of very many pictures the report says which are points`() throws {
    let scores = (0..<3001).map { Float($0) / 3001 }
    let pictures = scores.enumerated().map { EvaluatedPicture(path: BytePath("\($0).png"), score: $1) }
    let few = try html(.fit(scores: scores, falsePositiveRate: 0.5), pictures: pictures)
    #expect(few.contains("Every picture&#39;s score is a point."))
    let many = try html(.fit(scores: scores, falsePositiveRate: 0.001), pictures: pictures + pictures)
    #expect(!many.contains("Every picture&#39;s") && many.contains("every 2nd one is drawn, the highest and the last"))
    var evaluation = ReportSample.evaluation()
    evaluation.normal = pictures
    let text = String(decoding: evaluation.document.html, as: UTF8.self)
    #expect(text.contains("Of the 3001 good pictures every 2nd one is drawn") && text.contains("of the others all."))
    #expect(!text.contains("about 3000 points"))
  }

  @Test(
    arguments: [
      (Int64.min, Int64.max), (-9_223_372_035_000_000_000, 9_223_372_035_000_000_000), (0, Int64.max),
      (-1, 1_000_000_000_000), (9_223_372_000_000_000_000, Int64.max), (0, Int64.max - 1_000_000_000),
    ] as [(Int64, Int64)])
  func `times of files out of all bounds are no axis, and no crash`(first: Int64, last: Int64) throws {
    var report = ReportSample.evaluation()
    let step = (last / 2 - first / 2) / 100
    for place in report.normal.indices { report.normal[place].modified = first / 2 + Int64(min(place, 99)) * step }
    for place in report.anomalous.indices { report.anomalous[place].modified = first / 2 + Int64(place) * step + 1 }
    report.normal[0].modified = first
    report.normal[1].modified = last
    let html = String(decoding: report.document.html, as: UTF8.self)
    let tells = first >= 0 && last <= Int64.max - 1_000_000_000
    #expect(html.contains("their times do not tell") == !tells)
    #expect(html.contains("In the order of the files&#39; times") == tells)
  }
}
