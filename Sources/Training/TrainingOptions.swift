public import GANomalyModel

/// Everything that a training can be told.
public struct TrainingOptions: Sendable, Equatable {
  /// Shapes of the network.
  public var hyperparameters: Hyperparameters
  /// When it ends.
  public var length = LengthRule()
  /// Pictures a step; a larger one becomes the training set.
  public var batchSize: Int
  /// The seed of every random number.
  public var seed: UInt64 = 1
  /// Threads; the result does not depend on their number.
  public var threadCount: Int
  /// Size of both optimisers' steps.
  public var learningRate: Double
  /// Weights of the generator's losses.
  public var weights: LossWeights
  /// Random changes of training pictures.
  public var augmentation = Augmentation()
  /// Share of the pictures that chooses the round, 0 up to but not including 1.
  public var validationShare = 0.1
  /// Share of the pictures kept out of everything for the calibration at the end, 0 up to but not including 1.
  public var calibrationShare = 0.2
  /// Rate of false alarms that the calibration at the end promises.
  public var falsePositiveRate = 0.01
  /// Fewest steps of a round; nil: 1 where epochs are asked for, else `RoundPlan.leastSteps`.
  public var leastRoundSteps: Int?

  /// Whether moving averages of all weights are validated, scored and stored instead of the weights as they are.
  public var averagesWeights = false
  /// What the model's score is made of; the variant's own where not chosen.
  public var scoreOptions: ScoreOptions

  /// The defaults of the hyperparameters' variant.
  public init(hyperparameters: Hyperparameters, threadCount: Int) {
    self.hyperparameters = hyperparameters
    self.threadCount = threadCount
    scoreOptions = .default(for: hyperparameters.variant)
    batchSize = hyperparameters.variant == .keras ? 32 : 64
    learningRate = Adam(for: hyperparameters.variant).learningRate
    weights = LossWeights(for: hyperparameters.variant)
  }

  /// The shapes that a variant's authors published.
  public static func authorsShapes(of variant: Variant) -> Hyperparameters {
    switch variant {
    case .paper: Hyperparameters(variant: .paper)
    case .keras:
      Hyperparameters(
        variant: .keras, size: 64, latentCount: Hyperparameters.kerasLatentCount(featureCount: 32), featureCount: 32)
    }
  }

  /// The most that each number may be, so that a slip of the keyboard is told instead of tried.
  public static let epochCounts = 1...1_000_000
  /// Steps, of a training or of patience.
  public static let stepCounts = 1...1_000_000_000
  /// Pictures a step.
  public static let batchSizes = 1...65_536
  /// Threads.
  public static let threadCounts = 1...256

  /// Checks every number.
  ///
  /// - Throws: `TrainingError.option` or `.hyperparameters`, with what was expected and found.
  public func validate() throws(TrainingError) {
    do { try hyperparameters.validate() } catch { throw .hyperparameters(error) }
    do { try scoreOptions.validate(for: hyperparameters) } catch { throw .score(error) }
    try Self.check("epochs", length.epochCount, in: Self.epochCounts)
    try Self.check("steps", length.stepCount, in: Self.stepCounts)
    try Self.check("patience", length.patience, in: Self.stepCounts)
    try augmentation.validate(side: hyperparameters.size)
    try Self.check("batch", batchSize, in: Self.batchSizes)
    try Self.check("threads", threadCount, in: Self.threadCounts)
    try Self.check("round-steps", leastRoundSteps, in: Self.stepCounts)
    try Self.check("max-minutes", length.minutes ?? 1, "a number above 0") { $0 > 0 && $0 <= 1e7 }
    try Self.check("smallest-gain", length.smallestGain, "a share from 0 up to but not including 1") { 0..<1 ~= $0 }
    try Self.check("learning-rate", learningRate, "a number above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    for (name, weight) in [
      ("adversarial-weight", weights.adversarial), ("contextual-weight", weights.contextual),
      ("encoder-weight", weights.encoder),
    ] {
      try Self.check(name, Double(weight), "a number from 0 to 1000000") { 0...1e6 ~= $0 }
    }
    if weights.adversarial + weights.contextual + weights.encoder == 0 {
      throw .option(name: "contextual-weight", expected: "at least one weight of the losses above 0", found: "0.0")
    }
    for (name, share) in [("validation", validationShare), ("calibration", calibrationShare)] {
      try Self.check(name, share, "a share from 0 up to but not including 1") { 0..<1 ~= $0 }
    }
    if validationShare + calibrationShare >= 1 {
      throw .option(
        name: "calibration", expected: "less than all pictures together with --validation",
        found: "\(validationShare) + \(calibrationShare)")
    }
    if length.patience != nil && validationShare == 0 {
      throw .option(
        name: "validation",
        expected: "a share above 0, or an end by --epochs, --steps or --max-minutes without --patience",
        found: "0.0")
    }
    try Self.check("false-positive-rate", falsePositiveRate, "a rate between 0 and 1") { $0 > 0 && $0 < 1 }
  }

  private static func check(_ name: String, _ value: Int?, in range: ClosedRange<Int>) throws(TrainingError) {
    guard let value, !range.contains(value) else { return }
    throw .option(name: name, expected: "a number from \(range.lowerBound) to \(range.upperBound)", found: "\(value)")
  }

  private static func check(
    _ name: String, _ value: Double, _ expected: String, isValid: (Double) -> Bool
  ) throws(TrainingError) {
    if isValid(value) { return }
    throw .option(name: name, expected: expected, found: "\(value)")
  }
}
