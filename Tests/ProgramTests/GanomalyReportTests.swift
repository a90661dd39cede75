import Foundation
import FoundationXML
import GANomalyModel
import Glibc
import Imaging
import Linux
import TestSupport
import Testing

/// Reports and tables that commands write into files.
struct GanomalyReportTests {
  /// A model, 30 normal pictures and anomalous ones of two kinds, one of them below the folder itself.
  private struct Bench {
    let folder: TemporaryFolder
    let model: String
    let normal: String
    let anomalous: String

    init(calibrated: Bool = true) throws {
      folder = try TemporaryFolder()
      let held = ReportSeeds.held
      let path = try SampleFiles.writeModel(to: folder)
      if calibrated {
        var model = try Model.read(contentsOf: path)
        model.calibration = try .fit(scores: SampleFiles.scores(held, model: path), falsePositiveRate: 0.1)
        try model.write(to: path)
      }
      model = path
      normal = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
      try SampleFiles.writePictures(100..<108, to: "bad/crack", in: folder)
      try SampleFiles.writePictures(108..<114, to: "bad/stain", in: folder)
      anomalous = folder.path("bad")
      try folder.write(SamplePicture.noise(seed: 200), to: "bad/other.png")
    }

    func evaluate(_ arguments: String...) throws -> BuiltProgram.Run {
      try BuiltProgram.ganomaly(
        bytes: (["evaluate", model, "--normal", normal, "--anomalous", anomalous] + arguments).map { Array($0.utf8) })
    }
  }

  /// Seeds of pictures that belong to the calibration alone.
  private enum ReportSeeds {
    static let held: Range<UInt64> = 300..<360
  }

  private func html(_ path: String) throws -> String {
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    #expect(throws: Never.self, "\(path) is well-formed") { try XMLDocument(xmlString: text) }
    #expect(!text.contains("http://www.w3.org/1999/xlink") && !text.contains("src=\"http"))
    return text
  }

  @Test func `evaluate writes a report and a table of every picture, with kinds`() throws {
    let bench = try Bench()
    let (report, table) = (bench.folder.path("r.html"), bench.folder.path("t.csv"))
    let run = try bench.evaluate("--report", report, "--csv", table)
    #expect(run.status == 0, "\(run.errors)")
    let text = try html(report)
    for words in ["False alarms", "Kinds of anomaly", ">crack<", ">stain<", "model.safetensors", "bad/other.png"] {
      #expect(text.contains(words), "\(words)")
    }
    let lines = String(decoding: try Data(contentsOf: URL(filePath: table)), as: UTF8.self)
      .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    #expect(
      lines[0] == [
        "file", "class", "kind", "score", "p_value", "threshold", "verdict", "correct", "reason", "file_base64",
      ])
    #expect(lines.count == 1 + 30 + 15 && lines.allSatisfy { $0.count == 10 })
    #expect(lines.count { $0[1] == "anomalous" && $0[2] == "crack" } == 8)
    #expect(lines.count { $0[1] == "anomalous" && $0[2] == "" } == 1)
    let model = try Model.read(contentsOf: bench.model)
    let scores = try SampleFiles.scores(0..<30, model: bench.model)
    for (line, score) in zip(lines[1...30], scores) {
      #expect(line[3] == score.description && Float(line[5]) == model.calibration?.threshold)
      #expect(Double(line[4]) == model.calibration?.pValue(of: score))
      let isAnomalous = model.calibration?.isAnomalous(score) == true
      #expect(line[6] == (isAnomalous ? "anomaly" : "normal") && line[7] == (isAnomalous ? "false" : "true"))
    }
    // Again: the same bytes, over the files that are there.
    let before = try [report, table].map { try Data(contentsOf: URL(filePath: $0)) }
    #expect(try bench.evaluate("--report", report, "--csv", table).status == 0)
    #expect(try [report, table].map { try Data(contentsOf: URL(filePath: $0)) } == before)
  }

  @Test func `intervals and kinds are in JSON, table and CSV`() throws {
    let bench = try Bench()
    let run = try bench.evaluate("--format", "json")
    let object = try #require(JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    for key in ["auroc", "false_positive", "detection"] {
      let interval = try #require(object["\(key)_interval"] as? [Double])
      let value = try #require(object[key == "auroc" ? key : "\(key)_rate"] as? Double)
      #expect(interval.count == 2 && interval[0] <= value && value <= interval[1], "\(key)")
    }
    let kinds = try #require(object["kinds"] as? [String: [String: Any]])
    #expect(kinds.mapValues { $0["anomalous"] as? Int } == ["crack": 8, "stain": 6])
    #expect((kinds["crack"]?["detection_interval"] as? [Double])?.count == 2)
    let table = try bench.evaluate()
    #expect(table.output.contains("KIND") && table.output.contains("crack") && table.output.contains("95 % interval"))
    let csv = try bench.evaluate("--format", "csv").lines
    #expect(csv.count == 4 && csv[0].hasPrefix("kind,normal,anomalous,auroc,auroc_low,auroc_high,"))
    #expect(csv[1].hasPrefix(",30,15,") && csv[2].hasPrefix("crack,30,8,") && csv[3].hasPrefix("stain,30,6,"))
  }

  @Test func `an uncalibrated model has a report without verdicts`() throws {
    let bench = try Bench(calibrated: false)
    let report = bench.folder.path("r.html")
    let run = try bench.evaluate("--report", report, "--csv", bench.folder.path("t.csv"))
    #expect(run.status == 0)
    #expect(try html(report).contains("is not calibrated"))
    let lines = String(decoding: try bench.folder.bytes(of: "t.csv"), as: UTF8.self).split(separator: "\n")
    #expect(lines[1].hasSuffix(",,,,,,"), "\(lines[1])")
  }

  @Test func `the table names what has no score, before the set is refused`() throws {
    let bench = try Bench()
    try bench.folder.write(Array("text".utf8), to: "good/broken.png")
    let (report, table) = (bench.folder.path("r.html"), bench.folder.path("t.csv"))
    let run = try bench.evaluate("--report", report, "--csv", table)
    #expect(run.status == 2 && run.errors.contains("1 of 31 files could not be scored"), "\(run.errors)")
    let lines = String(decoding: try Data(contentsOf: URL(filePath: table)), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 1 + 31 + 15)
    #expect(
      lines.count { $0.contains("broken.png,normal,,,,") && $0.contains(",unreadable,,") && $0.contains("not a PNG") }
        == 1)
    #expect(!FileManager.default.fileExists(atPath: report))
  }

  @Test func `hostile names are text in the report`() throws {
    let bench = try Bench()
    let names = [Array("\"><script>alert(1)<".utf8), [0xFF, 0xFE], Array("a\u{202E}b".utf8)]
    for (place, name) in names.enumerated() {
      let picture = PNG.encode(SamplePicture.noise(seed: 400 + UInt64(place)))
      try AtomicFile.write(picture, to: BytePath(bytes: Array("\(bench.normal)/".utf8) + name + Array(".png".utf8)))
    }
    let report = bench.folder.path("r.html")
    #expect(try bench.evaluate("--report", report).status == 0)
    let text = try html(report)
    #expect(!text.contains("<script") && !text.contains("\u{202E}"))
    #expect(text.contains("&quot;&gt;&lt;script&gt;") && text.contains("\\xFF\\xFE.png"))
  }

  @Test func `nothing that is read is written over by a report or a table, nor one by the other`() throws {
    let bench = try Bench()
    let inputs = [bench.model, "\(bench.normal)/1000.png", "\(bench.anomalous)/other.png"]
    let before = try inputs.map { try Data(contentsOf: URL(filePath: $0)) }
    for option in ["--report", "--csv"] {
      for input in inputs {
        let run = try bench.evaluate(option, input)
        #expect(run.status == 2 && run.errors.contains("would be lost"), "\(option) \(input): \(run.errors)")
      }
    }
    let same = bench.folder.path("same")
    let twice = try bench.evaluate("--report", same, "--csv", same)
    #expect(twice.status == 2 && twice.errors.contains("two files"), "\(twice.errors)")
    for arguments in [
      ["calibrate", bench.model, "--normal", bench.normal, "--false-positive-rate", "0.1", "--report", inputs[1]],
      ["calibrate", bench.model, "--normal", bench.normal, "--false-positive-rate", "0.1", "--report", bench.model],
      [
        "train", "--normal", bench.normal, "--output", bench.folder.path("new"), "--size", "16", "--steps", "1",
        "--report", inputs[1],
      ],
      [
        "train", "--normal", bench.normal, "--output", bench.folder.path("new"), "--size", "16", "--steps", "1",
        "--report", bench.folder.path("new"),
      ],
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
      #expect(run.status == 2, "\(arguments): \(run.errors)")
    }
    #expect(try inputs.map { try Data(contentsOf: URL(filePath: $0)) } == before)
    let nowhere = try bench.evaluate("--report", bench.folder.path("no/r.html"))
    #expect(nowhere.status == 2 && nowhere.errors.contains("cannot write"))
  }

  @Test func `a folder's name is no formula in any table, and a file's bytes are there`() throws {
    let bench = try Bench()
    let kind = "=1+1+cmd|' _C calc'!A0"
    try bench.folder.makeFolder("bad/\(kind)")
    try bench.folder.write(SamplePicture.noise(seed: 201), to: "bad/\(kind)/x\u{1B}[2J\u{202E}.png")
    let table = bench.folder.path("t.csv")
    let run = try bench.evaluate("--csv", table, "--format", "csv")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.lines.contains { $0.hasPrefix("'=1+1+cmd|") } && !run.output.contains("\n=1"))
    let text = String(decoding: try bench.folder.bytes(of: "t.csv"), as: UTF8.self)
    #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{202E}"))
    let line = try #require(
      text.split(separator: "\n").first { $0.contains("x\\x1B[2J\\xE2\\x80\\xAE.png,anomalous,'=1+1") })
    let path = "\(bench.anomalous)/\(kind)/x\u{1B}[2J\u{202E}.png"
    #expect(line.hasSuffix(",\(Data(path.utf8).base64EncodedString())"))
  }

  @Test func `side pictures that are left out are told`() throws {
    let bench = try Bench()
    try bench.folder.write(SamplePicture.noise(seed: 202), to: "good/1000.png.view.png")
    try bench.folder.write(SamplePicture.noise(seed: 203), to: "good/alone.png.view.png")
    let score = try BuiltProgram.ganomaly("score", bench.model, bench.normal)
    #expect(
      score.errors.contains("note: 1 side picture (NAME.view.png or NAME.map.png beside NAME) left out"),
      "\(score.errors)")
    #expect(score.output.contains("alone.png.view.png") && !score.output.contains("1000.png.view.png"))
    let evaluated = try bench.evaluate()
    #expect(
      evaluated.errors.contains(
        "1 side picture (NAME.view.png or NAME.map.png beside NAME) below '\(bench.normal)' left out"))
    #expect(!evaluated.errors.contains("below '\(bench.anomalous)' left out"))
    let trained = try BuiltProgram.ganomaly(
      "train", "--normal", bench.normal, "--output", bench.folder.path("new"), "--size", "16", "--features", "2",
      "--latent", "4", "--steps", "1", "--batch", "5", "--calibration", "0")
    #expect(trained.status == 0 && trained.errors.contains("1 side picture"), "\(trained.errors)")
  }

  @Test func `a model replaces no file that is none, and nothing that is read`() throws {
    let bench = try Bench()
    let other = try bench.folder.write(Array("notes".utf8), to: "notes.txt")
    let hard = bench.folder.path("hard.html")
    #expect(link("\(bench.anomalous)/other.png", hard) == 0)
    let inputs = ["\(bench.normal)/1000.png", "\(bench.anomalous)/other.png", other, bench.model]
    let before = try inputs.map { try Data(contentsOf: URL(filePath: $0)) }
    let labelled = [
      "calibrate", bench.model, "--normal", bench.normal, "--anomalous", bench.anomalous, "--method", "f1",
    ]
    for (arguments, words) in [
      (
        ["calibrate", bench.model, "--normal", bench.normal, "--false-positive-rate", "0.1", "--output", inputs[0]],
        "a file that is no model is there"
      ),
      (
        ["calibrate", bench.model, "--method", "manual", "--threshold", "0.5", "--output", inputs[1]],
        "a file that is no model is there"
      ),
      (["set-score", bench.model, "--score", "local", "--output", other], "a file that is no model is there"),
      (labelled + ["--report", inputs[1]], "would be lost"), (labelled + ["--report", hard], "would be lost"),
      (labelled + ["--output", inputs[1]], "a file that is no model is there"),
    ] {
      let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
      #expect(run.status == 2 && run.output.isEmpty && run.errors.contains(words), "\(arguments): \(run.errors)")
    }
    #expect(try inputs.map { try Data(contentsOf: URL(filePath: $0)) } == before)
  }

  @Test func `a model is calibrated in place by any name, with a report`() throws {
    let bench = try Bench()
    let link = bench.folder.path("link")
    #expect(symlink(bench.model, link) == 0)
    for output in [bench.model, "\(bench.folder.path)/./model.safetensors", link] {
      let run = try BuiltProgram.ganomaly(
        "calibrate", bench.model, "--normal", bench.normal, "--false-positive-rate", "0.1", "--output", output,
        "--report", bench.folder.path("r.html"))
      #expect(run.status == 0, "\(output): \(run.errors)")
    }
    let run = try BuiltProgram.ganomaly(
      "calibrate", bench.model, "--normal", bench.normal, "--false-positive-rate", "0.1", "--output",
      bench.folder.path("new"), "--report", link)
    #expect(run.status == 2 && run.errors.contains("would be lost"), "\(run.errors)")
    #expect(throws: Never.self) { try Model.read(contentsOf: bench.model) }
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a report that cannot be written does not hide what became of the model`() throws {
    let bench = try Bench()
    let (folder, program) = (bench.folder.path, BuiltProgram.path(of: "ganomaly"))
    try bench.folder.makeFolder("full")
    let script = """
      cd '\(folder)'
      mount -t tmpfs -o size=4k tmpfs full
      code=0
      '\(program)' calibrate model.safetensors --normal good --false-positive-rate 0.1 --report full/c.html || code=$?
      [ "$code" = 2 ]
      code=0
      '\(program)' train --normal good --output new --size 16 --features 2 --latent 4 --steps 1 --batch 5 \
        --calibration 0 --report full/t.html || code=$?
      [ "$code" = 2 ]
      [ -z "$(ls full)" ]
      """
    let (code, output) = MountNamespace.run(script)
    #expect(code == 0, "\(output)")
    #expect(output.contains("the model 'model.safetensors' is calibrated, only the report is missing"), "\(output)")
    #expect(output.contains("the model 'new' is finished, only the report is missing"), "\(output)")
    let digest = try #require(try Model.read(contentsOf: bench.model).sha256)
    #expect(output.contains("sha256           \(digest)"), "\(output)")
  }

  @Test func `train and calibrate write reports`() throws {
    let folder = try TemporaryFolder()
    let pictures = try SampleFiles.writePictures(0..<20, to: "good", in: folder)
    let held = try SampleFiles.writePictures(50..<80, to: "held", in: folder)
    let trained = try BuiltProgram.ganomaly(
      "train", "--normal", pictures, "--output", folder.path("m"), "--size", "16", "--features", "2", "--latent", "4",
      "--epochs", "3", "--batch", "5", "--calibration", "0", "--report", folder.path("t.html"))
    #expect(trained.status == 0, "\(trained.errors)")
    let training = try html(folder.path("t.html"))
    for words in ["How well good pictures are drawn", "chosen weights", "What the network draws", "reconstruction"] {
      #expect(training.contains(words), "\(words)")
    }
    let calibrated = try BuiltProgram.ganomaly(
      "calibrate", folder.path("m"), "--normal", held, "--false-positive-rate", "0.1", "--report", folder.path("c.html")
    )
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    let calibration = try html(folder.path("c.html"))
    for words in [
      "Scores of the calibration pictures", "The p-value of a score", "promised rate", "Highest scores",
      "held/10",
    ] {
      #expect(calibration.contains(words), "\(words)")
    }
    let model = try Model.read(contentsOf: folder.path("m"))
    #expect(calibration.contains(try #require(model.sha256)), "of the calibrated file")
    let manual = try BuiltProgram.ganomaly(
      "calibrate", folder.path("m"), "--method", "manual", "--threshold", "0.5", "--report", folder.path("m.html"))
    #expect(manual.status == 0)
    #expect(try html(folder.path("m.html")).contains("promises no rate"))
  }
}
