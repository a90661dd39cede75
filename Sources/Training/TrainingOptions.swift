public import GANomalyModel

/// Everything that a training can be told.
public struct TrainingOptions: Sendable, Equatable {
  /// Shapes of the network.
  public var hyperparameters: Hyperparameters
  /// Passes over the training pictures.
  public var epochCount = 15
  /// Pictures a step; a larger one becomes the training set.
  public var batchSize = 64
  /// The seed of every random number.
  public var seed: UInt64 = 1
  /// Threads; the result does not depend on their number.
  public var threadCount: Int
  /// Share of the pictures that chooses the epoch, 0 up to but not including 1.
  public var validationShare = 0.1
  /// Share of the pictures kept out of everything for the calibration at the end, 0 up to but not including 1.
  public var calibrationShare = 0.2
  /// Rate of false alarms that the calibration at the end promises.
  public var falsePositiveRate = 0.01
  /// What the model's score is made of; the variant's own where not chosen.
  public var scoreOptions: ScoreOptions

  /// The authors' defaults.
  public init(hyperparameters: Hyperparameters, threadCount: Int) {
    self.hyperparameters = hyperparameters
    scoreOptions = .default(for: hyperparameters.variant)
    self.threadCount = threadCount
  }

  /// The most that each number may be, so that a slip of the keyboard is told instead of tried.
  public static let epochCounts = 1...1_000_000
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
    try Self.check("epochs", epochCount, in: Self.epochCounts)
    try Self.check("batch", batchSize, in: Self.batchSizes)
    try Self.check("threads", threadCount, in: Self.threadCounts)
    for (name, share) in [("validation", validationShare), ("calibration", calibrationShare)]
    where !(share >= 0 && share < 1) {
      throw .option(name: name, expected: "a share from 0 up to but not including 1", found: "\(share)")
    }
    if validationShare + calibrationShare >= 1 {
      throw .option(
        name: "calibration", expected: "less than all pictures together with --validation",
        found: "\(validationShare) + \(calibrationShare)")
    }
    if !(falsePositiveRate > 0 && falsePositiveRate < 1) {
      throw .option(name: "false-positive-rate", expected: "a rate between 0 and 1", found: "\(falsePositiveRate)")
    }
  }

  private static func check(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(TrainingError) {
    if range.contains(value) { return }
    throw .option(name: name, expected: "a number from \(range.lowerBound) to \(range.upperBound)", found: "\(value)")
  }
}
