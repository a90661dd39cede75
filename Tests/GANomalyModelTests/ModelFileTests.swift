import Imaging
import TestSupport
import Testing

@testable import GANomalyModel

struct ModelFileTests {
  /// A model with everything that a file can hold.
  func completeModel() throws -> Model {
    var model = SampleModel.make(
      Hyperparameters(size: 32, channelCount: 3, latentCount: 5, featureCount: 4, extraLayerCount: 1))
    model.scoreOptions = ScoreOptions(distance: .meanSquare, secondEncoder: .own)
    model.trainingDigests = Array(0..<48)
    model.trainingRecord = TrainingRecord(
      trainingCount: 2, validationCount: 1, calibrationCount: 0, setDigest: String(repeating: "0f", count: 32),
      seed: .max, batchSize: 2, chosenRound: 2,
      rounds: [
        .init(adversarial: 0.1, contextual: 1e-9, encoder: 3, discriminator: 0.7, validation: 0.25),
        .init(adversarial: 0.2, contextual: 0.3, encoder: 2, discriminator: 0.5),
      ])
    model.calibration = try .fit(
      scores: [3, 1, 2, 0.1], falsePositiveRate: 0.3, setDigest: String(repeating: "ab", count: 32),
      date: "2026-11-22T05:00:00Z")
    return model
  }

  @Test func `a model survives writing and reading`() throws {
    let model = try completeModel()
    let read = try Model(bytes: model.encoded(), name: "m.safetensors")
    #expect(read.hyperparameters == model.hyperparameters)
    #expect(read.preparation == model.preparation)
    #expect(read.state == model.state)
    #expect(read.trainingDigests == model.trainingDigests)
    #expect(read.trainingPictures.count == 3)
    #expect(read.trainingRecord == model.trainingRecord)
    #expect(read.calibration == model.calibration)
    #expect(read.calibration?.identifier == model.calibration?.identifier)
    #expect(read.scoreOptions == model.scoreOptions)
    #expect(read.encoded() == model.encoded())
    #expect(read.sha256?.count == 64)
  }

  @Test func `rounds keep their steps, and files of before rounds are read`() throws {
    var model = try completeModel()
    model.trainingRecord?.rounds[0].stepCount = 100
    model.trainingRecord?.rounds[1].stepCount = 180
    model.trainingRecord?.stepsPerEpoch = 20
    model.trainingRecord?.ending = .patience
    model.trainingRecord?.options = ["batch": "2", "augment": "flip,shift=2"]
    #expect(try Model(bytes: model.encoded(), name: "m").trainingRecord == model.trainingRecord)
    var container = try completeModel().safeTensors()
    container.metadata["training.chosen_epoch"] = container.metadata.removeValue(forKey: "training.chosen_round")
    #expect(try Model(bytes: container.encoded(), name: "m").trainingRecord == (try completeModel().trainingRecord))
  }

  @Test func `a model without calibration or record reads back without`() throws {
    let read = try Model(bytes: SampleModel.make().encoded(), name: "m")
    #expect(read.calibration == nil)
    #expect(read.trainingRecord == nil)
    #expect(read.trainingDigests.isEmpty)
  }

  @Test func `a file truncated anywhere is refused`() throws {
    let bytes = try completeModel().encoded()
    let places = Array(0..<64) + stride(from: 64, to: bytes.count, by: 997) + [bytes.count - 1]
    for place in places {
      #expect(throws: ModelFileError.self, "cut at \(place)") {
        try Model(bytes: Array(bytes[..<place]), name: "m")
      }
    }
  }

  @Test func `a byte too many is refused`() throws {
    let error = try #require(throws: ModelFileError.self) {
      try Model(bytes: SampleModel.make().encoded() + [0], name: "m")
    }
    #expect(error.cause == .container(.trailingBytes(count: 1)))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `a weight that is no finite number is refused by tensor and index`(value: Float) throws {
    var container = SampleModel.make().safeTensors()
    let name = "netg.encoder1.main.initial-conv-1-2.weight"
    var values = [Float](repeating: 0, count: 32)
    values[7] = value
    container.tensors[name] = .init(shape: [2, 1, 4, 4], values: .floats(values))
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)" == "cannot load 'm': tensor '\(name)' holds \(value) at index 7, expected finite numbers")
  }

  @Test func `a wrong shape is refused with both shapes`() throws {
    var container = SampleModel.make().safeTensors()
    let name = "netg.encoder1.main.initial-conv-1-2.weight"
    container.tensors[name] = .init(shape: [2, 3, 4, 4], values: .floats([Float](repeating: 0, count: 96)))
    let error = try #require(throws: ModelFileError.self) {
      try Model(bytes: container.encoded(), name: "m.safetensors")
    }
    #expect(
      "\(error)" == "cannot load 'm.safetensors': tensor '\(name)' has shape [2, 3, 4, 4], expected [2, 1, 4, 4]")
  }

  @Test func `missing, unexpected and wrongly typed tensors are refused by name`() throws {
    let container = SampleModel.make().safeTensors()
    var missing = container
    missing.tensors["netd.classifier.0.weight"] = nil
    var extra = container
    extra.tensors["netg.encoder3.weight"] = .init(shape: [], values: .floats([1]))
    var typed = container
    typed.tensors["netd.classifier.0.weight"] = .init(
      shape: [1, 4, 4, 4], values: .bytes([UInt8](repeating: 0, count: 64)))
    var negative = container
    negative.tensors["netd.features.3.running_var"] = .init(shape: [4], values: .floats([1, -1, 1, 1]))
    for (changed, word) in [
      (missing, "netd.classifier.0.weight"), (extra, "netg.encoder3.weight"), (typed, "'U8'"), (negative, "variances"),
    ] {
      let error = try #require(throws: ModelFileError.self) { try Model(bytes: changed.encoded(), name: "m") }
      #expect("\(error)".contains(word))
    }
  }

  @Test func `batch counters of PyTorch and a trainer's own tensors are passed over`() throws {
    var container = SampleModel.make().safeTensors()
    container.tensors["netd.features.3.num_batches_tracked"] = .init(shape: [], values: .integers([42]))
    container.tensors["checkpoint.moments"] = .init(shape: [1], values: .floats([.nan]))
    container.metadata["checkpoint.step"] = "12"
    #expect(throws: Never.self) { try Model(bytes: container.encoded(), name: "m") }
  }

  @Test(arguments: [
    ("format_version", "3", "expected '1'"), ("format", "other", "expected 'ganomaly'"),
    ("variant", "keras", "in variant 'keras'"), ("variant", "other", "expected 'paper' or 'keras'"),
    ("hyperparameters.size", "24", "nearest valid: 16 and 32"), ("hyperparameters.size", "-16", "at least 0"),
    ("hyperparameters.size", "99999999999999999999", "whole number"),
    ("hyperparameters.channels", "2", "expected 1 (grey) or 3 (colour)"),
    ("hyperparameters.features", "1000000", "2 to 1024"), ("hyperparameters.latent", "0", "1 to 4096"),
    ("preparation.size", "32", "expected '16'"), ("preparation.channels", "3", "expected '1'"),
    ("score.distance", "cosine", "expected 'mean-square'"),
    ("calibration.threshold", "5", "give 3"), ("calibration.threshold", "nan", "a finite number"),
    ("calibration.count", "3", "expected '4'"), ("calibration.method", "magic", "'conformal'"),
    ("calibration.false_positive_rate", "0.1", "needs at least 9"), ("training.losses.encoder", "1 2 3", "2 numbers"),
    ("training.losses.encoder", "1 x", "numbers between blanks"), ("training.chosen_round", "3", "at most 2"),
    ("training.round_steps", "7 7", "ascending numbers"), ("training.round_steps", "7", "2 numbers"),
    ("training.ended_by", "magic", "'epochs' or 'steps'"), ("training.steps_per_epoch", "x", "whole number"),
    ("training.images", "-2", "at least 0"), ("training.validation_images", "some", "at least 0"),
    ("training.set_digest", "0f", "64 hexadecimal digits"),
    ("training.set_digest", String(repeating: "xy", count: 32), "64 hexadecimal digits"),
    ("calibration.set_digest", "", "64 hexadecimal digits"),
  ])
  func `a header text that cannot be is refused with what was expected`(key: String, text: String, words: String) throws
  {
    var model = SampleModel.make()
    model.trainingRecord = try completeModel().trainingRecord
    model.calibration = try completeModel().calibration
    var container = model.safeTensors()
    container.metadata[key] = text
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test func `every header text but those of record, calibration and date is needed`() throws {
    let container = try completeModel().safeTensors()
    let optional: Set = ["calibration.date", "calibration.set_digest"]
    for key in container.metadata.keys where !optional.contains(key) {
      var changed = container
      changed.metadata[key] = nil
      #expect(throws: ModelFileError.self, "\(key)") { try Model(bytes: changed.encoded(), name: "m") }
    }
  }

  @Test(arguments: [("3", "1"), ("2", "0"), ("4", "0"), ("9223372036854775807", "1")])
  func `counts of pictures that are not those of the digests are refused`(training: String, validation: String) throws {
    var container = try completeModel().safeTensors()
    container.metadata["training.images"] = training
    container.metadata["training.validation_images"] = validation
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)".contains("images'"), "\(error)")
  }

  @Test func `writing gives the same bytes for the same model`() throws {
    #expect(try completeModel().encoded() == completeModel().encoded())
  }

  @Test func `a missing file and a folder are refused in words`() throws {
    let missing = try #require(throws: ModelFileError.self) { try Model.read(contentsOf: "/nonexistent/m") }
    #expect("\(missing)" == "cannot load '/nonexistent/m': no such file or directory")
    let folder = try #require(throws: ModelFileError.self) { try Model.read(contentsOf: "/") }
    #expect("\(folder)" == "cannot load '/': it is a folder, expected a regular file")
  }

  @Test(arguments: [15, 17, 0, -1, 1000, 2048, 48, Int.max, Int.min])
  func `sizes that no network has are refused with their neighbours`(size: Int) throws {
    let error = try #require(throws: HyperparametersError.self) { try Hyperparameters(size: size).validate() }
    #expect("\(error)".contains("nearest valid"))
  }

  @Test(arguments: [16, 32, 64, 128, 256, 512, 1024])
  func `powers of two from 16 to 1024 are sizes`(size: Int) {
    #expect(throws: Never.self) { try Hyperparameters(size: size).validate() }
  }
}
