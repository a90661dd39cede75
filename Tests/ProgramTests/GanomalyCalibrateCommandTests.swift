import Foundation
import GANomalyModel
import Imaging
import TestSupport
import Testing

struct GanomalyCalibrateCommandTests {
  @Test func `the model file gets the threshold, the scores and the promise`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder, trainingSeeds: 500..<510)
    let pictures = try SampleFiles.writePictures(0..<99, to: "held-out", in: folder)
    let before = try Model.read(contentsOf: model)
    let run = try BuiltProgram.ganomaly("calibrate", model, "--normal", pictures)
    #expect(run.status == 0, "\(run.errors)")
    let after = try Model.read(contentsOf: model)
    let calibration = try #require(after.calibration)
    #expect(calibration.method == .conformal)
    #expect(calibration.falsePositiveRate == 0.01)
    #expect(calibration.scores == (try SampleFiles.scores(0..<99, model: model)).sorted())
    #expect(calibration.threshold == calibration.scores.last)
    #expect(calibration.date != nil)
    #expect(calibration.setDigest?.count == 64)
    #expect(after.state == before.state)
    #expect(after.trainingDigests == before.trainingDigests)
    #expect(run.output.contains(calibration.identifier))
    #expect(run.output.contains(try #require(after.sha256)))
    #expect(try folder.names() == ["held-out", "model.safetensors"])
  }

  @Test func `too few pictures end with the number needed and leave the file as it was`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let bytes = try folder.bytes(of: "model.safetensors")
    let pictures = try SampleFiles.writePictures(0..<40, to: "held-out", in: folder)
    let run = try BuiltProgram.ganomaly("calibrate", model, "--normal", pictures)
    #expect(run.status == 2)
    #expect(
      run.errors == "ganomaly: a false-positive rate of 0.01 needs at least 99 normal pictures, found 40: "
        + "add pictures or choose a higher rate\n")
    #expect(try folder.bytes(of: "model.safetensors") == bytes)
    let enough = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", pictures, "--false-positive-rate", "0.05", "--method", "quantile", "--output",
      folder.path("other.safetensors"))
    #expect(enough.status == 0)
    #expect(try folder.bytes(of: "model.safetensors") == bytes)
    #expect(try Model.read(contentsOf: folder.path("other.safetensors")).calibration?.method == .quantile)
  }

  @Test func `pictures that training used are refused with their number and the first`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder, trainingSeeds: 90..<200)
    let pictures = try SampleFiles.writePictures(0..<100, to: "held-out", in: folder)
    let run = try BuiltProgram.ganomaly("calibrate", model, "--normal", pictures)
    #expect(run.status == 2)
    #expect(run.errors.contains("10 of 100 pictures were used in training, the first is '\(pictures)/1090.png'"))
    let other = try SampleFiles.writePictures(300..<310, to: "other", in: folder)
    let evaluation = try BuiltProgram.ganomaly("evaluate", model, "--normal", pictures, "--anomalous", other)
    #expect(evaluation.status == 2)
    #expect(evaluation.errors.contains("used in training"))
  }

  @Test func `a picture that cannot be scored ends the calibration`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let pictures = try SampleFiles.writePictures(0..<99, to: "held-out", in: folder)
    try folder.write([1, 2, 3], to: "held-out/broken.png")
    let run = try BuiltProgram.ganomaly("calibrate", model, "--normal", pictures)
    #expect(run.status == 2)
    #expect(run.errors.contains("'\(pictures)/broken.png': not a PNG"))
    #expect(run.errors.contains("1 of 100 files could not be scored"))
    #expect(try Model.read(contentsOf: model).calibration == nil)
  }

  @Test func `a model whose scores are no numbers is blamed, not the pictures`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder) { model in
      for (name, tensor) in model.state where name.hasSuffix(".weight") {
        model.state[name] = StateTensor(shape: tensor.shape, values: tensor.values.map { $0 * 1e36 })
      }
    }
    let pictures = try SampleFiles.writePictures(0..<3, to: "held-out", in: folder)
    let run = try BuiltProgram.ganomaly("calibrate", model, "--normal", pictures)
    #expect(run.status == 2)
    #expect(run.errors.contains("expected a finite number"), "\(run.errors)")
    #expect(run.errors.contains("3 of 3 files could not be scored; the model is damaged"), "\(run.errors)")
    #expect(!run.errors.contains("repair"))
  }

  @Test func `a manual threshold needs no pictures`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let run = try BuiltProgram.ganomaly("calibrate", model, "--method", "manual", "--threshold", "0.25")
    #expect(run.status == 0)
    let calibration = try #require(try Model.read(contentsOf: model).calibration)
    #expect(calibration.method == .manual)
    #expect(calibration.threshold == 0.25)
    #expect(calibration.scores.isEmpty)
  }

  @Test func `a given threshold may be negative`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let run = try BuiltProgram.ganomaly("calibrate", model, "--method", "manual", "--threshold", "-1e-3")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Model.read(contentsOf: model).calibration?.threshold == -1e-3)
  }

  @Test(arguments: [
    (["--normal", "x", "--false-positive-rate", "0"], "above 0 and below 1"),
    (["--normal", "x", "--false-positive-rate", "nan"], "above 0 and below 1"),
    (["--normal", "x", "--false-positive-rate", "lots"], "false-positive-rate"),
    (["--normal", "x", "--threads", "0"], "expected 1 to 256"),
    (["--normal", "x", "--method", "magic"], "The value 'magic' is invalid for '--method <method>'"),
    (["--normal", "x", "--method", "f1"], "--anomalous is missing"),
    (["--normal", "x", "--method", "youden", "--anomalous", "y", "--false-positive-rate", "0.1"], "promises no rate"),
    (["--normal", "x", "--anomalous", "y"], "needs no anomalies"),
    (["--normal", "x", "--method", "pot", "--confidence", "0.9"], "makes no such promise"),
    (["--normal", "x", "--confidence", "1"], "a confidence of 1.0 is not possible"),
    (["--normal", "x", "--initial-quantile", "0.9"], "belongs to --method pot"),
    (["--normal", "x", "--method", "pot", "--initial-quantile", "0"], "an initial quantile of 0.0 is not possible"),
    (["--normal", "x", "--cost-miss", "2"], "belong to --method youden"),
    (["--normal", "x", "--anomalous", "y", "--method", "youden", "--cost-miss", "0"], "a cost of 0.0 is not possible"),
    (["--normal", "x", "--compare", "--method", "pot"], "leave out --method"),
    (["--normal", "x", "--compare", "--output", "y"], "leave out --output"), (["--compare"], "--normal is missing"),
    (["--normal", "x", "--format", "json"], "--format belongs to --compare"),
    (["--from-ledger"], "needs --since"), (["--from-ledger", "--since", "soon"], "means no time"),
    (["--from-ledger", "--since", "today", "--normal", "x"], "leave out --normal"),
    (["--normal", "x", "--since", "today"], "belong to --from-ledger"),
    (["--normal", "x", "--threshold", "1"], "belongs to --method manual"),
    ([], "--normal is missing"), (["--method", "manual"], "needs --threshold"),
    (["--method", "manual", "--threshold", "inf"], "needs --threshold"),
    (["--method", "manual", "--threshold", "1", "--false-positive-rate", "0.1"], "promises no rate"),
    (["--normal", "x", "--unknown"], "--unknown"),
  ])
  func `options that cannot be end with status 2 and a sentence`(options: [String], words: String) throws {
    let arguments = (["calibrate", "model.safetensors"] + options).map { Array($0.utf8) }
    let run = try BuiltProgram.ganomaly(bytes: arguments)
    #expect(run.status == 2)
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test func `folders that are missing or empty end with status 2`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let missing = try BuiltProgram.ganomaly("calibrate", model, "--normal", folder.path("missing"))
    #expect(missing.status == 2)
    #expect(missing.errors == "ganomaly: cannot list '\(folder.path("missing"))': no such file or directory\n")
    let empty = try BuiltProgram.ganomaly("calibrate", model, "--normal", try folder.makeFolder("empty"))
    #expect(empty.status == 2)
    #expect(empty.errors.contains("no pictures (*.png) found"))
  }

  @Test func `a comparison tells what all methods make of the pictures, and changes no file`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let bytes = try folder.bytes(of: "model.safetensors")
    let normal = try SampleFiles.writePictures(0..<60, to: "good", in: folder)
    let anomalous = try SampleFiles.writePictures(100..<110, to: "bad", in: folder)
    let (good, bad) = (
      try SampleFiles.scores(0..<60, model: model), try SampleFiles.scores(100..<110, model: model)
    )
    let run = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", normal, "--anomalous", anomalous, "--compare", "--false-positive-rate", "0.05",
      "--threshold", "0.5", "--format", "json")
    #expect(run.status == 0, "\(run.errors)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(object["normal"] as? Int == 60)
    #expect(object["anomalous"] as? Int == 10)
    let rows = try #require(object["methods"] as? [[String: Any]])
    #expect(
      rows.compactMap { $0["method"] as? String } == [
        "conformal", "quantile", "quantile", "pot", "f1", "youden", "manual",
      ])
    // 60 pictures are enough for 5 % on average and with confidence, not for a tail above the quantile 0.98.
    #expect(rows.map { $0["refused"] is String } == [false, false, false, true, false, false, false])
    #expect((rows[3]["refused"] as? String)?.contains("500 pictures") == true)
    for row in rows where !(row["refused"] is String) {
      let threshold = try #require(row["threshold"] as? NSNumber).floatValue
      #expect(row["false_positives"] as? Int == good.count { $0 > threshold })
      #expect(row["detected"] as? Int == bad.count { $0 > threshold })
    }
    #expect(
      rows.map { $0["promise"] as? String } == [
        "on-average", "on-average", "with-confidence", nil, "none", "none", "none",
      ])
    let table = try BuiltProgram.ganomaly("calibrate", model, "--normal", normal, "--compare")
    #expect(table.status == 0)
    #expect(table.output.contains("conformal      refused"), "\(table.output)")
    #expect(table.output.contains("needs at least 99 normal pictures, found 60"))
    #expect(table.output.contains("f1: method 'f1' needs normal and anomalous pictures, found 60 normal and 0"))
    let csv = try BuiltProgram.ganomaly("calibrate", model, "--normal", normal, "--compare", "--format", "csv")
    #expect(csv.lines.count == 7)
    #expect(csv.lines.first?.hasPrefix("method,false_positive_rate,confidence,threshold,") == true)
    #expect(try folder.bytes(of: "model.safetensors") == bytes)
  }

  @Test func `labelled pictures choose the threshold, and describe says what was chosen`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let normal = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let anomalous = try SampleFiles.writePictures(100..<110, to: "bad", in: folder)
    for method in ["f1", "youden"] {
      let run = try BuiltProgram.ganomaly(
        "calibrate", model, "--normal", normal, "--anomalous", anomalous, "--method", method)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("promise          none"))
      let calibration = try #require(try Model.read(contentsOf: model).calibration)
      #expect(calibration.method.rawValue == method)
      #expect(calibration.anomalousScores == (try SampleFiles.scores(100..<110, model: model)).sorted())
      let described = try BuiltProgram.ganomaly("describe", model, "--format", "json")
      let object = try #require(try JSONSerialization.jsonObject(with: Data(described.output.utf8)) as? [String: Any])
      let found = try #require(object["calibration"] as? [String: Any])
      #expect(found["method"] as? String == method)
      #expect(found["anomalous_images"] as? Int == 10)
      #expect(found["promise"] as? String == "none")
    }
    // A picture in both folders is one or the other.
    try folder.write(try folder.bytes(of: "bad/1100.png"), to: "good/again.png")
    let shared = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", normal, "--anomalous", anomalous, "--method", "f1")
    #expect(shared.status == 2)
    #expect(shared.errors.contains("1 of 10 anomalous pictures are among the normal ones too"), "\(shared.errors)")
    #expect(shared.errors.contains("'\(anomalous)/1100.png'"))
  }

  @Test func `anomalous pictures that training saw are refused as well`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder, trainingSeeds: 100..<103)
    let normal = try SampleFiles.writePictures(0..<30, to: "good", in: folder)
    let anomalous = try SampleFiles.writePictures(100..<110, to: "bad", in: folder)
    let run = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", normal, "--anomalous", anomalous, "--method", "youden")
    #expect(run.status == 2)
    #expect(run.errors.contains("3 of 10 pictures were used in training"))
    #expect(try Model.read(contentsOf: model).calibration == nil)
  }

  @Test func `a confidence gives a higher threshold, or is refused with the number needed`() throws {
    let folder = try TemporaryFolder()
    let model = try SampleFiles.writeModel(to: folder)
    let normal = try SampleFiles.writePictures(0..<60, to: "good", in: folder)
    let run = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", normal, "--false-positive-rate", "0.05", "--confidence", "0.95")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("at most 5.00 % of new normal pictures flagged, with 95 % confidence"))
    let calibration = try #require(try Model.read(contentsOf: model).calibration)
    #expect(calibration.alarmRank == 1)
    #expect(calibration.threshold == calibration.scores.last)
    let refused = try BuiltProgram.ganomaly(
      "calibrate", model, "--normal", normal, "--false-positive-rate", "0.01", "--confidence", "0.95")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("needs at least 299 normal pictures, found 60"))
  }
}
