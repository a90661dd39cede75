import GANomalyModel
import Imaging
import Layers
import Linux
import Tensors
import TestSupport
import Testing
import Training

@Suite struct TrainerTests {
  private static let shape = Hyperparameters(size: 16, latentCount: 4, featureCount: 4)

  /// Pictures of random blocks in a folder of their own.
  private func folder(_ count: Int, seed: UInt64 = 5) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var random = RandomGenerator(seed: seed)
    for index in 0..<count {
      var samples = [UInt8](repeating: 40, count: 16 * 16)
      let corner = Int(random.next() % 8)
      for row in corner..<corner + 8 {
        for column in corner..<corner + 8 { samples[row * 16 + column] = UInt8(150 + random.next() % 60) }
      }
      let picture = Image(width: 16, height: 16, channelCount: 1, samples: samples)
      try folder.write(picture, to: "p\(index).png")
    }
    return folder
  }

  private func trainer(
    _ folder: TemporaryFolder, change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> Trainer {
    var options = TrainingOptions(hyperparameters: Self.shape, threadCount: 2)
    options.length = LengthRule(epochCount: 3)
    options.batchSize = 8
    change(&options)
    let preparation = Preparation(size: 16, channelCount: 1)
    let set = try PictureSet(below: BytePath(folder.path), preparation: preparation, threadCount: 2)
    return try Trainer(options: options, preparation: preparation, set: set, folder: "good")
  }

  private func train(_ trainer: Trainer, stopAfter: Int = .max) throws -> (model: Model, events: [TrainingEvent]) {
    var events: [TrainingEvent] = []
    var steps = 0
    let model = try trainer.run(
      report: {
        events.append($0)
        if case .step = $0 { steps += 1 }
      }, shouldStop: { steps >= stopAfter }, save: { _ in })
    return (model, events)
  }

  @Test func `the same seed gives the same file, byte for byte, with any number of threads`() throws {
    let folder = try folder(40)
    let reference = try train(trainer(folder)).model.encoded()
    for threadCount in [1, 2, 3] {
      #expect(try train(trainer(folder) { $0.threadCount = threadCount }).model.encoded() == reference)
    }
    #expect(try train(trainer(folder) { $0.seed = 2 }).model.encoded() != reference)
  }

  @Test func `training lowers the validation loss, and the best epoch's weights are the model's`() throws {
    let folder = try folder(60)
    let result = try train(trainer(folder) { $0.length = LengthRule(epochCount: 12) })
    let record = try #require(result.model.trainingRecord)
    let losses = record.rounds.compactMap(\.validation)
    #expect(losses.count == 12)
    let least = try #require(losses.min())
    #expect(least < losses[0])
    #expect(losses[record.chosenRound - 1] == least)
    // The weights that were kept are those of that epoch: a shorter training ends with the same.
    let shorter = try train(trainer(folder) { $0.length = LengthRule(epochCount: record.chosenRound) }).model
    #expect(shorter.state == result.model.state)
  }

  @Test func `an interrupted training gives a whole model`() throws {
    let result = try train(trainer(folder(40)), stopAfter: 1)
    #expect(result.model.trainingRecord?.rounds.count == 1)
    let read = try Model(bytes: result.model.encoded(), name: "m")
    #expect(read.state == result.model.state)
  }

  @Test func `a batch larger than the set becomes the set`() throws {
    let trainer = try trainer(folder(5)) { $0.batchSize = 64 }
    #expect(trainer.plan.batchSize == trainer.plan.trainingCount)
    #expect(trainer.plan.rounds.stepsPerEpoch == 1)
    _ = try train(trainer)
  }

  @Test(arguments: [0, 1]) func `fewer than two pictures are refused`(count: Int) throws {
    let folder = try folder(count)
    try folder.write(Array("text".utf8), to: "text.png")
    let error = #expect(throws: TrainingError.self) { _ = try trainer(folder) }
    #expect(
      error?.description
        == "cannot train on 'good': found \(count) usable PNG \(count == 1 ? "picture" : "pictures") besides 1 that cannot be read, expected at least 2"
    )
  }

  @Test func `two pictures train`() throws {
    let trainer = try trainer(folder(2))
    #expect(trainer.plan.trainingCount == 1 && trainer.plan.validationCount == 1)
    let model = try train(trainer).model
    #expect(model.trainingDigests.count == 2 * PictureDigest.byteCount)
  }

  @Test func `a calibration at the end uses pictures that nothing else saw`() throws {
    let trainer = try trainer(folder(520)) {
      $0.length = LengthRule(epochCount: 1)
      $0.batchSize = 64
    }
    #expect(trainer.plan.calibrationCount == 104)
    let model = try train(trainer).model
    let calibration = try #require(model.calibration)
    #expect(calibration.scores.count == 104 && calibration.date == nil)
    #expect(model.trainingPictures.count == 520 - 104)
  }

  @Test func `calibration pictures have no part in the terms' statistics, validation pictures alone have`() throws {
    let folder = try folder(60)
    func change(_ options: inout TrainingOptions) {
      options.length = LengthRule(epochCount: 1)
      options.calibrationShare = 0.25
      options.falsePositiveRate = 0.1
      options.scoreOptions = ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [1, 2]))
    }
    let reference = try train(trainer(folder, change: change)).model
    let statistics = try #require(reference.termStatistics)
    let preparation = reference.preparation
    let set = try PictureSet(below: BytePath(folder.path), preparation: preparation, threadCount: 1)
    let split = PictureSplit(
      digests: set.entries.map(\.digest), validationShare: 0.1, calibrationShare: 0.25, leastCalibrationCount: 9,
      seed: 1)
    #expect(split.calibration.count == 15 && statistics.pictureCount == split.validation.count)
    let pictures = try split.validation.map { try set.picture($0) }
    let measured = try TermStatistics.measure(
      reference, pictureCount: pictures.count, pool: ThreadPool(threadCount: 1)
    ) { $0.map { pictures[$0] } }
    #expect(measured == statistics)
    let pictureOf = Dictionary(uniqueKeysWithValues: try split.calibration.map { ($0, try set.picture($0)) })
    // Other pictures in the places of those that calibrate: another threshold, the same statistics and weights.
    for place in split.calibration {
      var picture = pictureOf[place]!
      for index in picture.samples.indices { picture.samples[index] = 255 - picture.samples[index] / 2 }
      try folder.write(
        PNG.encode(picture), to: "\(set.entries[place].path.description.dropFirst(folder.path.count + 1))")
    }
    let other = try train(trainer(folder, change: change)).model
    #expect(other.termStatistics == statistics)
    #expect(other.state == reference.state)
    #expect(other.calibration?.scores.count == 15)
    #expect(other.calibration?.scores != reference.calibration?.scores)
    // Another validation picture is another measurement.
    var picture = pictures[0]
    picture.samples[7] ^= 0x80
    try folder.write(
      PNG.encode(picture), to: "\(set.entries[split.validation[0]].path.description.dropFirst(folder.path.count + 1))")
    #expect(try train(trainer(folder, change: change)).model.termStatistics != statistics)
  }

  @Test
  func `a combination without two validation pictures is refused before training, with constant terms at its end`()
    throws
  {
    let error = #expect(throws: TrainingError.self) {
      try trainer(folder(40)) {
        $0.validationShare = 0
        $0.scoreOptions = ScoreOptions(terms: [.latent, .local])
      }
    }
    #expect(error?.description.contains("found 0") == true)
    // The same picture again and again: nothing can be standardised; that is said, and no training is lost.
    let same = try TemporaryFolder()
    for index in 0..<20 {
      try same.write(Image(width: 16, height: 16, channelCount: 1, level: 90), to: "\(index).png")
    }
    let constant = try trainer(same) { $0.scoreOptions = ScoreOptions(terms: [.latent, .local]) }
    let failure = #expect(throws: TrainingError.self) { try train(constant) }
    #expect(failure.map { "\($0)" }?.contains("its deviation is 0") == true)
    // Alone, every term has a model.
    for term in ScoreOptions.Term.allCases {
      let model = try train(trainer(same) { $0.scoreOptions = ScoreOptions(terms: [term]) }).model
      #expect(model.scoreOptions.terms == [term])
      #expect(try Model(bytes: model.encoded(), name: "m").scoreOptions == model.scoreOptions)
    }
  }

  @Test func `without enough pictures for a promise, none is kept out`() throws {
    let trainer = try trainer(folder(100)) { $0.length = LengthRule(epochCount: 1) }
    #expect(trainer.plan.calibrationCount == 0 && trainer.neededCalibrationCount == 99)
    #expect(trainer.plan.trainingCount + trainer.plan.validationCount == 100)
    #expect(try train(trainer).model.calibration == nil)
  }

  @Test(arguments: [Float.infinity, 0])
  func `a discriminator whose loss is below the limit is drawn anew, its running statistics stay`(limit: Float) throws {
    let network = TrainableNetwork(Self.shape)
    var random = RandomGenerator(seed: 1)
    network.initialise(using: &random)
    let step = PaperStep(
      network: network, imageCount: 2, pool: ThreadPool(threadCount: 1), redrawnBelow: limit)
    for image in 0..<2 {
      step.input.setValues(
        random.normal(count: step.input.valuesPerImage, mean: 0, deviation: 0.4), ofImage: image)
    }
    var gradientCalls = 0
    var before: StateDictionary = [:]
    var untouched = random
    let losses = step.run(random: &random) {
      gradientCalls += 1
      before = network.state
    }
    #expect(gradientCalls == 2)
    #expect(losses.discriminatorWasRedrawn == (limit == .infinity))
    if limit == 0 {
      #expect(random == untouched)
      return
    }
    let after = network.state
    let expected = TrainableNetwork(Self.shape)
    expected.discriminator.drawWeights(using: &untouched)
    for (name, tensor) in expected.state where name.hasPrefix("netd.") {
      #expect(after[name] == (name.contains("running_") ? before[name] : tensor), "\(name)")
    }
  }
}
