import Foundation
import GANomalyModel
import Imaging
import Inspection
import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("models that look at windows: daemon, lists, maps, reports") struct GanomalydWindowTests {
  /// A spool whose model looks at windows, with pictures beside it.
  private struct Bench {
    let spool: TestSpool
    let model: Model
    let pictures: String

    init(_ windows: WindowPlan = WindowPlan(stride: 8)) throws {
      spool = try TestSpool(withModel: false)
      model = try WindowedModel.make(windows)
      try model.write(to: spool.modelPath)
      pictures = spool.folder.path + "/pictures"
      try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
      for number in 0..<10 {
        try Data(PNG.encode(WindowedModel.picture(number))).write(to: URL(filePath: "\(pictures)/\(number).png"))
      }
    }

    func isAnomalous(_ number: Int) throws -> Bool {
      try #require(model.calibration).isAnomalous(try WindowedModel.score(number, model))
    }

    /// The boxes that a picture must have; none where it is normal.
    func boxes(_ number: Int) throws -> [PixelBox] {
      let explained = try WindowedModel.explained(number, model)
      let geometry = try model.preparation.geometry(width: 70, height: 52)
      let threshold = try #require(model.calibration?.threshold)
      return try geometry.boxes(of: #require(explained.map), above: threshold)
    }
  }

  private func objects(_ run: BuiltProgram.Run) throws -> [[String: Any]] {
    try run.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
  }

  private func boxes(_ value: Any?) throws -> [PixelBox] {
    try #require(value as? [[String: Int]]).map {
      PixelBox(x: $0["x"] ?? -1, y: $0["y"] ?? -1, width: $0["width"] ?? 0, height: $0["height"] ?? 0)
    }
  }

  @Test func `what is dropped is scored by windows; an anomaly has boxes everywhere, and an overlay`() throws {
    let bench = try Bench()
    let spool = bench.spool
    let daemon = try spool.start()
    #expect(daemon.output.contains("windows of pictures at scale 1.0, stride 8"), "\(daemon.output)")
    for number in 0..<10 {
      try FileManager.default.copyItem(
        atPath: "\(bench.pictures)/\(number).png", toPath: "\(spool.incoming)/\(number).png")
    }
    try Data(PNG.encode(Image(width: 15, height: 99, channelCount: 1, level: 5)))
      .write(to: URL(filePath: spool.incoming + "/small.png"))
    try eventually("11 records: \(daemon.output)") {
      let records = spool.records()
      return records.count == 11 && records.allSatisfy { $0.state == .done }
    }
    #expect(daemon.stop() == 0)

    let small = try #require(spool.records(of: "small.png").first)
    #expect(small.verdict == .unreadable && small.reason == "wrong-size" && small.action == .rejected)
    #expect(daemon.output.contains("wrong-size: the picture has 15x99 pixels"), "\(daemon.output)")
    var anomalies: [Int] = []
    for number in 0..<10 {
      let record = try #require(spool.records(of: "\(number).png").first)
      let (score, boxes) = (try WindowedModel.score(number, bench.model), try bench.boxes(number))
      #expect(record.score == score && record.regions == boxes && record.width == 70 && record.height == 52)
      guard try bench.isAnomalous(number) else {
        #expect(record.verdict == .normal && boxes.isEmpty)
        continue
      }
      anomalies.append(number)
      #expect(record.verdict == .anomaly && record.action == .quarantined && !boxes.isEmpty)
      #expect(daemon.output.contains("at \(boxes[0].text)"), "\(daemon.output)")
      let path = try spool.quarantine + "/\(#require(record.destination))"
      let sidecar = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path + ".json")))
      #expect(try self.boxes((sidecar as? [String: Any])?["regions"]) == boxes)
      let view = try PNG.decode(Array(Data(contentsOf: URL(filePath: path + ".view.png")))).image
      #expect(view.channelCount == 3 && view.width >= 500)
    }
    #expect(anomalies.count == 5)

    func run(_ arguments: String...) throws -> BuiltProgram.Run {
      try BuiltProgram.ganomaly(arguments + ["--spool", spool.spool], environment: [:])
    }
    let history = try objects(run("history", "--format", "json"))
    for row in history {
      let number = (row["file"] as? String).flatMap { Int($0.split(separator: "/").last?.dropLast(4) ?? "") }
      #expect(try boxes(row["regions"]) == (try number.map(bench.boxes) ?? []))
    }
    let csv = try run("history", "--format", "csv", "--verdict", "anomaly")
    #expect(csv.lines[0].contains(",reason,regions,detail,"))
    let first = try bench.boxes(anomalies[0])
    #expect(csv.output.contains(first.map(\.text).joined(separator: " ")), "\(csv.output)")
    let list = try run("quarantine", "list")
    #expect(list.lines[0].contains("WHERE") && list.lines.count == 6)
    #expect(list.output.contains(first[0].text), "\(list.output)")
    let shown = try run("quarantine", "show", "\(anomalies[0]).png")
    #expect(shown.output.contains("regions         \(first.map(\.text).joined(separator: " "))"), "\(shown.output)")
    #expect(shown.output.contains(".view.png"), "\(shown.output)")
  }

  @Test func `a check tells what memory the largest picture takes in a lane`() throws {
    let bench = try Bench()
    let checked = try BuiltProgram.start(
      "ganomalyd", "--check", "--spool", bench.spool.spool, "--model", bench.spool.modelPath, "--maximum-pixels",
      "10 million"
    ).finish()
    #expect(checked.status == 0, "\(checked)")
    // 256 MiB for the file, three bytes for each of ten million pixels, and three for plane and maps.
    #expect(
      (checked.output + checked.errors).contains("each with up to 313 MiB for a picture of the largest size"),
      "\(checked)")
  }

  @Test func `score --save-map gives overlays and the daemon's boxes, whatever the format`() throws {
    let bench = try Bench()
    let folder = bench.spool.folder.path
    let plain = try BuiltProgram.ganomaly("score", bench.spool.modelPath, bench.pictures, "--format", "json")
    #expect(plain.status == 1)
    for format in ["json", "csv", "table"] {
      let out = "\(folder)/where-\(format)"
      let run = try BuiltProgram.ganomaly(
        "score", bench.spool.modelPath, bench.pictures, "--format", format, "--save-map", out, "--threads", "2")
      #expect(run.status == 1, "\(run)")
      let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
      #expect(names == (0..<10).map { "\($0).png.map.png" })
      for name in names {
        let image = try PNG.decode(Array(Data(contentsOf: URL(filePath: "\(out)/\(name)")))).image
        #expect(image.channelCount == 3 && image.width >= 500)
      }
      if format == "csv" { #expect(run.lines[0].hasSuffix(",file_base64,regions,map"), "\(run.lines[0])") }
      guard format == "json" else { continue }
      for (number, (line, without)) in zip(try objects(run), try objects(plain)).enumerated() {
        #expect(try boxes(line["regions"]) == bench.boxes(number))
        #expect(line["map"] as? String == "\(out)/\(number).png.map.png")
        var rest = line
        (rest["regions"], rest["map"]) = (nil, nil)
        #expect(NSDictionary(dictionary: rest) == NSDictionary(dictionary: without))
      }
    }
    // Both at once in one folder, whose side pictures are no pictures of it.
    let both = try BuiltProgram.ganomaly(
      "score", bench.spool.modelPath, bench.pictures, "--save-map", bench.pictures, "--save-difference",
      bench.pictures)
    #expect(both.status == 1, "\(both)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: bench.pictures).count == 30)
    let again = try BuiltProgram.ganomaly("score", bench.spool.modelPath, bench.pictures, "--format", "json")
    #expect(again.lines == plain.lines)
    #expect(again.errors.contains("20 side pictures"), "\(again.errors)")
  }

  @Test func `a whole picture's map has boxes in the file's pixels, and an uncalibrated model none`() throws {
    let folder = try TemporaryFolder()
    var model = SampleModel.make()
    let picture = SamplePicture.noise(width: 40, height: 30, seed: 3)
    let path = try folder.write(picture, to: "a.png")
    try model.write(to: folder.path("m"))
    let plain = try objects(
      BuiltProgram.ganomaly("score", folder.path("m"), path, "--format", "json", "--save-map", folder.path("w")))
    #expect(plain[0]["regions"] is NSNull && (plain[0]["map"] as? String) != nil)
    let score = try #require(plain[0]["score"] as? Double)
    model.calibration = try Calibration.manual(threshold: Float(score / 2))
    try model.write(to: folder.path("m"))
    let found = try objects(
      BuiltProgram.ganomaly("score", folder.path("m"), path, "--format", "json", "--save-map", folder.path("w")))
    let boxes = try boxes(found[0]["regions"])
    #expect(!boxes.isEmpty && boxes.count <= 16)
    #expect(boxes.allSatisfy { $0.x + $0.width <= 40 && $0.y + $0.height <= 30 })
  }

  @Test func `the report of an evaluation shows where large pictures are suspicious`() throws {
    let bench = try Bench()
    let folder = bench.spool.folder.path
    for (name, wanted) in [("good", false), ("bad", true)] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      for number in 0..<10 where try bench.isAnomalous(number) == wanted {
        try FileManager.default.copyItem(
          atPath: "\(bench.pictures)/\(number).png", toPath: "\(folder)/\(name)/\(number).png")
      }
    }
    let run = try BuiltProgram.ganomaly(
      "evaluate", bench.spool.modelPath, "--normal", "\(folder)/good", "--anomalous", "\(folder)/bad", "--report",
      "\(folder)/report.html")
    #expect(run.status == 0, "\(run)")
    let html = try String(contentsOfFile: "\(folder)/report.html", encoding: .utf8)
    #expect(html.components(separatedBy: "alt=\"where it is suspicious\"").count > 4)
    #expect(html.contains("scale of the heat") && html.contains("a box around every region above the threshold"))
  }
}
