import GANomalyModel
import Layers
import Tensors
import Testing
import Training

/// Gradients of the whole step against differences of its losses: for shapes without golden numbers.
@Suite struct GradientTests {
  static let shapes = [
    Hyperparameters(size: 16, channelCount: 1, latentCount: 5, featureCount: 4),
    Hyperparameters(size: 16, channelCount: 3, latentCount: 7, featureCount: 6, extraLayerCount: 2),
    Hyperparameters(size: 32, channelCount: 3, latentCount: 9, featureCount: 2, extraLayerCount: 1),
    Hyperparameters(size: 64, channelCount: 1, latentCount: 3, featureCount: 4),
    .keras(size: 8, channelCount: 1, featureCount: 4),
    .keras(size: 24, channelCount: 3, featureCount: 5),
    .keras(size: 40, channelCount: 1, featureCount: 3),
  ]

  /// The change of a loss along its own gradient is the gradient's squared length.
  ///
  /// In single precision, with kinks at zero of every activation and of the absolute difference: 5 % is what a step of
  /// this size can tell, and a wrong term of any layer changes it by far more.
  @Test(arguments: shapes) func `losses change along their gradients as these say`(shape: Hyperparameters) {
    for part in [Part.generator, .discriminator] {
      let gradient = gradients(shape, part)
      let length = gradient.joined().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(length > 0)
      // The losses of variant `keras` bend more: its weights are an order of magnitude larger.
      let step = shape.variant == .paper ? 2e-3 : 1e-4
      let up = loss(shape, part, moved: gradient, by: step / length)
      let down = loss(shape, part, moved: gradient, by: -step / length)
      let slope = (up - down) / (2 * step)
      #expect(abs(slope / length - 1) < 0.05, "\(part): slope \(slope), gradient \(length)")
    }
  }

  enum Part { case generator, discriminator }

  /// A step on fixed pictures from fixed weights, moved along a direction.
  private func run(
    _ shape: Hyperparameters, _ part: Part, moved direction: [[Float]]?, by amount: Double,
    onGradients: (TrainableNetwork, Int) -> Void = { _, _ in }
  ) -> StepLosses {
    var random = RandomGenerator(seed: 21)
    let network = TrainableNetwork(shape)
    network.initialise(using: &random)
    // Weights of the usual size give tiny activations: larger ones, so that differences stand out of the rounding.
    // Those of variant `keras` are large enough.
    for chain in network.generator + [network.discriminator] where shape.variant == .paper {
      for block in chain.blocks {
        let count = Float(block.weight.values.count) / Float(block.description.outputChannels)
        block.weight.values.copy(from: block.weight.values.values.map { $0 * 50 / count.squareRoot() })
      }
    }
    if let direction {
      for (parameter, change) in zip(parameters(network, part), direction) {
        parameter.values.copy(
          from: zip(parameter.values.values, change).map { Float(Double($0) + amount * Double($1)) })
      }
    }
    // Without a rate no weight moves, so that neither network's loss sees the other's update.
    let step = network.makeStep(
      imageCount: 4, pool: ThreadPool(threadCount: 2), optimisers: Optimisers(for: shape.variant, learningRate: 0),
      weights: LossWeights(for: shape.variant))
    for image in 0..<4 {
      let values = random.normal(count: step.input.valuesPerImage, mean: 0, deviation: 0.5)
      step.input.setValues(values.map { max(-1, min(1, $0)) }, ofImage: image)
    }
    var calls = 0
    return step.run(random: &random) {
      onGradients(network, calls)
      calls += 1
    }
  }

  private func parameters(_ network: TrainableNetwork, _ part: Part) -> [Parameter] {
    part == .generator ? network.generator.flatMap(\.parameters) : network.discriminator.parameters
  }

  private func gradients(_ shape: Hyperparameters, _ part: Part) -> [[Float]] {
    var result: [[Float]] = []
    _ = run(shape, part, moved: nil, by: 0) { network, call in
      // Variant `keras` updates the discriminator first.
      if call == ((part == .generator) == (shape.variant == .paper) ? 0 : 1) {
        result = self.parameters(network, part).map(\.gradient.values)
      }
    }
    return result
  }

  private func loss(_ shape: Hyperparameters, _ part: Part, moved direction: [[Float]], by amount: Double) -> Double {
    let losses = run(shape, part, moved: direction, by: amount)
    if part == .discriminator { return Double(losses.discriminator) + Double(losses.discriminatorPenalty) }
    let contextual = Double(LossWeights(for: shape.variant).contextual) * Double(losses.contextual)
    return Double(losses.adversarial) + contextual + Double(losses.encoder) + Double(losses.generatorPenalty)
  }
}
