import GANomalyModel
import Imaging

/// Small models for tests: random weights, no training.
enum SampleModel {
  /// A model of the network that the hyperparameters describe.
  ///
  /// - Parameter seed: of the weights; the same seed gives the same model.
  static func make(
    _ hyperparameters: Hyperparameters = Hyperparameters(size: 16, latentCount: 4, featureCount: 2), seed: UInt64 = 1
  ) -> Model {
    var random = SmallRandom(state: seed)
    var state: StateDictionary = [:]
    for (name, shape) in hyperparameters.parameterShapes {
      let isVariance = name.hasSuffix("running_var")
      let values = (0..<shape.reduce(1, *)).map { _ in isVariance ? 1 : random.next() * 0.2 - 0.1 }
      state[name] = StateTensor(shape: shape, values: values)
    }
    return Model(
      hyperparameters: hyperparameters,
      preparation: Preparation(size: hyperparameters.size, channelCount: hyperparameters.channelCount), state: state)
  }
}

/// A small generator of numbers from 0 to 1.
struct SmallRandom {
  /// The state.
  var state: UInt64

  /// The next number: 24 bits of a linear congruential generator.
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / 16_777_216
  }
}
