import GANomalyModel
import Linux
import TestSupport
import Testing
import Training

struct ResumeTests {
  private typealias Fixture = TrainingFixture

  @Test(arguments: [Variant.paper, .keras], [(false, false), (true, false), (true, true)])
  func `from every step's checkpoint a training goes on to the same file, byte for byte`(
    variant: Variant, extras: (augments: Bool, averages: Bool)
  ) throws {
    let (augments, averages) = extras
    let folder = try Fixture.folder(30)
    // 27 train: paper has 3 steps of 8 an epoch, keras a fourth one of 3.
    let options = Fixture.options(variant == .paper ? Fixture.shape : Fixture.kerasShape) {
      if augments { $0.augmentation = Augmentation("flip,rotate90,shift,brightness,noise") ?? Augmentation() }
      $0.averagesWeights = averages
    }
    let whole = try Fixture.run(Fixture.trainer(folder, options))
    let stepCount = variant == .paper ? 9 : 12
    #expect(whole.checkpoints.count == stepCount)
    #expect(whole.model.trainingRecord?.rounds.last?.stepCount == stepCount)
    for (index, checkpoint) in whole.checkpoints.enumerated() {
      let rest = try Fixture.run(Fixture.trainer(folder, options, resuming: checkpoint))
      #expect(rest.model.encoded() == whole.model.encoded(), "after step \(index + 1)")
      // Its checkpoints are those of the training that was not cut off as well.
      #expect(rest.checkpoints == Array(whole.checkpoints.dropFirst(min(index + 1, stepCount - 1))))
    }
  }

  @Test func `one epoch, and then two more, are three`() throws {
    let folder = try Fixture.folder(30)
    let three = try Fixture.run(Fixture.trainer(folder, Fixture.options())).model
    let one = try Fixture.run(Fixture.trainer(folder, Fixture.options { $0.length = LengthRule(epochCount: 1) }))
    #expect(one.model.trainingRecord?.rounds.count == 1)
    let last = try #require(one.checkpoints.last)
    let more = try Fixture.run(
      Fixture.trainer(folder, Fixture.options { $0.threadCount = 3 }, memoryLimit: 0, resuming: last))
    #expect(more.model.encoded() == three.encoded())
  }

  @Test func `an end before the place where a training stands is refused, and one at it ends the training`() throws {
    let folder = try Fixture.folder(30)
    let whole = try Fixture.run(Fixture.trainer(folder, Fixture.options()))
    let last = try #require(whole.checkpoints.last)
    let error = #expect(throws: TrainingError.self) {
      try Fixture.trainer(folder, Fixture.options { $0.length = LengthRule(epochCount: 1) }, resuming: last)
    }
    #expect(error?.description.contains("9 steps") == true && error?.description.contains("is 3,") == true)
    let again = try Fixture.run(Fixture.trainer(folder, Fixture.options(), resuming: last))
    #expect(again.model.encoded() == whole.model.encoded())
  }

  @Test func `stopped in the middle of a round, the model has the part, and going on closes the whole round`() throws {
    let folder = try Fixture.folder(40)
    let whole = try Fixture.run(Fixture.trainer(folder, Fixture.options()))
    let stopped = try Fixture.run(Fixture.trainer(folder, Fixture.options()), stopAfter: 6)
    #expect(stopped.model.trainingRecord?.ending == .interruption)
    #expect(stopped.model.trainingRecord?.rounds.map(\.stepCount) == [4, 6])
    let last = try #require(stopped.checkpoints.last)
    let rest = try Fixture.run(Fixture.trainer(folder, Fixture.options(), resuming: last))
    #expect(rest.model.encoded() == whole.model.encoded())
  }

  @Test func `a training from disk gives the same file as one from memory`() throws {
    let folder = try Fixture.folder(30)
    let options = Fixture.options { $0.augmentation = Augmentation("flip,shift") ?? Augmentation() }
    let inMemory = try Fixture.run(Fixture.trainer(folder, options)).model.encoded()
    for (limit, threadCount) in [(0, 1), (0, 3), (10 * 256, 2)] {
      let options = Fixture.options {
        $0.augmentation = options.augmentation
        $0.threadCount = threadCount
      }
      let trainer = try Fixture.trainer(folder, options, memoryLimit: limit)
      #expect(try Fixture.run(trainer).model.encoded() == inMemory)
    }
  }

  @Test(arguments: ["removed", "changed", "damaged"])
  func `a picture that is not what it was ends a training from disk, and once it is back the training goes on`(
    how: String
  ) throws {
    let folder = try Fixture.folder(30)
    let whole = try Fixture.run(Fixture.trainer(folder, Fixture.options())).model
    let trainer = try Fixture.trainer(folder, Fixture.options(), memoryLimit: 0)
    let bytes = try folder.bytes(of: "p11.png")
    switch how {
    case "removed": try AtomicFile.remove(BytePath(folder.path("p11.png")))
    case "changed": try folder.write(Fixture.pictures(1, seed: 99)[0], to: "p11.png")
    default: try folder.write(Array(bytes.dropLast(20)), to: "p11.png")
    }
    var checkpoints: [[UInt8]] = []
    let error = try #require(throws: TrainingError.self) {
      _ = try trainer.run(report: { _ in }, shouldStop: { false }, save: { checkpoints.append($0.encoded()) })
    }
    #expect(error.description.hasPrefix("cannot go on with '\(folder.path("p11.png"))': "))
    try folder.write(bytes, to: "p11.png")
    let last = try #require(checkpoints.last)
    let rest = try Fixture.run(Fixture.trainer(folder, Fixture.options(), memoryLimit: 0, resuming: last))
    #expect(rest.model.encoded() == whole.encoded())
  }

  @Test func `pictures may have other names, but not other pixels`() throws {
    let folder = try Fixture.folder(30)
    let options = Fixture.options()
    let whole = try Fixture.run(Fixture.trainer(folder, options))
    let checkpoint = whole.checkpoints[3]
    let renamed = try TemporaryFolder()
    for (index, picture) in Fixture.pictures(30).reversed().enumerated() {
      try renamed.makeFolder("\(index % 7)")
      try renamed.write(picture, to: "\(index % 7)/q\(index).png")
    }
    let rest = try Fixture.run(Fixture.trainer(renamed, options, resuming: checkpoint))
    #expect(rest.model.encoded() == whole.model.encoded())
    try renamed.write(Fixture.pictures(1, seed: 99)[0], to: "3/q3.png")
    try renamed.write(Fixture.pictures(1, seed: 98)[0], to: "more.png")
    let error = try #require(throws: TrainingError.self) {
      _ = try Fixture.trainer(renamed, options, resuming: checkpoint)
    }
    #expect(
      error.description
        == "cannot resume from 'c' with 'good': 1 of its 30 pictures are not there, and 2 are there that it does not have, "
        + "such as '\(renamed.path("3/q3.png"))'; a training goes on with the pictures it began with")
  }

  @Test func `a checkpoint that cannot be written is told, and the training goes on`() throws {
    struct Full: Error, CustomStringConvertible { let description = "no space left on device" }
    let folder = try Fixture.folder(20)
    var warnings: [TrainingWarning] = []
    let model = try Fixture.trainer(folder, Fixture.options()).run(
      report: { if case .warning(let warning) = $0 { warnings.append(warning) } }, shouldStop: { false },
      checkpointInterval: .zero, save: { _ in throw Full() })
    #expect(warnings.count == 5)
    #expect(warnings.allSatisfy { $0 == .checkpointFailed(reason: "no space left on device") })
    #expect(model.encoded() == (try Fixture.run(Fixture.trainer(folder, Fixture.options())).model.encoded()))
  }

  @Test func `a checkpoint is a model file, and a model file without one is told from it`() throws {
    let folder = try Fixture.folder(20)
    let result = try Fixture.run(Fixture.trainer(folder, Fixture.options()))
    let last = try #require(result.checkpoints.last)
    #expect(try Model(bytes: last, name: "c").state == result.model.state)
    #expect(try Checkpoint(bytes: last, name: "c")?.encoded() == last)
    #expect(try Checkpoint(bytes: result.model.encoded(), name: "m") == nil)
    // Before a round has ended there is a model as well.
    let slow = try Fixture.run(
      Fixture.trainer(folder, Fixture.options { $0.length = LengthRule(stepCount: 3) }))
    #expect(try Model(bytes: slow.checkpoints[0], name: "c").trainingRecord?.chosenRound == 0)
  }

  @Test func `a checkpoint whose parts are missing or contradict each other is refused`() throws {
    let folder = try Fixture.folder(30)
    let bytes = try Fixture.run(Fixture.trainer(folder, Fixture.options())).checkpoints[3]
    let container = try SafeTensors(bytes: bytes)
    let names = container.tensors.keys.filter { $0.hasPrefix("checkpoint.") }
    #expect(names.count > 30)
    for name in names {
      var changed = container
      changed.tensors[name] = nil
      #expect(throws: TrainingError.self, "without \(name)") {
        _ = try Fixture.trainer(folder, Fixture.options(), resuming: changed.encoded())
      }
      changed.tensors[name] = SafeTensors.Tensor(shape: [3], values: .integers([-1, 1 << 60, 7]))
      #expect(throws: TrainingError.self, "other \(name)") {
        _ = try Fixture.trainer(folder, Fixture.options(), resuming: changed.encoded())
      }
      guard case .floats(var values)? = container.tensors[name]?.values else { continue }
      values[0] = .nan
      changed.tensors[name] = SafeTensors.Tensor(shape: container.tensors[name]?.shape ?? [], values: .floats(values))
      #expect(throws: TrainingError.self, "nan in \(name)") {
        _ = try Fixture.trainer(folder, Fixture.options(), resuming: changed.encoded())
      }
    }
    for (key, text) in [
      ("checkpoint.version", "2"), ("training.options.seed", "2x"), ("training.options.batch", "0"),
      ("training.options.augment", "explode"), ("training.options.surprise", "1"),
    ] {
      var changed = container
      changed.metadata[key] = text
      #expect(throws: TrainingError.self, "\(key)") {
        _ = try Fixture.trainer(folder, Fixture.options(), resuming: changed.encoded())
      }
    }
    var changed = container
    changed.tensors["checkpoint.counters"] = SafeTensors.Tensor(shape: [4], values: .integers([5, 4, 4, 1]))
    let error = try #require(throws: TrainingError.self) {
      _ = try Fixture.trainer(folder, Fixture.options(), resuming: changed.encoded())
    }
    #expect(error.description == "cannot resume from 'c': its counters contradict each other")
  }
}

struct TrainingOptionsTextTests {
  private func given(_ texts: [String: String]) throws -> TrainingOptions {
    try TrainingOptions(given: texts, threadCount: 1)
  }

  private func stored(_ options: TrainingOptions) -> [String: String] {
    let shapes = ["variant", "size", "channels", "latent", "features", "extra-layers"]
    var texts = options.texts
    for name in shapes { texts[name] = nil }
    texts["round-steps"] = texts["round-steps"] ?? "1"
    return texts
  }

  @Test func `each variant has its authors' defaults`() throws {
    let paper = try given([:])
    #expect(paper.hyperparameters == Hyperparameters())
    #expect(paper.batchSize == 64 && paper.learningRate == 2e-4 && paper.weights.contextual == 50)
    let keras = try given(["variant": "keras"])
    #expect(keras.hyperparameters == Hyperparameters(variant: .keras, size: 64, latentCount: 128, featureCount: 32))
    #expect(keras.batchSize == 32 && keras.learningRate == 1e-3 && keras.weights.contextual == 20)
    #expect(try given(["variant": "keras", "features": "8"]).hyperparameters.latentCount == 32)
    for (name, words) in [("latent", "four times --features"), ("extra-layers", "whose layers are fixed")] {
      let error = try #require(throws: TrainingError.self) { try given(["variant": "keras", name: "0"]) }
      #expect(error.description.hasSuffix(words), "\(error)")
    }
    #expect(throws: TrainingError.self) { try given(["variant": "other"]) }
    #expect(throws: TrainingError.self) { try given(["epochs": "3", "smallest-gain": "0.1"]) }
  }

  @Test func `options go on as they were stored, contradictions are named, an end is replaced`() throws {
    let began = try given([
      "size": "16", "features": "4", "batch": "8", "seed": "18446744073709551615", "augment": "shift=3,flip",
      "epochs": "2",
      "learning-rate": "1e-3",
    ])
    func resumed(_ texts: [String: String]) throws -> TrainingOptions {
      try TrainingOptions(
        resuming: began.hyperparameters, stored: stored(began), given: texts, threadCount: 1, file: "m.checkpoint")
    }
    var same = began
    same.leastRoundSteps = 1
    #expect(try resumed([:]) == same)
    #expect(try resumed(["batch": "8", "augment": "flip,shift=3", "size": "16"]) == same)
    #expect(try resumed(["epochs": "5"]).length == LengthRule(epochCount: 5))
    #expect(try resumed(["patience": "70"]).length == LengthRule(patience: 70))
    #expect(try resumed(["epochs": "5"]).leastRoundSteps == 1)
    let error = try #require(throws: TrainingError.self) { try resumed(["epochs": "5", "batch": "9"]) }
    #expect(
      error.description
        == "option '--batch' is 9, but the training in 'm.checkpoint' began with 8; leave it out to go on with 8, or begin "
        + "anew without --resume")
  }
}
