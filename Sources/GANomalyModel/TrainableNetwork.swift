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

  /// Draws all weights anew: convolutions N(0, 0.02), normalisation scales N(1, 0.02), shifts 0.
  ///
  /// Source: samet-akcay/ganomaly, lib/networks.py, `weights_init`.
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

  /// Weights and running statistics.
  public var state: StateDictionary {
    var state: StateDictionary = [:]
    for chain in generator + [discriminator] { chain.store(into: &state) }
    return state
  }
}

extension Chain {
  /// Draws convolution weights and normalisation affine anew; running statistics and moments stay.
  public func drawWeights(using generator: inout RandomGenerator) {
    for block in blocks {
      let count = block.weight.values.count
      // Drawn in the state dictionary's order, so that the layout inside is free to change.
      block.weight.values.copy(
        from: block.description.ownLayout(generator.normal(count: count, mean: 0, deviation: 0.02)))
      if let normalisation = block.normalisation {
        let channels = normalisation.scale.values.count
        normalisation.scale.values.copy(from: generator.normal(count: channels, mean: 1, deviation: 0.02))
        normalisation.shift.values.fill(0)
      }
    }
  }
}
