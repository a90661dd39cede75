import Foundation
import GANomalyModel
import Imaging
import TestSupport
import Testing

/// Commands with a model that looks at windows.
struct GanomalyWindowCommandTests {
  /// A model with a region, and pictures of 48 x 40 pixels: good ones, and bad ones with a bright square and its mask.
  private func sample(_ folder: TemporaryFolder) throws -> String {
    for seed in 0..<24 as Range<UInt64> {
      try folder.makeFolder("good")
      try folder.write(SamplePicture.noise(width: 48, height: 40, seed: seed), to: "good/\(100 + seed).png")
    }
    for name in ["bad/spot", "masks/spot"] { try folder.makeFolder(name) }
    for seed in 50..<56 as Range<UInt64> {
      var picture = SamplePicture.noise(width: 48, height: 40, seed: seed)
      var mask = Image(width: 48, height: 40, channelCount: 1, level: 0)
      for row in 12..<22 {
        for column in 20..<30 {
          picture.samples[row * 48 + column] = 255
          mask.samples[row * 48 + column] = 255
        }
      }
      try folder.write(picture, to: "bad/spot/\(seed).png")
      try folder.write(mask, to: "masks/spot/\(seed)_mask.png")
    }
    return try SampleFiles.writeModel(to: folder) { model in
      model.preparation.windows = WindowPlan(
        stride: 8, field: .region(PixelBox(x: 4, y: 2, width: 40, height: 36)))
      model.scoreOptions = ScoreOptions(terms: [.reconstruction])
    }
  }

  /// The library's score of a picture file.
  private func score(_ path: String, _ model: Model) throws -> Float {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
    let plane = try model.preparation.prepare(png: bytes).picture
    return Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 1).scores(of: [plane])[0]
  }

  @Test func `calibrate, score and evaluate are about pictures, and masks tell where`() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    let calibrated = try BuiltProgram.ganomaly(
      "calibrate", path, "--normal", folder.path("good"), "--false-positive-rate", "0.1")
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    let model = try Model.read(contentsOf: path)
    let expected = try (100..<124).map { try score(folder.path("good/\($0).png"), model) }.sorted()
    #expect(model.calibration?.scores == expected)
    let run = try BuiltProgram.ganomaly("score", path, folder.path("bad"), "--format", "json")
    let lines = try run.lines.map(GanomalyScoreCommandTests.Line.init)
    #expect(lines.count == 6)
    for line in lines { #expect(try line.score == score(line.file, model)) }

    let report = folder.path("report.html")
    let evaluated = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"), "--masks",
      folder.path("masks"), "--format", "json", "--report", report)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any]
    let masks = try #require(object?["masks"] as? [String: Any])
    #expect(masks["defects"] as? Int == 6)
    #expect(masks["pixels_defective"] as? Int == 600)
    #expect(masks["pixels_normal"] as? Int == 30 * 1440 - 600)
    let hits = try #require(masks["defects_hit"] as? Int)
    #expect((masks["defects_in_boxes"] as? Int ?? -1) >= hits)
    #expect((0...1).contains(try #require(masks["pixel_auroc"] as? Double)))
    let html = try String(contentsOf: URL(filePath: report), encoding: .utf8)
    #expect(html.contains("Where the defects are") && html.contains("region 4,2,40,36"))
    let table = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"), "--masks",
      folder.path("masks"))
    #expect(table.output.contains("defects hit          \(hits) of 6"))
    let csv = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"), "--masks",
      folder.path("masks"), "--format", "csv")
    let columns = csv.lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
    #expect(columns == [19, 19, 19] && csv.lines[0].hasSuffix(",defects_hit_share,defects_in_boxes_share"))
  }

  @Test func `good pictures below the anomalous folder are not among the anomalous ones`() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    try folder.makeFolder("bad/good")
    for seed in 0..<4 as Range<UInt64> {
      try folder.write(SamplePicture.noise(width: 48, height: 40, seed: 300 + seed), to: "bad/good/\(seed).png")
    }
    let run = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("bad/good"), "--anomalous", folder.path("bad"), "--masks",
      folder.path("masks"), "--format", "json")
    #expect(run.status == 0, "\(run.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    #expect(object?["normal"] as? Int == 4 && object?["anomalous"] as? Int == 6)
    #expect((object?["kinds"] as? [String: Any])?.keys.sorted() == ["spot"])
    #expect(run.errors.contains("4 pictures below"))
    // The same folder by other paths: through a link, and with parts that change nothing.
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("sound"), withDestinationPath: folder.path("bad/good"))
    for normal in [folder.path("sound"), folder.path("bad/./spot/../good/")] {
      let other = try BuiltProgram.ganomaly("evaluate", path, "--normal", normal, "--anomalous", folder.path("bad"))
      #expect(other.status == 0, "\(other.errors)")
      #expect(other.errors.contains("4 pictures below '\(normal)' are left out of '\(folder.path("bad"))'"))
    }
    // A folder that is not below leaves nothing out.
    let all = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"))
    #expect(all.status == 0 && all.output.contains("24 normal, 10 anomalous") && !all.errors.contains("left out"))
  }

  @Test func `masks that are missing or have other sides are refused by name`() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    func errors(_ masks: String) throws -> String {
      let run = try BuiltProgram.ganomaly(
        "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"), "--masks",
        folder.path(masks))
      #expect(run.status == 2)
      return run.errors
    }
    try folder.makeFolder("none")
    #expect(try errors("none").contains("no mask for the anomalous picture"))
    #expect(try errors("bad/spot/50.png").contains("is not a folder"))
    try folder.write(Image(width: 9, height: 40, channelCount: 1, level: 9), to: "masks/spot/53_mask.png")
    #expect(try errors("masks").contains("it has 9x40 pixels, expected 48x40"))
    let both = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"), "--masks",
      folder.path("masks"), "--compare-scores")
    #expect(both.status == 2 && both.errors.contains("leave out --masks"))
  }

  @Test func `set-score changes how windows are joined, describe tells, and whole pictures have none`() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    let changed = try BuiltProgram.ganomaly("set-score", path, "--window-score", "top-3")
    #expect(changed.status == 0 && changed.output.contains("the mean of the 3 highest windows"))
    #expect(try Model.read(contentsOf: path).scoreOptions.windowPooling == .meanOfTop(3))
    let kept = try BuiltProgram.ganomaly("set-score", path, "--score", "latent")
    #expect(kept.status == 0)
    #expect(try Model.read(contentsOf: path).scoreOptions.windowPooling == .meanOfTop(3))
    let table = try BuiltProgram.ganomaly("describe", path)
    #expect(table.output.contains("windows          16x16, 8 apart, of full pictures, region 4,2,40,36"))
    let json = try BuiltProgram.ganomaly("describe", path, "--format", "json")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect((object?["score"] as? [String: Any])?["window_score"] as? String == "top-3")
    #expect((object?["preparation"] as? [String: Any])?["region"] as? String == "4,2,40,36")
    for text in ["top-0", "mean", "quantile-2", "top-70000"] {
      let refused = try BuiltProgram.ganomaly("set-score", path, "--window-score", text)
      #expect(refused.status == 2)
      #expect(
        refused.errors.contains("'\(text)'") && refused.errors.contains(WindowPooling.expected), "\(refused.errors)")
    }
    let lenient = try BuiltProgram.ganomaly("set-score", path, "--window-score", "quantile-.90")
    #expect(lenient.status == 0, "\(lenient.errors)")
    #expect(try Model.read(contentsOf: path).scoreOptions.windowPooling == .quantile(0.9))
    let whole = folder.path("whole.safetensors")
    try SampleModel.make().write(to: whole)
    let refused = try BuiltProgram.ganomaly("set-score", whole, "--window-score", "top-3")
    #expect(refused.status == 2 && refused.errors.contains("sees pictures whole"))
  }

  @Test func `prepare writes the plane, reconstruct and score show the strongest window`() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    let model = try Model.read(contentsOf: path)
    let picture = folder.path("bad/spot/50.png")
    let prepared = try BuiltProgram.ganomaly("prepare", path, picture, "--output", folder.path("seen.png"))
    #expect(prepared.status == 0, "\(prepared.errors)")
    let plane = try PNG.decode(folder.bytes(of: "seen.png")).image
    #expect(plane == (try model.preparation.prepare(png: folder.bytes(of: "bad/spot/50.png")).picture))
    let sheet = try BuiltProgram.ganomaly(
      "reconstruct", path, picture, "--output", folder.path("sheet.png"), "--scale", "1")
    #expect(sheet.status == 0, "\(sheet.errors)")
    let lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 1)
    let view = lane.view(of: plane)
    let place = PixelPosition(column: 2, row: 2)
    #expect(try PNG.decode(folder.bytes(of: "sheet.png")).image.window(at: place, side: 16) == view.original)
    let scored = try BuiltProgram.ganomaly(
      "score", path, picture, "--save-difference", folder.path("why"), "--format", "json")
    #expect(scored.status == 0, "\(scored.errors)")
    #expect(try folder.names().contains("why"))
    let small = try folder.write(SamplePicture.noise(width: 30, height: 40, seed: 1), to: "small.png")
    let refused = try BuiltProgram.ganomaly("score", path, small, "--format", "json")
    let line = try GanomalyScoreCommandTests.Line(refused.lines[0])
    #expect(refused.status == 2 && line.verdict == "unreadable")
    #expect(line.reason?.contains("30x40") == true && line.reason?.contains("44x38") == true)
  }

  @Test func `compared scores name the ways to join windows`() throws {
    let folder = try TemporaryFolder()
    let path = try sample(folder)
    let run = try BuiltProgram.ganomaly(
      "evaluate", path, "--normal", folder.path("good"), "--anomalous", folder.path("bad"), "--compare-scores",
      "--format", "csv")
    #expect(run.status == 0, "\(run.errors)")
    let own = run.lines.filter { $0.contains(",true,,") }
    #expect(own.count == 1 && own[0].hasPrefix("reconstruction,"))
    #expect(run.lines.contains { $0.hasPrefix("reconstruction top-3,false,") })
    #expect(run.lines.contains { $0.hasPrefix("reconstruction quantile-0.99,false,spot,24,6,") })
  }
}
