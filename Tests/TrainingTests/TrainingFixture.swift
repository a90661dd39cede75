import GANomalyModel
import Imaging
import Linux
import Tensors
import TestSupport
import Training

/// Small trainings of small pictures.
enum TrainingFixture {
  static let shape = Hyperparameters(size: 16, latentCount: 4, featureCount: 4)
  static let kerasShape = Hyperparameters(variant: .keras, size: 16, latentCount: 8, featureCount: 2)

  /// Pictures of random blocks in a folder of their own.
  static func folder(_ count: Int, seed: UInt64 = 5) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (index, picture) in pictures(count, seed: seed).enumerated() { try folder.write(picture, to: "p\(index).png") }
    return folder
  }

  /// Pictures of a bright block at a random place on grey.
  static func pictures(_ count: Int, seed: UInt64 = 5) -> [Image] {
    var random = RandomGenerator(seed: seed)
    return (0..<count).map { _ in
      var samples = [UInt8](repeating: 40, count: 16 * 16)
      let corner = Int(random.next() % 8)
      for row in corner..<corner + 8 {
        for column in corner..<corner + 8 { samples[row * 16 + column] = UInt8(150 + random.next() % 60) }
      }
      return Image(width: 16, height: 16, channelCount: 1, samples: samples)
    }
  }

  /// Options of a training of 3 epochs.
  static func options(
    _ shape: Hyperparameters = shape, change: (inout TrainingOptions) -> Void = { _ in }
  ) -> TrainingOptions {
    var options = TrainingOptions(hyperparameters: shape, threadCount: 2)
    options.length = LengthRule(epochCount: 3)
    options.batchSize = 8
    options.calibrationShare = 0
    change(&options)
    return options
  }

  static func trainer(
    _ folder: TemporaryFolder, _ options: TrainingOptions, memoryLimit: Int = .max, resuming bytes: [UInt8]? = nil
  ) throws -> Trainer {
    let preparation = Preparation(size: 16, channelCount: 1)
    let set = try PictureSet(
      below: BytePath(folder.path), preparation: preparation, threadCount: 2, memoryLimit: memoryLimit)
    var options = options
    let resumed = try bytes.flatMap { try Checkpoint(bytes: $0, name: "c") }
    if let resumed {
      options = try TrainingOptions(
        resuming: resumed.model.hyperparameters, stored: resumed.model.trainingRecord?.options ?? [:],
        given: ["epochs": "\(options.length.epochCount ?? 1)"], threadCount: options.threadCount, file: "c")
    }
    return try Trainer(
      options: options, preparation: preparation, set: set, folder: "good",
      resuming: resumed.map { ($0, "c") })
  }

  /// What came of a training.
  struct Result {
    var model: Model
    var events: [TrainingEvent]
    /// The checkpoints as files, first to last.
    var checkpoints: [[UInt8]]
    var warnings: [TrainingWarning] {
      events.compactMap { if case .warning(let warning) = $0 { warning } else { nil } }
    }
  }

  /// Trains, with a checkpoint after every step.
  static func run(_ trainer: Trainer, stopAfter: Int = .max, savesLast: Bool = true) throws -> Result {
    var events: [TrainingEvent] = []
    var steps = 0
    var checkpoints: [[UInt8]] = []
    let model = try trainer.run(
      report: {
        events.append($0)
        if case .step = $0 { steps += 1 }
      }, shouldStop: { steps >= stopAfter }, checkpointInterval: .zero, savesLast: savesLast,
      save: { checkpoints.append($0.encoded()) })
    return Result(model: model, events: events, checkpoints: checkpoints)
  }
}
