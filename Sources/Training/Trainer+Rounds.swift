internal import GANomalyModel
internal import Imaging
private import Layers
private import Synchronization
private import Tensors

extension Trainer {
  /// Most pictures, and most values, that are looked at for a collapse.
  private static let watchedCount = 32
  private static let watchedValues = 1 << 22
  /// Most reconstructions that are told.
  private static let shownCount = 8

  /// Ends a round: validation, record, best weights, a look for collapses; tells of it.
  ///
  /// - Throws: `TrainingError.diverged` where the validation loss or a weight is no number; `.score` after the first round
  ///   where the score cannot be measured.
  func finishRound(_ report: (TrainingEvent) -> Void) throws(TrainingError) {
    let scorer = Scorer(network: evaluated, pool: pool)
    let validation = try validationLoss(scorer)
    let means = position.sums.means
    let state = evaluated.state
    let areFinite = validation?.isFinite ?? state.allSatisfy { $0.value.values.allSatisfy(\.isFinite) }
    guard areFinite else {
      throw .diverged(
        step: position.stepCount, found: validation.map { "the validation loss is \($0)" } ?? "a weight is not finite")
    }
    rounds.append(
      TrainingRecord.Round(
        adversarial: means[0], contextual: means[1], encoder: means[2], discriminator: means[3],
        validation: validation, stepCount: position.stepCount))
    // Without validation pictures the last round counts.
    let isBest =
      best.map { best in
        validation.map { $0 < rounds[best.round - 1].validation ?? .infinity } ?? true
      } ?? true
    if isBest {
      best = (rounds.count, state)
      measuredBest = nil
    }
    position.sums = RoundSums()
    // A score that these pictures cannot have is told while little is lost.
    if rounds.count == 1 { _ = try model(ending: nil) }
    let (look, reconstructions) = try look(scorer, discriminatorLoss: means[3])
    report(
      .round(
        .init(
          number: rounds.count, losses: rounds[rounds.count - 1], isBest: isBest,
          stepsWithoutGain: options.length.stepsWithoutGain(rounds), reconstructions: reconstructions)))
    for warning in watch.look(look, at: position.stepCount) { report(.warning(warning)) }
  }

  /// Mean contextual loss of the validation pictures, or of their windows, in evaluation mode; nil where there are none.
  ///
  /// The other losses move with the discriminator or the latent's scale and cannot choose a round.
  private func validationLoss(_ scorer: Scorer) throws(TrainingError) -> Float? {
    if split.validation.isEmpty { return nil }
    let errors = try perInput(validationInputs, scorer: scorer) { $0.contextualErrors(of: $1) }
    return Float(errors.reduce(0.0) { $0 + Double($1) } / Double(errors.count))
  }

  /// What the network sees of pictures that do not train.
  static func inputs(of pictures: [Int], _ windows: TrainingWindows?) -> [NetworkInput] {
    guard let windows else { return pictures.map { NetworkInput(picture: $0, position: nil) } }
    return pictures.flatMap(windows.fixed)
  }

  /// A figure for each of some inputs, computed by all threads, in the inputs' order.
  ///
  /// - Parameter grain: inputs that one thread reads at once, and that go through the network at once: as many as a picture
  ///   has windows, so that it is hardly ever read twice.
  func perInput<Figure: Sendable>(
    _ inputs: [NetworkInput], scorer: Scorer, grain: Int = WindowPlaces.mostFixed,
    _ compute: (ScoringLane, [Image]) -> [Figure]
  ) throws(TrainingError) -> [Figure] {
    let parts = Mutex<[Int: Result<[Figure], TrainingError>]>([:])
    pool.runRanges(inputs.count, grain: grain) { range, _ in
      let part: Result<[Figure], TrainingError>
      do throws(TrainingError) {
        let images = try set.images(of: inputs[range])
        part = .success(compute(scorer.makeLane(maximumBatch: range.count), images))
      } catch {
        part = .failure(error)
      }
      parts.withLock { $0[range.lowerBound] = part }
    }
    var figures: [Figure] = []
    for (_, part) in parts.withLock({ $0 }).sorted(by: { $0.key < $1.key }) { figures += try part.get() }
    return figures
  }

  /// Looks at some pictures, validation ones where there are any, and at what both networks make of them.
  private func look(
    _ scorer: Scorer, discriminatorLoss: Float
  ) throws(TrainingError) -> (CollapseWatch.Look, [TrainingEvent.Reconstruction]) {
    let values = preparation.size * preparation.size * preparation.channelCount
    let count = min(Self.watchedCount, max(2, Self.watchedValues / values))
    let watched = watchedInputs(count)
    let pairs = try perInput(watched, scorer: scorer, grain: 4) { lane, pictures in
      let inputs = pictures.map { $0.samples.map(Preparation.input) }
      return zip(pictures, zip(inputs, lane.evaluate(inputs: inputs))).map { ($0, $1.0, $1.1.reconstruction) }
    }
    let (inputs, outputs) = (pairs.map(\.1), pairs.map(\.2))
    let look = CollapseWatch.Look(
      pictureVariance: Self.variance(of: inputs), reconstructionVariance: Self.variance(of: outputs),
      logitSpread: Self.variance(of: logits(of: inputs + outputs).map { [$0] }).squareRoot(),
      discriminatorLoss: discriminatorLoss)
    let shown = pairs.prefix(Self.shownCount).map { picture, _, output in
      var reconstruction = picture
      reconstruction.samples = output.map(Preparation.sample)
      return TrainingEvent.Reconstruction(picture: picture, reconstruction: reconstruction)
    }
    return (look, shown)
  }

  /// The inputs that are looked at: one of each picture, and where pictures are fewer, more of their windows.
  private func watchedInputs(_ count: Int) -> [NetworkInput] {
    let pictures = (split.validation.count >= 2 ? split.validation : split.training).prefix(count)
    let inputs = pictures.map { Self.inputs(of: [$0], windows) }
    let most = inputs.map(\.count).max() ?? 0
    let inTurn = (0..<most).flatMap { place in inputs.compactMap { place < $0.count ? $0[place] : nil } }
    return Array(inTurn.prefix(count))
  }

  /// The discriminator's logits in evaluation mode.
  private func logits(of pictures: [[Float]]) -> [Float] {
    let chain = EvaluationChain(evaluated.discriminator, instructionSet: network.instructionSet, pool: pool)
    let logits = Mutex([Float](repeating: 0, count: pictures.count))
    pool.runRanges(pictures.count, grain: 4) { range, _ in
      let lane = EvaluationLane(chain, imageCount: range.count)
      let map = FeatureMap(
        imageCount: range.count, side: preparation.size, channelCount: preparation.channelCount,
        border: network.architecture.imageBorder)
      for (image, index) in range.enumerated() { map.setValues(pictures[index], ofImage: image) }
      chain.forward(map, images: 0..<range.count, lane: lane)
      let part = (0..<range.count).map { lane.output.values(ofImage: $0)[0] }
      logits.withLock { $0.replaceSubrange(range, with: part) }
    }
    return logits.withLock { $0 }
  }

  /// The mean, over all values, of the variance across lists.
  private static func variance(of lists: [[Float]]) -> Float {
    let count = Double(lists.count)
    var total = 0.0
    for index in lists[0].indices {
      var (sum, squares) = (0.0, 0.0)
      for list in lists {
        sum += Double(list[index])
        squares += Double(list[index]) * Double(list[index])
      }
      total += max(0, squares / count - sum / count * (sum / count))
    }
    return Float(total / Double(lists[0].count))
  }
}
