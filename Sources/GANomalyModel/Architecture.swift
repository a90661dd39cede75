public import Layers

/// The blocks of a network: what hyperparameters mean.
public struct Architecture: Sendable {
  /// Picture to latent vector.
  public var firstEncoder: [BlockDescription]
  /// Latent vector to reconstruction in [-1, 1].
  public var decoder: [BlockDescription]
  /// Reconstruction to latent vector, with weights of its own.
  public var secondEncoder: [BlockDescription]
  /// Picture to the logit of its prediction.
  public var discriminator: [BlockDescription]
  /// Index of the discriminator's block whose output are its features.
  public var featureBlock: Int

  /// The network that hyperparameters describe.
  ///
  /// - Precondition: `validate()` accepts them.
  public init(_ parameters: Hyperparameters) {
    switch parameters.variant {
    case .paper: self = .paper(parameters)
    case .keras: self = .keras(parameters)
    }
  }

  /// A network from its parts.
  init(
    firstEncoder: [BlockDescription], decoder: [BlockDescription], secondEncoder: [BlockDescription],
    discriminator: [BlockDescription], featureBlock: Int
  ) {
    self.firstEncoder = firstEncoder
    self.decoder = decoder
    self.secondEncoder = secondEncoder
    self.discriminator = discriminator
    self.featureBlock = featureBlock
  }

  /// Pixels of zeros that a map of pictures carries.
  public var imageBorder: Int { firstEncoder[0].inputBorder }

  /// All blocks: generator, then discriminator.
  public var blocks: [BlockDescription] { firstEncoder + decoder + secondEncoder + discriminator }
}
