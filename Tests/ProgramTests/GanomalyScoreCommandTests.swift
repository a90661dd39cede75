import Foundation
import GANomalyModel
import Glibc
import Imaging
import Linux
import TestSupport
import Testing

struct GanomalyScoreCommandTests {
  /// One line of JSON results.
  struct Line: Equatable {
    var keys: [String]
    var file: String
    var score: Float?
    var pValue: Double?
    var threshold: Float?
    var verdict: String?
    var reason: String?
    var fileBase64: String?

    /// Reads a line; the keys' order is taken from the text.
    init(_ text: String) throws {
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
      keys = object.keys.sorted { text.range(of: "\"\($0)\":")!.lowerBound < text.range(of: "\"\($1)\":")!.lowerBound }
      file = object["file"] as? String ?? ""
      score = (object["score"] as? NSNumber)?.floatValue
      pValue = (object["p_value"] as? NSNumber)?.doubleValue
      threshold = (object["threshold"] as? NSNumber)?.floatValue
      verdict = object["verdict"] as? String
      reason = object["reason"] as? String
      fileBase64 = object["file_base64"] as? String
    }
  }

  static let keys = ["file", "score", "p_value", "threshold", "verdict", "reason"]

  /// A model calibrated on the scores of noise pictures 0 to 98, and without calibration.
  func writeModels(_ folder: TemporaryFolder) throws -> (calibrated: String, plain: String) {
    var model = SampleModel.make()
    let plain = folder.path("plain.safetensors")
    try model.write(to: plain)
    let lane = Scorer(model: model).makeLane(maximumBatch: 8)
    let scores = lane.scores(of: (0..<99).map { model.preparation.prepare(SamplePicture.noise(seed: $0)) })
    model.calibration = try .fit(scores: scores, falsePositiveRate: 0.2)
    let calibrated = folder.path("calibrated.safetensors")
    try model.write(to: calibrated)
    return (calibrated, plain)
  }

  @Test func `every picture gets one line with six keys in order, sorted by bytes`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    try folder.makeFolder("in/sub")
    for (name, seed) in [("b.png", 1), ("B.PNG", 2), ("a.png", 3), ("sub/c.png", 4), ("sub.png", 5)] {
      try folder.write(SamplePicture.noise(seed: UInt64(seed)), to: "in/\(name)")
    }
    try folder.write(Array("no picture".utf8), to: "in/notes.txt")
    try folder.write(Array("no picture".utf8), to: "in/.hidden.png")
    let run = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "json")
    let lines = try run.lines.map(Line.init)
    #expect(lines.map(\.file) == ["B.PNG", "a.png", "b.png", "sub.png", "sub/c.png"].map { folder.path("in/\($0)") })
    #expect(lines.allSatisfy { $0.keys == Self.keys && $0.reason == nil && $0.score != nil && $0.pValue != nil })
    let isAnyAnomalous = lines.contains { $0.verdict == "anomaly" }
    #expect(run.status == (isAnyAnomalous ? 1 : 0))
  }

  @Test func `scores are the library's to the last bit, in any order, grouping and number of threads`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    try folder.makeFolder("in")
    let loaded = try Model.read(contentsOf: model)
    let lane = Scorer(model: loaded).makeLane(maximumBatch: 1)
    var expected: [String: String] = [:]
    for seed in 0..<40 as Range<UInt64> {
      let picture = SamplePicture.noise(width: 20 + Int(seed), height: 18, seed: seed)
      let path = try folder.write(picture, to: "in/\(seed).png")
      expected[path] = lane.scores(of: [loaded.preparation.prepare(picture)])[0].description
    }
    func scores(_ arguments: [String]) throws -> [String: String] {
      let bytes = (["score", model] + arguments + ["--format", "csv"]).map { Array($0.utf8) }
      let run = try BuiltProgram.ganomaly(bytes: bytes)
      let fields = run.lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      return Dictionary(uniqueKeysWithValues: fields.map { (String($0[0]), String($0[1])) })
    }
    #expect(try scores([folder.path("in")]) == expected)
    #expect(try scores([folder.path("in"), "--threads", "3"]) == expected)
    #expect(try scores(expected.keys.sorted().reversed() + ["--threads", "1"]) == expected)
    let one = folder.path("in/7.png")
    #expect(try scores([one]) == [one: expected[one]!])
  }

  @Test func `verdict, p-value and threshold are the calibration's`() throws {
    let folder = try TemporaryFolder()
    let path = try writeModels(folder).calibrated
    let calibration = try #require(try Model.read(contentsOf: path).calibration)
    try folder.makeFolder("in")
    for seed in 200..<240 as Range<UInt64> { try folder.write(SamplePicture.noise(seed: seed), to: "in/\(seed).png") }
    let run = try BuiltProgram.ganomaly("score", path, folder.path("in"), "--format", "json")
    let lines = try run.lines.map(Line.init)
    #expect(lines.count == 40)
    for line in lines {
      let score = try #require(line.score)
      #expect(line.threshold == calibration.threshold)
      #expect(line.verdict == (calibration.isAnomalous(score) ? "anomaly" : "normal"))
      #expect(line.pValue == calibration.pValue(of: score))
    }
    // 20 % of exchangeable pictures: that none or all of 40 are flagged would be another rule.
    #expect(Set(lines.map(\.verdict)) == ["normal", "anomaly"])
    #expect(run.status == 1)
  }

  @Test func `an uncalibrated model gives scores, nulls, a note and status 0`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).plain
    let picture = try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    let run = try BuiltProgram.ganomaly("score", model, picture, "--format", "json")
    #expect(run.status == 0)
    #expect(run.output.hasSuffix("\"p_value\": null, \"threshold\": null, \"verdict\": null, \"reason\": null}\n"))
    #expect(run.errors.contains("ganomaly calibrate"))
  }

  @Test func `what cannot be scored has a line and a sentence, and the rest is scored`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    try folder.makeFolder("in")
    let good = PNG.encode(SamplePicture.noise(seed: 1))
    var broken = good
    // The last byte of the pixels' checksum: the end chunk has twelve.
    broken[broken.count - 13] ^= 0x55
    let huge = HandmadePNG.file(width: 20_000, height: 20_000, bitDepth: 1, colorType: 0, rows: [0])
    try folder.write([], to: "in/empty.png")
    try folder.write(Array("hello, I am text".utf8), to: "in/text.png")
    try folder.write(broken, to: "in/checksum.png")
    try folder.write(huge, to: "in/huge.png")
    try folder.write(good, to: "in/good.png")
    #expect(symlink("good.png", folder.path("in/link.png")) == 0)
    #expect(symlink("/etc", folder.path("in/elsewhere")) == 0)
    #expect(mkfifo(folder.path("in/pipe.png"), 0o600) == 0)
    #expect(mknod(folder.path("socket.png"), S_IFSOCK | 0o600, 0) == 0)
    #expect(symlink("in/good.png", folder.path("named.png")) == 0)
    let run = try BuiltProgram.ganomaly(
      "score", model, folder.path("in"), folder.path("missing.png"), folder.path("socket.png"),
      folder.path("named.png"), "--format", "json")
    let lines = try run.lines.map(Line.init)
    let verdicts = Dictionary(uniqueKeysWithValues: lines.map { ($0.file.split(separator: "/").last!, $0) })
    let expected: [(Substring, String, String)] = [
      ("empty.png", "unreadable", "empty"), ("text.png", "unreadable", "not a PNG"),
      ("checksum.png", "unreadable", "checksum"), ("huge.png", "unreadable", "20000x20000"),
      ("link.png", "refused", "symbolic link"), ("pipe.png", "refused", "FIFO"),
      ("missing.png", "error", "no such file"), ("socket.png", "refused", "socket"),
    ]
    #expect(lines.count == 10)
    for (name, verdict, word) in expected {
      let line = try #require(verdicts[name])
      #expect(line.keys == Self.keys)
      #expect(line.verdict == verdict, "\(name)")
      #expect(line.score == nil)
      #expect(line.pValue == nil)
      #expect(line.reason?.contains(word) == true, "\(name): \(line.reason ?? "-")")
      #expect(run.errors.contains("/\(name)'"))
    }
    #expect(verdicts["good.png"]?.score != nil)
    // A link that the user named is followed.
    #expect(verdicts["named.png"]?.score == verdicts["good.png"]?.score)
    #expect(run.status == 2)
  }

  @Test func `a picture cut at any of twenty places is unreadable`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    try folder.makeFolder("in")
    let bytes = PNG.encode(SamplePicture.noise(seed: 1))
    for place in 0..<20 { try folder.write(Array(bytes[..<(bytes.count * place / 20)]), to: "in/\(10 + place).png") }
    let run = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "json")
    let lines = try run.lines.map(Line.init)
    #expect(lines.count == 20)
    #expect(lines.allSatisfy { $0.verdict == "unreadable" && $0.reason?.isEmpty == false })
    #expect(run.status == 2)
  }

  @Test func `kinds of PNG with the same pixels have the same score`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).plain
    try folder.makeFolder("in")
    let (black, light): (UInt8, UInt8) = (0, 204)
    let plain = HandmadePNG.file(
      width: 2, height: 2, bitDepth: 8, colorType: 0, rows: [0, black, light, 0, light, black])
    let deep = HandmadePNG.file(
      width: 2, height: 2, bitDepth: 16, colorType: 0, rows: [0, 0, 0, 204, 204, 0, 204, 204, 0, 0])
    // Passes 1, 6 and 7 of Adam7 hold the pixels of a 2x2 picture.
    let interlaced = HandmadePNG.file(
      width: 2, height: 2, bitDepth: 8, colorType: 0, isInterlaced: true,
      rows: [0, black, 0, light, 0, light, black])
    // Palette index 0 is white but wholly transparent: black behind it shows.
    let palette = HandmadePNG.file(
      width: 2, height: 2, bitDepth: 8, colorType: 3, rows: [0, 0, 1, 0, 1, 0],
      chunks: HandmadePNG.chunk("PLTE", [255, 255, 255, 204, 204, 204]) + HandmadePNG.chunk("tRNS", [0]))
    for (name, bytes) in [("plain", plain), ("deep", deep), ("interlaced", interlaced), ("palette", palette)] {
      try folder.write(bytes, to: "in/\(name).png")
    }
    let one = HandmadePNG.file(width: 1, height: 1, bitDepth: 8, colorType: 0, rows: [0, 128])
    try folder.write(one, to: "one.png")
    let run = try BuiltProgram.ganomaly("score", model, folder.path("in"), folder.path("one.png"), "--format", "json")
    let scores = try run.lines.map { try Line($0).score }
    #expect(run.status == 0)
    #expect(scores.count == 5 && !scores.contains(nil))
    #expect(Set(scores.prefix(4)).count == 1)
  }

  @Test func `names with line feeds, quotes and bytes that are not UTF-8 are scored and told apart`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    try folder.makeFolder("in")
    let names: [[UInt8]] = [
      Array("line\nfeed.png".utf8), Array("quote\"and,comma.png".utf8), [0xFF, 0xFE] + Array(".png".utf8),
    ]
    let png = PNG.encode(SamplePicture.noise(seed: 1))
    for name in names { try folder.write(png, to: Array("in/".utf8) + name) }
    let json = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "json")
    let lines = try json.lines.map(Line.init)
    #expect(lines.map(\.file) == names.map { folder.path("in/") + String(decoding: $0, as: UTF8.self) })
    #expect(lines.map { $0.score == nil } == [false, false, false])
    let path = Array(folder.path("in/").utf8) + names[2]
    #expect(lines.map(\.fileBase64) == [nil, nil, Data(path).base64EncodedString()])
    let csv = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "csv")
    #expect(csv.output.contains("\"\(folder.path("in"))/quote\"\"and,comma.png\","))
    let table = try BuiltProgram.ganomaly("score", model, folder.path("in"))
    #expect(table.lines.count == 4)
    // Given on the command line as well: the argument's own bytes open the file.
    let argument = try BuiltProgram.ganomaly(
      bytes: ["score", model].map { Array($0.utf8) } + [path] + ["--format", "json"].map { Array($0.utf8) })
    #expect(try argument.lines.map(Line.init).map(\.fileBase64) == [Data(path).base64EncodedString()])
    #expect(argument.status != 2)
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything"))
  func `a file that may not be read is an error`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    let picture = try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    #expect(chmod(picture, 0) == 0)
    let run = try BuiltProgram.ganomaly("score", model, picture, "--format", "json")
    let line = try Line(try #require(run.lines.first))
    #expect(line.verdict == "error")
    #expect(line.reason == "permission denied")
    #expect(run.status == 2)
  }

  @Test func `folders that are missing or hold no pictures end with status 2 and a sentence`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    let empty = try BuiltProgram.ganomaly("score", model, try folder.makeFolder("empty"))
    #expect(empty.status == 2)
    #expect(empty.errors == "ganomaly: no pictures (*.png) found below '\(folder.path("empty"))'\n")
    let picture = try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    let both = try BuiltProgram.ganomaly("score", model, folder.path("empty"), picture, "--format", "json")
    #expect(both.lines.count == 1)
    #expect(both.status != 2)
    #expect(both.errors.contains("note: no pictures (*.png) found below '\(folder.path("empty"))'"))
    let missing = try BuiltProgram.ganomaly("score", model, folder.path("missing"))
    #expect(missing.status == 2)
    #expect(missing.errors.contains("no such file or directory"))
  }

  @Test func `results are the same in every run`() throws {
    let folder = try TemporaryFolder()
    let model = try writeModels(folder).calibrated
    try folder.makeFolder("in")
    for seed in 0..<20 as Range<UInt64> { try folder.write(SamplePicture.noise(seed: seed), to: "in/\(seed).png") }
    let first = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "json", "--threads", "2")
    let second = try BuiltProgram.ganomaly("score", model, folder.path("in"), "--format", "json", "--threads", "5")
    #expect(first.output == second.output)
    #expect(!first.output.isEmpty)
  }
}
