public import GANomalyModel
public import Imaging
private import Synchronization
private import Tensors

/// A training from pictures to a model: epochs of steps, the best epoch chosen on pictures that trained nothing.
///
/// The same pictures, options and seed give the same model, whatever the number of threads.
public final class Trainer {
  /// What is trained.
  public let options: TrainingOptions
  /// The plan, with the batch that fits the set.
  public let plan: TrainingEvent.Plan

  private let preparation: Preparation
  private let set: PictureSet
  private let split: PictureSplit
  private let pool: ThreadPool
  private let network: TrainableNetwork
  private var random: RandomGenerator
  private var epochs: [TrainingRecord.Epoch] = []
  private var best: (epoch: Int, validation: Float, state: StateDictionary)?

  /// Splits the pictures and draws the initial weights.
  ///
  /// - Parameters:
  ///   - folder: the set's name for sentences.
  /// - Throws: `TrainingError` for options out of range and for fewer than two pictures.
  public init(
    options: TrainingOptions, preparation: Preparation, set: PictureSet, folder: String
  ) throws(TrainingError) {
    try options.validate()
    guard set.entries.count >= 2 else {
      throw .tooFewPictures(folder: folder, found: set.entries.count, unusable: set.unusable.count)
    }
    self.options = options
    self.preparation = preparation
    self.set = set
    split = PictureSplit(
      digests: set.entries.map(\.digest), validationShare: options.validationShare,
      calibrationShare: options.calibrationShare,
      leastCalibrationCount: Calibration.neededCount(falsePositiveRate: options.falsePositiveRate) ?? .max,
      seed: options.seed)
    guard !options.scoreOptions.isCombination || split.validation.count >= 2 else {
      throw .score(.tooFewPictures(found: split.validation.count))
    }
    pool = ThreadPool(threadCount: options.threadCount)
    network = TrainableNetwork(options.hyperparameters)
    random = RandomGenerator(seed: options.seed)
    network.initialise(using: &random)
    let batchSize = min(options.batchSize, split.training.count)
    plan = TrainingEvent.Plan(
      trainingCount: split.training.count, validationCount: split.validation.count,
      calibrationCount: split.calibration.count, batchSize: batchSize,
      stepCount: split.training.count / batchSize, epochCount: options.epochCount)
  }

  /// Trains, and calibrates where pictures were kept out for it.
  ///
  /// - Parameters:
  ///   - report: told of every step and epoch.
  ///   - shouldStop: asked after every step; true ends the training with the best weights so far.
  ///   - save: given the model after every epoch that was the best so far: what it writes is usable at any time.
  /// - Returns: the model of the best epoch.
  /// - Throws: `TrainingError`; or what `save` throws.
  public func run(
    report: (TrainingEvent) -> Void, shouldStop: () -> Bool, save: (Model) throws -> Void
  ) throws -> Model {
    report(.started(plan))
    let step = network.makeStep(
      imageCount: plan.batchSize, pool: pool, optimisers: Optimisers(for: options.hyperparameters.variant),
      weights: LossWeights(for: options.hyperparameters.variant))
    var stopped = false
    for epoch in 1...options.epochCount where !stopped {
      let order = random.permutation(split.training.count).map { split.training[$0] }
      var sums = [0.0, 0.0, 0.0, 0.0]
      var done = 0
      for index in 0..<plan.stepCount where !stopped {
        for image in 0..<plan.batchSize {
          step.input.setSamples(set.entries[order[index * plan.batchSize + image]].picture.samples, ofImage: image)
        }
        let losses = step.run(random: &random)
        guard losses.areFinite else { throw TrainingError.diverged(epoch: epoch, step: index + 1, losses: losses) }
        for (place, loss) in [losses.adversarial, losses.contextual, losses.encoder, losses.discriminator].enumerated()
        { sums[place] += Double(loss) }
        done += 1
        report(.step(.init(epoch: epoch, step: index + 1, losses: losses)))
        stopped = shouldStop()
      }
      let isBest = finish(epoch: epoch, means: sums.map { Float($0 / Double(done)) })
      report(.epoch(.init(epoch: epoch, losses: epochs[epoch - 1], isBest: isBest)))
      if isBest { try save(try model()) }
      stopped = stopped || shouldStop()
    }
    var model = try model()
    if !split.calibration.isEmpty { model.calibration = try calibration(of: model) }
    return model
  }

  /// Pictures that a calibration at the end needs for its promise; nil when no number suffices.
  public var neededCalibrationCount: Int? { Calibration.neededCount(falsePositiveRate: options.falsePositiveRate) }

  /// Records an epoch; true when its weights are the best so far.
  private func finish(epoch: Int, means: [Float]) -> Bool {
    let validation = validationLoss()
    epochs.append(
      TrainingRecord.Epoch(
        adversarial: means[0], contextual: means[1], encoder: means[2], discriminator: means[3],
        validation: validation))
    // Without validation pictures the last epoch counts; a loss that is no number is never better.
    if let best, let validation, !(validation < best.validation) { return false }
    best = (epoch, validation ?? .infinity, network.state)
    return true
  }

  /// Mean contextual loss of the validation pictures in evaluation mode; nil where there are none.
  ///
  /// The other losses move with the discriminator or the latent's scale and cannot choose an epoch.
  private func validationLoss() -> Float? {
    if split.validation.isEmpty { return nil }
    let errors = perPicture(split.validation, scorer: Scorer(network: network, pool: pool)) {
      $0.contextualErrors(of: $1)
    }
    return Float(errors.reduce(0.0) { $0 + Double($1) } / Double(errors.count))
  }

  private func calibration(of model: Model) throws(TrainingError) -> Calibration? {
    guard split.calibration.count >= neededCalibrationCount ?? .max else { return nil }
    let scores = perPicture(split.calibration, scorer: Scorer(model: model)) { $0.scores(of: $1) }
    do {
      return try Calibration.fit(
        scores: scores, names: split.calibration.map { "\(set.entries[$0].path)" },
        falsePositiveRate: options.falsePositiveRate,
        setDigest: PictureSetDigest.text(of: split.calibration.map { set.entries[$0].digest }))
    } catch {
      throw .calibration(error)
    }
  }

  /// A figure for each of some pictures, computed by all threads, in the pictures' order.
  private func perPicture(
    _ indices: [Int], scorer: Scorer, _ compute: (ScoringLane, [Image]) -> [Float]
  ) -> [Float] {
    let grain = 16
    let figures = Mutex([Float](repeating: 0, count: indices.count))
    pool.runRanges(indices.count, grain: grain) { range, _ in
      let part = compute(
        scorer.makeLane(maximumBatch: range.count), range.map { set.entries[indices[$0]].picture })
      figures.withLock { $0.replaceSubrange(range, with: part) }
    }
    return figures.withLock { $0 }
  }

  private func model() throws -> Model {
    guard let best else { preconditionFailure("an epoch has ended") }
    var model = Model(hyperparameters: options.hyperparameters, preparation: preparation, state: best.state)
    try model.measureScore(options.scoreOptions, pictureCount: split.validation.count, pool: pool) { range in
      range.map { set.entries[split.validation[$0]].picture }
    }
    let used = (split.training + split.validation).map { set.entries[$0].digest }
    model.trainingDigests = used.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }.flatMap(\.self)
    model.trainingRecord = TrainingRecord(
      trainingCount: split.training.count, validationCount: split.validation.count,
      calibrationCount: split.calibration.count, setDigest: PictureSetDigest.text(of: used), seed: options.seed,
      batchSize: plan.batchSize, chosenEpoch: best.epoch, epochs: epochs)
    return model
  }
}
