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

  @Test(arguments: [
    (["--normal", "x", "--false-positive-rate", "0"], "above 0 and below 1"),
    (["--normal", "x", "--false-positive-rate", "nan"], "above 0 and below 1"),
    (["--normal", "x", "--false-positive-rate", "lots"], "false-positive-rate"),
    (["--normal", "x", "--threads", "0"], "expected 1 to 256"),
    (["--normal", "x", "--method", "pot"], "one of 'conformal', 'quantile' or 'manual'"),
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
}
