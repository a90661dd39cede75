import Foundation
import FoundationXML
import GANomalyModel
import Imaging
import Linux
import Reports
import TestSupport
import Testing

/// What every report must be, whatever it reports.
@Suite struct ReportDocumentTests {
  /// Checks that a report is well-formed and needs nothing else, and returns it as text.
  @discardableResult
  private func checked(_ document: ReportDocument, _ place: SourceLocation = #_sourceLocation) throws -> String {
    let html = String(decoding: document.html, as: UTF8.self)
    #expect(throws: Never.self, sourceLocation: place) { try XMLDocument(xmlString: html) }
    #expect(!html.contains("{{") && !html.contains("nan\""), sourceLocation: place)
    let parsed = try XMLDocument(xmlString: html)
    defer { withExtendedLifetime(parsed) {} }
    let elements = Set(try parsed.nodes(forXPath: "//*").compactMap(\.name))
    #expect(elements.isDisjoint(with: ["script", "iframe", "object", "embed", "form"]), sourceLocation: place)
    for node in try parsed.nodes(forXPath: "//@*") {
      let (name, value) = (node.name ?? "", node.stringValue ?? "")
      #expect(!name.hasPrefix("on") && name != "style", "\(name)", sourceLocation: place)
      if ["src", "href", "xlink:href", "action", "srcset"].contains(name) {
        #expect(value.hasPrefix("data:"), "\(name)=\(value)", sourceLocation: place)
      }
    }
    let style = try parsed.nodes(forXPath: "//*[local-name()='style']").compactMap(\.stringValue).joined()
    #expect(!style.contains("url(") && !style.contains("@import"), sourceLocation: place)
    let identifiers = try parsed.nodes(forXPath: "//@id").compactMap(\.stringValue)
    #expect(Set(identifiers).count == identifiers.count, "each id once", sourceLocation: place)
    for path in ["//*[local-name()='img'][not(@alt)]", "//*[local-name()='svg'][not(@aria-labelledby)]"] {
      #expect(try parsed.nodes(forXPath: path).isEmpty, "\(path)", sourceLocation: place)
    }
    return html
  }

  /// The texts of elements of a class.
  private func texts(_ path: String, in html: String) throws -> [String] {
    let parsed = try XMLDocument(xmlString: html)
    defer { withExtendedLifetime(parsed) {} }
    return try parsed.nodes(forXPath: path).compactMap(\.stringValue)
  }

  @Test func `the report of an evaluation has everything that it promises`() throws {
    let html = try checked(ReportSample.evaluation().document)
    for words in [
      "False alarms", "Anomalies found", "95\u{A0}% interval", "In the long run",
      "The calibration promised at most 5.00\u{A0}%",
      "Scores of both classes", "Receiver operating characteristic", "Precision and recall", "Kinds of anomaly",
      "called anomalous", "How well good pictures are drawn", "Scores one after the other", "Wrongly judged pictures",
      "All pictures, highest score first (200)", "The p-value of a score", "digest of the training set",
    ] {
      #expect(html.contains(words), "\(words)")
    }
    // Six most and six least suspicious pictures of either class, three views each, and the scale.
    #expect(try texts("//*[local-name()='img']/@src", in: html).count == 4 * 6 * 3 + 1)
    #expect(try texts("//*[local-name()='svg']", in: html).count == 8)
    let labels = try texts("//*[local-name()='text'][@class='label']", in: html)
    #expect(labels.count == 16 && labels.allSatisfy { !$0.isEmpty })
    #expect(try texts("//*[local-name()='th'][not(@scope)]", in: html).isEmpty)
  }

  @Test func `the policy lets a browser take the style and nothing else`() throws {
    let html = try checked(ReportSample.evaluation().document)
    let policy = try texts("//*[local-name()='meta'][@http-equiv]/@content", in: html)
    #expect(policy.count == 1 && policy[0].hasPrefix("default-src 'none'; style-src 'sha256-"))
    #expect(!policy[0].contains("unsafe") && policy[0].contains("img-src data:"))
    let digest = policy[0].components(separatedBy: "'").first { $0.hasPrefix("sha256-") } ?? ""
    // Of the very text between the tags: a browser would refuse another one.
    let start = try #require(html.range(of: "<style>"))
    let end = try #require(html.range(of: "</style>"))
    let style = Array(html[start.upperBound..<end.lowerBound].utf8)
    #expect(digest == (try StyleDigest.text(of: style)))
    #expect(html.hasPrefix("<!DOCTYPE html>"))
  }

  @Test func `the same results give the same bytes`() {
    #expect(ReportSample.evaluation().document.html == ReportSample.evaluation().document.html)
    #expect(
      ReportSample.evaluation().document.html
        != ReportSample.evaluation(anomalous: ReportSample.scores(80, seed: 3)).document.html)
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\" onerror=\"alert(1)", "\"\u{301} onerror=\u{22}alert(1)", "' onload='x",
    "</style><script>", "{{title}}{{{style}}}", "a\u{202E}gpj.exe", "&lt;b&gt;", "\u{0}\u{8}\u{1F}", "]]>", "<!--",
    "--><b>",
    "x\n<h1>y</h1>", String(repeating: "long", count: 60),
  ])
  func `names of any kind are text and nothing else`(name: String) throws {
    var model = ReportSample.model()
    model.trainingRecord?.options = [name: name]
    model.trainingRecord?.setDigest = name
    model.calibration = try .fit(
      scores: ReportSample.scores(200, seed: 5), falsePositiveRate: 0.05, setDigest: name, date: name)
    var report = ReportSample.evaluation(
      model: model, normalName: "good/\(name)", anomalousName: "bad/\(name)", kind: name, modelName: name)
    report.notes = [name]
    report.csvName = name
    report.program = name
    report.normal[0].shown = .missing(name)
    let documents = [
      report.document,
      CalibrationDocument(
        model: model, modelName: name, sha256: name, calibration: try #require(model.calibration),
        pictures: report.normal, notes: [name], program: name
      ).document,
      TrainingDocument(model: model, modelName: name, sha256: name, notes: [name], program: name).document,
    ]
    for document in documents {
      let html = String(decoding: document.html, as: UTF8.self)
      if name.contains("{{") {
        #expect(throws: Never.self) { try XMLDocument(xmlString: html) }
        #expect(html.contains("<h1>{{title}}"), "not a template a second time")
      } else {
        try checked(document)
      }
      #expect(!html.unicodeScalars.contains("\u{202E}"))
      #expect(try texts("//*[local-name()='b' or local-name()='script']", in: html).isEmpty)
      #expect(try texts("//*[local-name()='h1']", in: html).count == 1)
    }
  }

  @Test func `a name that is not UTF-8 shows its bytes`() throws {
    var report = ReportSample.evaluation()
    report.normal[0].path = BytePath(bytes: Array("good/".utf8) + [0xFF, 0xC0] + Array(".png".utf8))
    #expect(try checked(report.document).contains("good/\\xFF\\xC0.png"))
  }

  @Test(arguments: [true, false], [0, 1, 3])
  func `few scores, equal scores and none at all give a report`(calibrated: Bool, count: Int) throws {
    let model = ReportSample.model(rounds: count, calibrated: calibrated)
    let constant = [Float](repeating: 0.5, count: count)
    for (normal, anomalous) in [
      (constant, constant), (constant, []), ([], constant), ([0.25], constant + [1e30]), ([-3, 0, 2], [0, 1e-30]),
    ] {
      let html = try checked(
        ReportSample.evaluation(normal: normal, anomalous: anomalous, model: model, kind: count == 1 ? nil : "k")
          .document)
      #expect(html.contains("is not calibrated") != calibrated)
      #expect(html.contains("both classes are needed") == (normal.isEmpty || anomalous.isEmpty))
    }
  }

  @Test func `a model of which little is known gives reports`() throws {
    var bare = SampleModel.make()
    try checked(ReportSample.evaluation(model: bare, kind: nil).document)
    try checked(TrainingDocument(model: bare, modelName: "m", sha256: nil, program: "p").document)
    let manual = try Calibration.manual(threshold: -1)
    bare.calibration = manual
    let html = try checked(
      CalibrationDocument(
        model: bare, modelName: "m", sha256: nil, calibration: manual, pictures: [], program: "p"
      ).document)
    #expect(html.contains("promises no rate") && html.contains("there are no p-values"))
  }

  @Test func `a long table ends, and says where the rest is`() throws {
    let normal = ReportSample.scores(2500, seed: 1)
    var report = ReportSample.evaluation(normal: normal)
    #expect(try checked(report.document).contains("All 2580 are written to a file by"))
    report.csvName = "all.csv"
    let html = try checked(report.document)
    #expect(html.contains("the first 1000 of 2580") && html.contains("All 2580 are in &#39;all.csv&#39;."))
    #expect(report.document.html.count < 1_500_000)
  }

  @Test func `more false alarms than promised are called so`() throws {
    // A twentieth was promised, and all are flagged.
    let html = try checked(ReportSample.evaluation(normal: ReportSample.scores(100, seed: 4, plus: 1)).document)
    #expect(html.contains("more than chance explains") && html.contains("class=\"fact bad\""))
    let sound = try checked(ReportSample.evaluation().document)
    #expect(sound.contains("does not contradict it") && !sound.contains("class=\"fact bad\""))
  }

  @Test func `times of files are an axis where they tell something`() throws {
    var report = ReportSample.evaluation()
    #expect(try checked(report.document).contains("because their times do not tell"))
    report.normal = ReportSample.pictures(ReportSample.scores(120, seed: 1), name: "n", stepNanoseconds: 60_000_000_000)
    report.anomalous = ReportSample.pictures(
      ReportSample.scores(80, seed: 2), name: "a", stepNanoseconds: 61_000_000_000)
    let html = try checked(report.document)
    #expect(html.contains("In the order of the files") && html.contains("time of the file, UTC, from 2025-10-09"))
    report.normal[5].modified = nil
    #expect(try checked(report.document).contains("because their times do not tell"))
  }

  @Test func `large pictures are shrunk, their differences kept`() throws {
    var report = ReportSample.evaluation()
    var samples = [UInt8](repeating: 0, count: 512 * 512)
    samples[512 * 256 + 256] = 255
    let spot = Image(width: 512, height: 512, channelCount: 1, samples: samples)
    for place in report.normal.indices where report.normal[place].shown != nil {
      report.normal[place].shown = .views(
        PictureViews(original: spot, reconstruction: Image(width: 512, height: 512, channelCount: 1, level: 0)))
    }
    let html = try checked(report.document)
    #expect(html.contains("width=\"128\" height=\"128\" alt=\"original\""))
    #expect(!html.contains("width=\"512\""))
    let sources = try texts("//*[local-name()='img'][@width='128'][@alt='difference']/@src", in: html)
    let bytes = Array(try #require(Data(base64Encoded: String(sources[0].dropFirst("data:image/png;base64,".count)))))
    let map = try PNG.decode(bytes).image
    let brightest = map.samples.max() ?? 0
    #expect(
      brightest > 200 && map.samples.count { $0 == brightest } <= 3, "one pixel of a quarter of a million is seen")
  }
}

@Suite struct PictureChoiceTests {
  @Test func `the most and the least suspicious, none of them twice`() {
    #expect(PictureChoice(scores: [3, 1, 2, 5, 4], count: 2).most == [3, 4])
    #expect(PictureChoice(scores: [3, 1, 2, 5, 4], count: 2).least == [1, 2])
    #expect(PictureChoice(scores: [3, 1, 2], count: 2).places == [0, 2, 1])
    #expect(PictureChoice(scores: [1, 1, 1, 1], count: 2).places == [0, 1, 2, 3])
    #expect(PictureChoice(scores: [], count: 2).places == [])
  }
}
