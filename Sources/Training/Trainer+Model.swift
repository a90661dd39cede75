internal import GANomalyModel
internal import Imaging
private import Synchronization
private import Tensors

extension Trainer {
  /// The model of the best round so far; before one has ended, of the current weights.
  ///
  /// - Throws: `TrainingError` where its score cannot be measured.
  func model(ending: TrainingRecord.Ending?) throws(TrainingError) -> Model {
    var model: Model
    if let measuredBest {
      model = measuredBest
    } else {
      model = bareModel
      do {
        try model.measureScore(options.scoreOptions, pictureCount: validationInputs.count, pool: pool) { range in
          try set.images(of: validationInputs[range])
        }
      } catch let error as TrainingError {
        throw error
      } catch let error as ScoreOptionsError {
        throw .score(error)
      } catch {
        preconditionFailure("nothing else is thrown: \(error)")
      }
      if best != nil { measuredBest = model }
    }
    record(in: &model, ending: ending)
    return model
  }

  /// The model at the end: where its score cannot be measured, with its variant's own, so that no training is lost.
  func finalModel(
    ending: TrainingRecord.Ending?, _ report: (TrainingEvent) -> Void
  ) throws(TrainingError) -> Model {
    do throws(TrainingError) {
      return try model(ending: ending)
    } catch {
      guard case .score = error else { throw error }
      report(.warning(.scoreFailed(reason: "\(error)")))
      var model = bareModel
      record(in: &model, ending: ending)
      return model
    }
  }

  /// The best weights so far, or the current ones, with the variant's own score.
  private var bareModel: Model {
    Model(hyperparameters: options.hyperparameters, preparation: preparation, state: best?.state ?? evaluated.state)
  }

  /// Puts the pictures' digests and the training's record into a model.
  private func record(in model: inout Model, ending: TrainingRecord.Ending?) {
    let used = (split.training + split.validation).map { set.entries[$0].digest }
    model.trainingDigests = used.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }.flatMap(\.self)
    var record = TrainingRecord(
      trainingCount: split.training.count, validationCount: split.validation.count,
      calibrationCount: split.calibration.count, setDigest: PictureSetDigest.text(of: used), seed: options.seed,
      batchSize: plan.batchSize, chosenRound: best?.round ?? 0, rounds: rounds)
    record.stepsPerEpoch = plan.rounds.stepsPerEpoch
    record.ending = ending
    record.options = options.recordTexts
    if let windows = preparation.windows {
      record.options.merge(windows.optionTexts(side: preparation.size)) { $1 }
    }
    model.trainingRecord = record
  }

  /// The calibration with the pictures that were kept out; nil where they are too few for the promise.
  func calibration(of model: Model) throws(TrainingError) -> Calibration? {
    guard split.calibration.count >= neededCalibrationCount ?? .max else { return nil }
    let scores = try calibrationScores(Scorer(model: model))
    do {
      return try Calibration.fit(
        scores: scores, names: split.calibration.map { "\(set.entries[$0].path)" },
        falsePositiveRate: options.falsePositiveRate,
        setDigest: PictureSetDigest.text(of: split.calibration.map { set.entries[$0].digest }))
    } catch {
      throw .calibration(error)
    }
  }

  /// Scores of the pictures that were kept out, in their order: of whole pictures, however many windows they have.
  private func calibrationScores(_ scorer: Scorer) throws(TrainingError) -> [Float] {
    let scores = Mutex([Float](repeating: 0, count: split.calibration.count))
    let failures = Mutex<[Int: TrainingError]>([:])
    pool.runRanges(split.calibration.count, grain: Self.calibrationGrain) { range, _ in
      let lane = scorer.makePictureLane(preparation: preparation, maximumBatch: Self.calibrationGrain)
      do throws(TrainingError) {
        // Planes are large: one is read after the other.
        for place in windows == nil ? [range] : range.map({ $0..<$0 + 1 }) {
          let part = lane.scores(of: try set.pictures(split.calibration[place]))
          scores.withLock { $0.replaceSubrange(place, with: part) }
        }
      } catch {
        failures.withLock { $0[range.lowerBound] = error }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
    return scores.withLock { $0 }
  }

  /// Pictures that one thread scores in a row, and inputs that go through the network at once.
  private static let calibrationGrain = 16
}
