public import Imaging

/// A trained network with all that belongs to it: what a model file holds.
public struct Model: Sendable {
  /// The network's shapes.
  public var hyperparameters: Hyperparameters
  /// How pixels become input.
  public var preparation: Preparation
  /// How the score is taken.
  public var scoreOptions: ScoreOptions
  /// Mean and deviation of the score's terms on the validation pictures; nil where there were none.
  public var termStatistics: TermStatistics?
  /// How the weights came to be; nil for weights from elsewhere.
  public var trainingRecord: TrainingRecord?
  /// The rule for verdicts; nil until calibrated.
  public var calibration: Calibration?
  /// Weights and running statistics of generator and discriminator; all of the discriminator's may be absent.
  public var state: StateDictionary
  /// First 16 bytes of the SHA-256 of each prepared picture that training or validation used, one after the other.
  public var trainingDigests: [UInt8]
  /// The self-test of the file that this model was read from; nil for one made in memory, and for a file without one.
  ///
  /// What is written gets a probe of its own: it belongs to weights and score as they are then.
  public internal(set) var probe: Probe?
  /// The SHA-256 of the file that this model was read from, 64 hexadecimal digits; nil for one made in memory.
  ///
  /// It names the file's bytes: it stays as it is when this value is changed afterwards.
  public internal(set) var sha256: String?

  /// A model without a calibration.
  public init(hyperparameters: Hyperparameters, preparation: Preparation, state: StateDictionary) {
    self.hyperparameters = hyperparameters
    self.preparation = preparation
    self.scoreOptions = .default(for: hyperparameters.variant)
    self.state = state
    self.trainingDigests = []
  }

  /// Whether the state has the discriminator's tensors: without them no term sees features, and no training goes on.
  ///
  /// `ganomaly train` always writes them; weights from elsewhere may be the generator's alone.
  public var hasDiscriminator: Bool { hyperparameters.discriminatorShapes.contains { state[$0.name] != nil } }

  /// The score with its statistics.
  ///
  /// - Throws: `ScoreOptionsError` where the options cannot be, a combined term has no deviation above 0, or a term needs
  ///   a discriminator that is not there, or scores of windows are to be joined where there are none, or windows
  ///   leave pixels between them that no term sees. A model read from a file has a score.
  public var scoreRule: ScoreRule {
    get throws(ScoreOptionsError) {
      if scoreOptions.measures.contains(where: \.usesDiscriminator), !hasDiscriminator { throw .noDiscriminator }
      if scoreOptions.windowPooling != .maximum, preparation.windows == nil { throw .noWindows }
      let rule = try ScoreRule(scoreOptions, for: hyperparameters, statistics: termStatistics)
      try scoreOptions.checkStride(preparation.windows?.stride, for: hyperparameters)
      return rule
    }
  }

  /// Changes the score; a calibration is removed, because its threshold belongs to the old score.
  ///
  /// - Throws: `ScoreOptionsError` where the score cannot be taken; the model stays as it was.
  public mutating func setScore(_ options: ScoreOptions) throws(ScoreOptionsError) {
    var changed = self
    changed.scoreOptions = options
    _ = try changed.scoreRule
    if options != scoreOptions { calibration = nil }
    scoreOptions = options
  }

  /// Takes a calibration, and remembers that the file this model was read from gives the same scores.
  ///
  /// - Precondition: nothing that the scores depend on was changed since the model was read.
  public mutating func calibrate(_ calibration: Calibration) {
    var known = self.calibration?.sameScores ?? []
    if let sha256 {
      known.removeAll { $0 == sha256 }
      known.append(sha256)
    }
    self.calibration = calibration
    self.calibration?.sameScores = known.suffix(Calibration.mostSameScores)
  }

  /// SHA-256s of all model files that are known to give the scores that this one gives.
  public var sameScores: [String] { (sha256.map { [$0] } ?? []) + (calibration?.sameScores ?? []) }

  /// The pictures that training or validation used.
  public var trainingPictures: Set<PictureDigest> {
    let starts = stride(from: 0, to: trainingDigests.count, by: PictureDigest.byteCount)
    return Set(starts.map { PictureDigest(bytes: trainingDigests[$0..<($0 + PictureDigest.byteCount)]) })
  }
}
