/// The losses of one step.
public struct StepLosses: Sendable, Equatable {
  /// Mean squared difference of the discriminator's features of pictures and reconstructions.
  public var adversarial: Float
  /// Mean absolute difference of pictures and reconstructions.
  public var contextual: Float
  /// Mean squared difference of the latent vectors.
  public var encoder: Float
  /// The discriminator's binary cross-entropy, the mean of both halves.
  public var discriminator: Float
  /// Penalty of the generator's convolution kernels, weight included.
  public var generatorPenalty: Float = 0
  /// Penalty of the discriminator's convolution kernels, weight included.
  public var discriminatorPenalty: Float = 0
  /// The discriminator's loss had vanished and its weights were drawn anew.
  public var discriminatorWasRedrawn = false

  /// True when none is NaN or infinite.
  public var areFinite: Bool {
    [adversarial, contextual, encoder, discriminator, generatorPenalty, discriminatorPenalty].allSatisfy(\.isFinite)
  }
}
