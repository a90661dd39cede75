public import GANomalyModel

/// The two networks' optimisers, shared by all steps of a training.
public final class Optimisers {
  /// Of encoders and decoder.
  public var generator: Adam
  /// Of the discriminator.
  public var discriminator: Adam

  /// Optimisers before their first step.
  public init(generator: Adam, discriminator: Adam) {
    self.generator = generator
    self.discriminator = discriminator
  }

  /// A variant's own constants, or another learning rate.
  public convenience init(for variant: Variant, learningRate: Double? = nil) {
    let adam = Adam(for: variant, learningRate: learningRate)
    self.init(generator: adam, discriminator: adam)
  }
}
