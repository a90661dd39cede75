import Foundation
import GANomalyModel
import Imaging
import Inspection
import Linux
import SystemPackage
import TestSupport
import Testing
import Training

/// Choosing, changing and comparing scores, by the programs.
struct GanomalyScoreOptionTests {
  /// Trains a small model on noise; 20 pictures, some of which are kept for the calibration where a rate is given.
  private func train(_ folder: TemporaryFolder, _ more: String...) throws -> BuiltProgram.Run {
    let pictures = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let arguments = [
      "train", "--normal", pictures, "--output", folder.path("m"), "--size", "16", "--features", "2", "--latent", "4",
      "--epochs", "1", "--batch", "8",
    ]
    return try BuiltProgram.ganomaly(bytes: (arguments + more).map { Array($0.utf8) })
  }

  private func object(_ run: BuiltProgram.Run) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any] ?? [:]
  }

  @Test func `a preset gives settings that go together, and what stands beside it goes before it`() throws {
    let folder = try TemporaryFolder()
    let run = try train(
      folder, "--preset", "surfaces", "--validation", "0.2", "--local-side", "5", "--learning-rate", "0.001")
    #expect(run.status == 0, "\(run.errors)")
    let model = try Model.read(contentsOf: folder.path("m"))
    var score = try #require(TrainingPreset.surfaces.scoreOptions)
    score.localSide = 5
    #expect(model.scoreOptions == score)
    #expect(model.preparation.normalisation == .logarithm)
    let record = try #require(model.trainingRecord)
    #expect(record.options["average-weights"] == "true" && record.options["learning-rate"] == "0.001")
    #expect(record.options["steps"] == nil && record.ending == .epochs, "another end replaces the preset's")
    #expect(model.hyperparameters.size == 16 && model.hyperparameters.featureCount == 2)

    let resumed = try BuiltProgram.ganomaly(
      "train", "--normal", folder.path("good"), "--resume", folder.path("m"), "--preset", "surfaces")
    #expect(resumed.status == 2)
    let options = try TrainingOptions(
      given: TrainingPreset.surfaces.texts.merging(TrainingPreset.surfaces.lengthTexts) { $1 }, threadCount: 1)
    #expect(throws: Never.self) { try options.validate() }
    #expect(throws: Never.self) { try score.validate(for: options.hyperparameters) }
  }

  @Test func `a training stores the score that was asked for, calibrated, and every term's statistics`() throws {
    let folder = try TemporaryFolder()
    let run = try train(
      folder, "--score", "features,latent,local", "--distance", "l1", "--second-encoder", "generator", "--local-side",
      "7", "--local-rule", "absolute-smoothed", "--local-margin", "1", "--combination", "sum", "--weights", "3,1,2",
      "--normalisation", "logarithm", "--false-positive-rate", "0.2", "--validation", "0.2")
    #expect(run.status == 0, "\(run.errors)")
    let model = try Model.read(contentsOf: folder.path("m"))
    #expect(
      model.scoreOptions
        == ScoreOptions(
          distance: .meanAbsolute, secondEncoder: .generator, terms: [.latent, .local, .features], localSide: 7,
          localRule: .absoluteSmoothed, margin: 1, combination: .sum(weights: [1, 2, 3])))
    #expect(model.preparation.normalisation == .logarithm)
    let statistics = try #require(model.termStatistics)
    #expect(statistics.pictureCount == 6)
    #expect(Set(statistics.moments.keys) == Set(TermMeasure.all(of: model)))
    #expect(model.calibration?.scores.isEmpty == false)
    let table = try BuiltProgram.ganomaly("describe", folder.path("m"))
    for words in [
      "weighted sum of 3 standardised terms", "mean-absolute, second encoder generator",
      "absolute-smoothed, box 7x7, margin 1/16", "weight 3.0", "on 6 validation pictures", "logarithm of level + 8",
      "format 2",
    ] {
      #expect(table.output.contains(words), "\(words): \(table.output)")
    }
    let json = try object(try BuiltProgram.ganomaly("describe", folder.path("m"), "--format", "json"))
    let score = try #require(json["score"] as? [String: Any])
    #expect(score["terms"] as? [String] == ["latent", "local", "features"])
    #expect(score["weights"] as? [Double] == [1, 2, 3])
    #expect(score["local_side"] as? Int == 7 && score["combination"] as? String == "sum")
    let terms = (score["statistics"] as? [String: Any])?["terms"] as? [String: [String: Double]] ?? [:]
    #expect(terms.count == statistics.moments.count)
    #expect(terms.values.allSatisfy { ($0["deviation"] ?? 0) > 0 && $0["mean"] != nil })
  }

  @Test(arguments: [
    (["--score", "latent,colour"], "unknown term 'colour'"), (["--score", "local,local"], "'local' twice"),
    (["--score", ""], "unknown term ''"), (["--local-side", "5"], "--local-side belongs to the term 'local'"),
    (["--score", "local", "--distance", "l1"], "--distance belongs to the term 'latent'"),
    (["--score", "local", "--local-side", "6"], "odd number from 3 to 16"),
    (["--score", "local", "--local-side", "17"], "odd number from 3 to 16"),
    (["--combination", "sum"], "--combination belongs to two terms or more"),
    (["--score", "latent,local", "--weights", "1,2"], "--weights belongs to --combination sum"),
    (["--score", "latent,local", "--combination", "sum", "--weights", "1"], "expected one a term: 2"),
    (["--score", "latent,local", "--combination", "sum", "--weights", "1,0"], "above 0"),
    (["--score", "latent,local", "--combination", "sum", "--weights", "1,x"], "expected numbers"),
    (["--score", "local-features", "--local-features-block", "9"], "expected 1 to 2"),
    (["--score", "features", "--features-block", "0"], "expected 1 to 2"),
    (["--standardisation", "logarithm"], "--standardisation belongs to two terms or more"),
    (["--local-margin", "1"], "--local-margin belongs to"),
    (["--score", "local", "--local-margin", "8"], "expected 0 to 7"),
    (["--second-encoder", "third"], "second-encoder"), (["--normalisation", "histogram"], "normalisation"),
  ])
  func `scores that cannot be end a training before it begins, with what is valid`(
    options: [String], words: String
  ) throws {
    let arguments = ["train", "--normal", "x", "--output", "y", "--size", "16", "--features", "2"] + options
    let run = try BuiltProgram.ganomaly(bytes: arguments.map { Array($0.utf8) })
    #expect(run.status == 2)
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test func `a combination without validation pictures is refused before training`() throws {
    let folder = try TemporaryFolder()
    let run = try train(folder, "--score", "latent,local", "--validation", "0")
    #expect(run.status == 2)
    #expect(run.errors.contains("at least 2 validation pictures, found 0"), "\(run.errors)")
    #expect(try folder.names() == ["good"])
  }

  @Test func `a finished model's score is changed, and scores as if it had been trained so`() throws {
    let folder = try TemporaryFolder()
    #expect(try train(folder, "--false-positive-rate", "0.2").status == 0)
    let before = try folder.bytes(of: "m")
    #expect(try Model.read(contentsOf: folder.path("m")).calibration != nil)
    let run = try BuiltProgram.ganomaly(
      "set-score", folder.path("m"), "--score", "latent,local", "--combination", "sum", "--output", folder.path("n"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("weighted sum of 2 standardised terms"))
    #expect(run.errors.contains("the calibration is removed"))
    #expect(run.errors.contains("ganomaly calibrate \(folder.path("n")) --normal DIR"))
    #expect(try folder.bytes(of: "m") == before)
    let model = try Model.read(contentsOf: folder.path("n"))
    #expect(model.calibration == nil)
    #expect(model.scoreOptions.combination == .sum(weights: [1, 1]))
    let other = try TemporaryFolder()
    let trained = try train(
      other, "--false-positive-rate", "0.2", "--score", "latent,local", "--combination", "sum")
    #expect(trained.status == 0, "\(trained.errors)")
    var same = try Model.read(contentsOf: other.path("m"))
    same.calibration = nil
    #expect(same.encoded() == model.encoded())
    // In place, one option alone, the rest stays.
    let again = try BuiltProgram.ganomaly(
      "set-score", folder.path("n"), "--local-side", "9", "--standardisation", "logarithm")
    #expect(again.status == 0 && !again.errors.contains("calibration"))
    let changed = try Model.read(contentsOf: folder.path("n")).scoreOptions
    #expect(changed.localSide == 9 && changed.combination == .sum(weights: [1, 1]))
    #expect(changed.standardisation == .logarithm)
    #expect(again.output.contains("2 standardised logarithms of terms"))
    let unknown = try BuiltProgram.ganomaly("set-score", folder.path("n"), "--local-margin", "3")
    #expect(unknown.status == 2)
    #expect(
      unknown.errors.contains("with margin 0; sides 3, 5, 7, 9, 11, 13 with margin 1; take one"), "\(unknown.errors)")
    let nothing = try BuiltProgram.ganomaly("set-score", folder.path("m"), "--score", "latent")
    #expect(nothing.errors.contains("the score that the model had"))
    #expect(try folder.bytes(of: "m") == before)
  }

  @Test func `scores that a model cannot take leave it as it was`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let before = try folder.bytes(of: "model.safetensors")
    for (options, words) in [
      (["--score", "latent,local"], "no mean and deviation"), ([], "nothing to change"),
      (["--local-side", "5"], "belongs to the term 'local'"),
      (["--score", "local", "--local-side", "4"], "odd number"),
      (["--score", "local", "--output", folder.path("no/m")], "no such file or directory"),
    ] {
      let run = try BuiltProgram.ganomaly(bytes: (["set-score", model] + options).map { Array($0.utf8) })
      #expect(run.status == 2)
      #expect(run.errors.contains(words), "\(run.errors)")
      #expect(run.output.isEmpty)
    }
    #expect(try folder.bytes(of: "model.safetensors") == before)
    #expect(try folder.names() == ["model.safetensors"])
    let keras = SampleModel.make(.keras(size: 16, channelCount: 1, featureCount: 2))
    try keras.write(to: folder.path("k"))
    #expect(try BuiltProgram.ganomaly("set-score", folder.path("k"), "--distance", "l2").status == 0)
    #expect(try Model.read(contentsOf: folder.path("k")).scoreOptions.distance == .meanSquare)
    #expect(try BuiltProgram.ganomaly("set-score", folder.path("k"), "--distance", "l1").status == 0)
    #expect(try Model.read(contentsOf: folder.path("k")).scoreOptions.distance == .sumAbsolute)
  }

  @Test func `comparing tells every score overall and for each kind, with the model's own marked`() throws {
    let folder = try TemporaryFolder()
    #expect(try train(folder, "--validation", "0.3", "--score", "local", "--local-side", "5").status == 0)
    let normal = try SampleFiles.writePictures(200..<212, to: "test/good", in: folder)
    try SampleFiles.writePictures(300..<304, to: "test/bad/crack", in: folder)
    try SampleFiles.writePictures(310..<316, to: "test/bad/stain/deep", in: folder)
    try SampleFiles.writePictures(320..<322, to: "test/bad", in: folder)
    func compare(_ format: String) throws -> BuiltProgram.Run {
      try BuiltProgram.ganomaly(
        "evaluate", folder.path("m"), "--normal", normal, "--anomalous", folder.path("test/bad"), "--compare-scores",
        "--format", format)
    }
    let json = try compare("json")
    #expect(json.status == 0, "\(json.errors)")
    let object = try object(json)
    #expect(object["normal"] as? Int == 12 && object["anomalous"] as? Int == 12)
    #expect(object["kinds"] as? [String: Int] == ["crack": 4, "stain": 6])
    let scores = try #require(object["scores"] as? [[String: Any]])
    let own = scores.filter { $0["own"] as? Bool == true }
    #expect(own.map { $0["score"] as? String } == ["local.smoothed-absolute.5"])
    #expect(
      scores.contains { $0["score"] as? String == "maximum(all terms)" })
    // The model's own score has the figures of an evaluation without comparison.
    let plain = try self.object(
      try BuiltProgram.ganomaly(
        "evaluate", folder.path("m"), "--normal", normal, "--anomalous", folder.path("test/bad"), "--format", "json"))
    #expect(own[0]["auroc"] as? Double == plain["auroc"] as? Double)
    #expect(own[0]["average_precision"] as? Double == plain["average_precision"] as? Double)
    let crack = try self.object(
      try BuiltProgram.ganomaly(
        "evaluate", folder.path("m"), "--normal", normal, "--anomalous", folder.path("test/bad/crack"), "--format",
        "json"))
    let kinds = try #require(own[0]["kinds"] as? [String: [String: Double]])
    #expect(kinds["crack"]?["auroc"] == crack["auroc"] as? Double)
    let csv = try compare("csv")
    #expect(csv.lines.count == 1 + 3 * scores.count)
    #expect(csv.lines[0] == "score,own,kind,normal,anomalous,auroc,average_precision")
    #expect(csv.lines.contains { $0.hasPrefix("local.smoothed-absolute.5,true,stain,12,6,") })
    let table = try compare("table")
    #expect(table.lines.contains { $0.hasPrefix("*  local.smoothed-absolute.5 ") })
    #expect(table.lines.count { $0.hasPrefix("*") } == 1)
    #expect(table.output.contains("crack"))
  }

  @Test func `the daemon scores what 'ganomaly score' scores, whatever the terms and the preparation`() throws {
    let folder = try TemporaryFolder()
    let run = try train(
      folder, "--score", "latent,reconstruction,local,features,local-features", "--normalisation", "picture",
      "--false-positive-rate", "0.2", "--validation", "0.2")
    #expect(run.status == 0, "\(run.errors)")
    let model = try Model.read(contentsOf: folder.path("m"))
    let judge = try PictureJudge(modelFile: FilePath(folder.path("m")))
    let picture = SamplePicture.noise(width: 50, height: 31, channelCount: 3, seed: 77)
    let path = try folder.write(picture, to: "a.png")
    let prepared = model.preparation.prepare(picture)
    #expect(prepared != Preparation(size: 16, channelCount: 1).prepare(picture))
    guard case .picture(let seen, _, _) = judge.decode(PNG.encode(picture), .default) else {
      Issue.record("the daemon decodes the picture")
      return
    }
    #expect(seen == prepared)
    let score = Scorer(model: model).makeLane(maximumBatch: 1).scores(of: [prepared])
    let scoring = judge.makeScoring(4)
    #expect(scoring([seen]) == score)
    let printed = try BuiltProgram.ganomaly("score", folder.path("m"), path, "--format", "csv")
    #expect(printed.lines.last?.split(separator: ",")[1] == "\(score[0])")
    _ = try BuiltProgram.ganomaly("prepare", folder.path("m"), path, "--output", folder.path("seen.png"))
    #expect(try PNG.decode(folder.bytes(of: "seen.png")).image == prepared)
  }
}
