public import GANomalyModel
public import Imaging

/// Small models for tests: random weights, no training.
public enum SampleModel {
  /// A model of the network that the hyperparameters describe.
  ///
  /// - Parameter seed: of the weights; the same seed gives the same model.
  public static func make(
    _ hyperparameters: Hyperparameters = Hyperparameters(size: 16, latentCount: 4, featureCount: 2), seed: UInt64 = 1
  ) -> Model {
    var random = SmallRandom(seed: seed)
    var state: StateDictionary = [:]
    for (name, shape) in hyperparameters.parameterShapes {
      let isVariance = name.hasSuffix("running_var") || name.hasSuffix("moving_variance")
      let values = (0..<shape.reduce(1, *)).map { _ in isVariance ? 1 : random.next() * 0.2 - 0.1 }
      state[name] = StateTensor(shape: shape, values: values)
    }
    return Model(
      hyperparameters: hyperparameters,
      preparation: Preparation(size: hyperparameters.size, channelCount: hyperparameters.channelCount), state: state)
  }
}

/// A small generator of numbers from 0 to 1.
public struct SmallRandom: Sendable {
  private var state: UInt64

  /// A generator; the same seed gives the same numbers.
  public init(seed: UInt64) {
    state = seed
  }

  /// The next number: 24 bits of a linear congruential generator.
  public mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / 16_777_216
  }
}

/// Small pictures for tests.
public enum SamplePicture {
  /// Noise: another seed gives another picture.
  public static func noise(width: Int = 20, height: Int = 20, channelCount: Int = 1, seed: UInt64) -> Image {
    var random = SmallRandom(seed: seed &+ 77)
    let samples = (0..<width * height * channelCount).map { _ in UInt8(random.next() * 255.9) }
    return Image(width: width, height: height, channelCount: channelCount, samples: samples)
  }
}
