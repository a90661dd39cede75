import GANomalyModel
import Imaging
import Linux
import Tensors
import TestSupport

@testable import Training

/// Small trainings on windows of 16 pixels.
enum WindowFixture {
  static let plan = WindowPlan(stride: 8)

  /// How pictures become windows.
  static func preparation(_ plan: WindowPlan = plan, normalisation: Preparation.Normalisation = .none) -> Preparation {
    Preparation(size: 16, channelCount: 1, normalisation: normalisation, windows: plan)
  }

  /// Pictures with a grain of their own and a bright block, 36 to 60 pixels wide and 33 to 47 high.
  static func pictures(_ count: Int, seed: UInt64 = 5) -> [Image] {
    var random = RandomGenerator(seed: seed)
    return (0..<count).map { index in picture(width: 36 + index % 4 * 8, height: 33 + index % 3 * 7, &random) }
  }

  /// A picture with a grain of its own and a bright block.
  static func picture(width: Int, height: Int, _ random: inout RandomGenerator) -> Image {
    var samples = (0..<width * height).map { _ in UInt8(80 + random.next() % 30) }
    let corner = Int(random.next() % 12)
    for row in corner..<corner + 12 {
      for column in corner..<corner + 12 { samples[row * width + column] = UInt8(160 + random.next() % 40) }
    }
    return Image(width: width, height: height, channelCount: 1, samples: samples)
  }

  /// Pictures in a folder of their own.
  static func folder(_ pictures: [Image]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (index, picture) in pictures.enumerated() { try folder.write(picture, to: "p\(100 + index).png") }
    return folder
  }

  static func set(
    _ folder: TemporaryFolder, _ preparation: Preparation = preparation(), memoryLimit: Int = .max
  ) throws -> PictureSet {
    try PictureSet(below: BytePath(folder.path), preparation: preparation, threadCount: 2, memoryLimit: memoryLimit)
  }

  /// A training whose blocks have some 20 windows.
  static func trainer(
    _ folder: TemporaryFolder, _ options: TrainingOptions, _ preparation: Preparation = preparation(),
    memoryLimit: Int = .max, resuming bytes: [UInt8]? = nil
  ) throws -> Trainer {
    let resumed = try bytes.flatMap { try Checkpoint(bytes: $0, name: "c") }
    var options = options
    if let resumed {
      options = try TrainingOptions(
        resuming: resumed.model.hyperparameters, stored: resumed.model.trainingRecord?.options ?? [:],
        given: ["epochs": "\(options.length.epochCount ?? 1)"], threadCount: options.threadCount, file: "c")
    }
    let trainer = try Trainer(
      options: options, preparation: resumed?.model.preparation ?? preparation,
      set: set(folder, resumed?.model.preparation ?? preparation, memoryLimit: memoryLimit), folder: "good",
      resuming: resumed.map { ($0, "c") })
    trainer.windowBlockBytes = 20 * 256
    return trainer
  }

  /// Options of a training of two epochs.
  static func options(
    _ shape: Hyperparameters = TrainingFixture.shape, change: (inout TrainingOptions) -> Void = { _ in }
  ) -> TrainingOptions {
    TrainingFixture.options(shape) {
      $0.length = LengthRule(epochCount: 2)
      change(&$0)
    }
  }

  /// A mask of some pixels of a picture.
  static func mask(width: Int, height: Int, isInside: (_ column: Int, _ row: Int) -> Bool) throws -> RegionMask {
    let samples = (0..<width * height).map { isInside($0 % width, $0 / width) ? UInt8(255) : 0 }
    guard let mask = RegionMask(width: width, height: height, samples: samples) else {
      throw TestFailure("a mask has something inside")
    }
    return mask
  }
}
