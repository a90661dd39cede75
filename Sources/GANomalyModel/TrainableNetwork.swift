public import Layers
public import Tensors

/// Generator and discriminator with trainable weights.
public final class TrainableNetwork: Sendable {
  /// Shapes.
  public let hyperparameters: Hyperparameters
  /// The blocks.
  public let architecture: Architecture
  /// Picture to latent vector.
  public let firstEncoder: Chain
  /// Latent vector to reconstruction.
  public let decoder: Chain
  /// Reconstruction to latent vector.
  public let secondEncoder: Chain
  /// Picture to the logit of "real".
  public let discriminator: Chain
  /// The vector instructions of its products.
  public let instructionSet: InstructionSet

  /// A network of zero weights; `initialise` or `load` gives it others.
  public init(_ hyperparameters: Hyperparameters, instructionSet: InstructionSet = .best) {
    self.hyperparameters = hyperparameters
    self.instructionSet = instructionSet
    func chain(_ blocks: [BlockDescription]) -> Chain { Chain(blocks, instructionSet: instructionSet) }
    architecture = Architecture(hyperparameters)
    firstEncoder = chain(architecture.firstEncoder)
    decoder = chain(architecture.decoder)
    secondEncoder = chain(architecture.secondEncoder)
    discriminator = chain(architecture.discriminator)
  }

  /// The generator's chains, in the order of a forward pass.
  public var generator: [Chain] { [firstEncoder, decoder, secondEncoder] }

  /// Draws all weights anew, as the variant does.
  public func initialise(using generator: inout RandomGenerator) {
    for chain in self.generator + [discriminator] { chain.drawWeights(using: &generator) }
  }

  /// Sets everything from a state dictionary that has all tensors in their shapes.
  public func load(_ state: StateDictionary) {
    for chain in generator + [discriminator] { chain.load(state) }
  }

  /// Everything that the optimisers change, with the state dictionary's names, in a fixed order.
  public var namedParameters: [(name: String, parameter: Parameter)] {
    (generator + [discriminator]).flatMap(\.namedParameters)
  }

  /// All values of the state, each once, in a fixed order; layouts are the network's own.
  public var buffers: [FloatBuffer] {
    (generator + [discriminator]).flatMap(\.blocks).flatMap { block in
      block.parameters.map(\.values)
        + (block.normalisation.map { [$0.runningMean, $0.runningVariance] } ?? [])
    }
  }

  /// Weights and running statistics.
  public var state: StateDictionary {
    var state: StateDictionary = [:]
    for chain in generator + [discriminator] { chain.store(into: &state) }
    return state
  }
}

extension Chain {
  /// Draws convolution weights and normalisation affine anew; running statistics and moments stay.
  ///
  /// Weights in PyTorch's layout: N(0, 0.02), normalisation scales N(1, 0.02), shifts 0 (samet-akcay/ganomaly,
  /// lib/networks.py, `weights_init`). Weights in Keras': Glorot-uniform, biases 0, scales 1, shifts 0 (Keras' defaults).
  public func drawWeights(using generator: inout RandomGenerator) {
    for block in blocks where !block.parameters.isEmpty {
      let description = block.description
      let count = block.weight.values.count
      let isPyTorch = description.storage == .pyTorch
      // Drawn in the state dictionary's order, so that the layout inside is free to change.
      let drawn =
        isPyTorch
        ? generator.normal(count: count, mean: 0, deviation: 0.02)
        : generator.uniform(count: count, limit: description.glorotLimit)
      block.weight.values.copy(from: description.ownLayout(drawn))
      block.bias?.values.fill(0)
      guard let normalisation = block.normalisation else { continue }
      let channels = normalisation.scale.values.count
      if isPyTorch {
        normalisation.scale.values.copy(from: generator.normal(count: channels, mean: 1, deviation: 0.02))
      } else {
        normalisation.scale.values.fill(1)
      }
      normalisation.shift.values.fill(0)
    }
  }
}

extension BlockDescription {
  /// Largest magnitude of a Glorot-uniform weight: sqrt(6 / (values in + values out)), each counted over the kernel.
  ///
  /// Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
  fileprivate var glorotLimit: Float {
    let fans: Int
    if storage == .kerasDense {
      fans = inputSide * inputSide * inputChannels + outputSide * outputSide * outputChannels
    } else {
      fans = geometry.kernel * geometry.kernel * (geometry.largeChannels + geometry.smallChannels)
    }
    return (6 / Float(fans)).squareRoot()
  }
}
