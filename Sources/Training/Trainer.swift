public import GANomalyModel
public import Imaging
private import Linux
internal import Tensors

/// A training from pictures to a model: rounds of steps, the best round chosen on pictures that trained nothing.
///
/// The same pictures, options and seed give the same model, whatever the number of threads, in one run or in several.
public final class Trainer {
  /// What is trained.
  public let options: TrainingOptions
  /// The plan, with the batch that fits the set.
  public let plan: TrainingEvent.Plan

  let preparation: Preparation
  let set: PictureSet
  let split: PictureSplit
  /// Where the network sees windows, which ones; nil where it sees pictures whole.
  let windows: TrainingWindows?
  /// What the network sees of the pictures that choose the round: the same at every look.
  let validationInputs: [NetworkInput]
  /// Pictures, or windows, of an epoch.
  private let epochInputCount: Int
  /// Most bytes of windows that are shuffled together: it decides the model, and is the same in every training. Tests take
  /// fewer, so that small sets have several blocks.
  var windowBlockBytes = WindowEpoch.blockBytes
  let pool: ThreadPool
  let network: TrainableNetwork
  let optimisers: Optimisers
  /// The moving averages of the network; nil where the options do not ask for them.
  var averaged: AveragedWeights?
  var position: TrainingPosition
  var rounds: [TrainingRecord.Round] = []
  var best: (round: Int, state: StateDictionary)?
  var watch = CollapseWatch()
  /// The best weights as a model with its score measured, without a record; nil until it is asked for.
  var measuredBest: Model?

  /// Splits the pictures, and draws the initial weights or takes those of a checkpoint.
  ///
  /// - Parameters:
  ///   - folder: the set's name for sentences.
  ///   - checkpoint: where the training goes on, and its file's name for sentences; nil: it begins.
  /// - Throws: `TrainingError` for options out of range, for fewer than two pictures, and for others than the checkpoint's.
  public init(
    options: TrainingOptions, preparation: Preparation, set: PictureSet, folder: String,
    resuming checkpoint: (value: Checkpoint, file: String)? = nil
  ) throws(TrainingError) {
    try options.validate()
    // Whole pictures have nothing to join.
    guard preparation.windows != nil || options.scoreOptions.windowPooling == .maximum else { throw .score(.noWindows) }
    do throws(ScoreOptionsError) {
      try options.scoreOptions.checkStride(preparation.windows?.stride, for: options.hyperparameters)
    } catch {
      throw .score(error)
    }
    let unfit = set.unusable.filter(\.hasWrongSize)
    if let first = unfit.first {
      throw .wrongSize(
        folder: folder, count: unfit.count, of: set.entries.count + set.unusable.count, path: first.path,
        reason: first.reason)
    }
    guard set.entries.count >= 2 else {
      throw .tooFewPictures(folder: folder, found: set.entries.count, unusable: set.unusable.count)
    }
    var options = options
    options.leastRoundSteps = options.leastRoundSteps ?? (options.length.epochCount == nil ? RoundPlan.leastSteps : 1)
    self.options = options
    self.preparation = preparation
    if let checkpoint {
      self.set = try checkpoint.value.ordered(set, folder: folder, file: checkpoint.file)
    } else {
      self.set = set
    }
    split = PictureSplit(
      digests: self.set.entries.map(\.digest), validationShare: options.validationShare,
      // Terms are standardised by a mean and a deviation, which one picture has not.
      leastValidationCount: options.scoreOptions.isCombination ? 2 : 1, calibrationShare: options.calibrationShare,
      leastCalibrationCount: Calibration.neededCount(falsePositiveRate: options.falsePositiveRate) ?? .max,
      seed: options.seed)
    guard !options.scoreOptions.isCombination || split.validation.count >= 2 else {
      throw .score(.tooFewPictures(found: split.validation.count))
    }
    let windows = TrainingWindows(self.set, seed: options.seed)
    self.windows = windows
    let validationInputs = Self.inputs(of: split.validation, windows)
    self.validationInputs = validationInputs
    let epochInputCount = Self.epochInputCount(of: split.training, windows)
    self.epochInputCount = epochInputCount
    // A step's regions follow one another; with sleep in between it takes up to a tenth longer (0030). Threads without
    // a processor of their own must not look: they would keep others from work.
    let hasProcessors = options.threadCount <= CurrentProcess.processorCount
    pool = ThreadPool(threadCount: options.threadCount, patience: hasProcessors ? ThreadPool.shortPatience : 0)
    network = TrainableNetwork(options.hyperparameters)
    optimisers = Optimisers(for: options.hyperparameters.variant, learningRate: options.learningRate)
    position = TrainingPosition(seed: options.seed)
    let batchSize = min(options.batchSize, epochInputCount)
    let wholeBatches = epochInputCount / batchSize
    let hasShortBatch = options.hyperparameters.variant == .keras && epochInputCount % batchSize != 0
    plan = TrainingEvent.Plan(
      trainingCount: split.training.count, validationCount: split.validation.count,
      calibrationCount: split.calibration.count, batchSize: batchSize,
      windows: windows.map {
        .init(side: $0.side, epochCount: epochInputCount, validationCount: validationInputs.count)
      },
      memoryBytes: StepMemory.bytes(options, batchSize: batchSize)
        + Self.readAheadBytes(self.set, windows, inputCount: epochInputCount),
      rounds: RoundPlan(
        stepsPerEpoch: wholeBatches + (hasShortBatch ? 1 : 0), leastSteps: options.leastRoundSteps ?? 1),
      length: options.length, stepsDone: checkpoint?.value.position.stepCount ?? 0)
    if let checkpoint {
      let done = checkpoint.value.position.stepCount
      if let most = options.length.mostSteps(stepsPerEpoch: plan.rounds.stepsPerEpoch), most < done {
        throw .endIsPast(file: checkpoint.file, done: done, end: most)
      }
      try restore(checkpoint.value, file: checkpoint.file)
    } else {
      network.initialise(using: &position.random)
      if options.averagesWeights { averaged = AveragedWeights(of: network) }
    }
  }

  /// What is validated, scored and stored: the averages where there are any.
  var evaluated: TrainableNetwork { averaged?.network ?? network }

  /// Trains, and calibrates where pictures were kept out for it.
  ///
  /// - Parameters:
  ///   - report: told of every step and round.
  ///   - shouldStop: asked after every step; true ends the training with the best weights so far.
  ///   - clock: a time that only goes forward.
  ///   - checkpointInterval: longest time between two checkpoints.
  ///   - savesLast: whether the place where the training ends is saved as well; where it is stopped, it always is.
  ///   - save: writes a checkpoint; where it throws, that is reported, and tried again later.
  /// - Returns: the model of the best round.
  /// - Throws: `TrainingError`; before it, the place where the training stopped is saved where it can go on from there.
  public func run(
    report: (TrainingEvent) -> Void, shouldStop: () -> Bool, clock: () -> Duration = monotonicClock(),
    checkpointInterval: Duration = .seconds(600), savesLast: Bool = false, save: (Checkpoint) throws -> Void
  ) throws(TrainingError) -> Model {
    report(.started(plan))
    let begin = clock()
    var schedule = CheckpointSchedule(interval: checkpointInterval, now: begin)
    let steps = makeSteps()
    var feed: (any BatchFeed)?
    // A place saved because a validation picture had changed lies before the end of its round.
    if roundIsOver { try saving(save, report) { () throws(TrainingError) in try finishRound(report) } }
    var ending = ending(elapsed: nil)
    while ending == nil {
      if position.order.isEmpty {
        position.order = position.random.permutation(split.training.count)
        feed = nil
      }
      let current = feed ?? makeFeed()
      feed = current
      let pictures = try saving(save, report) { () throws(TrainingError) in try current.next() }
      let losses = try run(steps[pictures.count == plan.batchSize ? 0 : 1], on: pictures)
      report(.step(stepEvent(losses, imageCount: pictures.count)))
      if let warning = watch.step(position.stepCount, wasRedrawn: losses.discriminatorWasRedrawn) {
        report(.warning(warning))
      }
      let endsRound = roundIsOver
      if endsRound { try saving(save, report) { () throws(TrainingError) in try finishRound(report) } }
      ending = self.ending(elapsed: clock() - begin) ?? (shouldStop() ? .interruption : nil)
      let now = clock()
      if ending == nil, schedule.isDue(now: now, endsRound: endsRound) {
        self.save(save, report)
        schedule.note(begin: now, end: clock())
      }
    }
    // Before the unfinished round is closed: a training that goes on from here closes it where it would have.
    if savesLast || ending == .interruption { self.save(save, report) }
    if position.sums.stepCount > 0 { try finishRound(report) }
    var model = try finalModel(ending: ending, report)
    if !split.calibration.isEmpty { model.calibration = try calibration(of: model) }
    return model
  }

  /// Pictures that a calibration at the end needs for its promise; nil when no number suffices.
  public var neededCalibrationCount: Int? { Calibration.neededCount(falsePositiveRate: options.falsePositiveRate) }

  /// The time since it was made.
  public static func monotonicClock() -> () -> Duration {
    let begin = ContinuousClock.now
    return { ContinuousClock.now - begin }
  }

  /// The variant's steps: over whole batches, and over the short one at an epoch's end where the variant has one.
  private func makeSteps() -> [any TrainingStep] {
    let rest = epochInputCount % plan.batchSize
    let hasShortBatch = options.hyperparameters.variant == .keras && rest > 0
    return ([plan.batchSize] + (hasShortBatch ? [rest] : [])).map {
      network.makeStep(imageCount: $0, pool: pool, optimisers: optimisers, weights: options.weights)
    }
  }

  /// Inputs of an epoch: its pictures, or their windows.
  private static func epochInputCount(of pictures: [Int], _ windows: TrainingWindows?) -> Int {
    guard let windows else { return pictures.count }
    return pictures.reduce(0) { $0 + windows.epochCount(of: $1) }
  }

  /// Most bytes of windows that are read ahead of need, where some pictures are not in memory.
  private static func readAheadBytes(_ set: PictureSet, _ windows: TrainingWindows?, inputCount: Int) -> Int {
    guard let windows, set.keptCount < set.entries.count else { return 0 }
    return min(2 * WindowEpoch.blockBytes, inputCount * windows.bytesPerWindow)
  }

  /// The current epoch's batches that are still to come.
  private func makeFeed() -> any BatchFeed {
    let steps = plan.rounds.stepsPerEpoch
    let (epoch, stepOfEpoch) = position.stepCount.quotientAndRemainder(dividingBy: steps)
    let order = position.order.map { split.training[$0] }
    guard let windows else {
      let batches = (0..<steps).map { step in
        Array(order[step * plan.batchSize..<min((step + 1) * plan.batchSize, order.count)])
      }
      return PictureFeed(set, batches: batches[stepOfEpoch...], threadCount: options.threadCount)
    }
    return WindowFeed(
      set,
      epoch: WindowEpoch(
        number: epoch, order: order, windows: windows, seed: options.seed, blockBytes: windowBlockBytes),
      windows: stepOfEpoch * plan.batchSize..<min(steps * plan.batchSize, epochInputCount),
      batchSize: plan.batchSize, threadCount: options.threadCount)
  }

  private func run(_ step: any TrainingStep, on pictures: [Image]) throws(TrainingError) -> StepLosses {
    let augmentation = options.augmentation
    let seeds = augmentation.isNone ? [] : pictures.map { _ in position.augmentationRandom.next() }
    pool.run(pictures.count) { image, _ in
      let picture = augmentation.isNone ? pictures[image] : augmentation.changed(pictures[image], seed: seeds[image])
      step.input.setSamples(picture.samples, ofImage: image)
    }
    let losses = step.run(random: &position.random)
    position.stepCount += 1
    if position.stepCount % AveragedWeights.interval == 0 { averaged?.update(from: network) }
    if position.stepCount % plan.rounds.stepsPerEpoch == 0 { position.order = [] }
    position.sums.add(losses)
    guard losses.areFinite else {
      throw TrainingError.diverged(
        step: position.stepCount,
        found: "losses are \(losses.adversarial), \(losses.contextual), \(losses.encoder) and \(losses.discriminator)")
    }
    return losses
  }

  private func stepEvent(_ losses: StepLosses, imageCount: Int) -> TrainingEvent.Step {
    let (epoch, step) = (position.stepCount - 1).quotientAndRemainder(dividingBy: plan.rounds.stepsPerEpoch)
    return TrainingEvent.Step(
      number: position.stepCount, epoch: epoch + 1, stepOfEpoch: step + 1, imageCount: imageCount, losses: losses)
  }

  private func ending(elapsed: Duration?) -> TrainingRecord.Ending? {
    options.length.ending(
      stepCount: position.stepCount, stepsPerEpoch: plan.rounds.stepsPerEpoch, rounds: rounds,
      elapsedMinutes: elapsed.map { $0 / .seconds(60) })
  }

  /// Whether a round's last step is done and its end is not.
  private var roundIsOver: Bool { position.sums.stepCount > 0 && plan.rounds.endsRound(position.stepCount) }

  /// Does what reads pictures; where one has changed, saves the place, so that the training can go on from it.
  private func saving<Result>(
    _ save: (Checkpoint) throws -> Void, _ report: (TrainingEvent) -> Void, _ body: () throws(TrainingError) -> Result
  ) throws(TrainingError) -> Result {
    do throws(TrainingError) {
      return try body()
    } catch {
      if case .pictureChanged = error { self.save(save, report) }
      throw error
    }
  }

  private func save(_ save: (Checkpoint) throws -> Void, _ report: (TrainingEvent) -> Void) {
    do { try save(checkpoint()) } catch { report(.warning(.checkpointFailed(reason: "\(error)"))) }
  }
}
