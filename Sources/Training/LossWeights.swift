public import GANomalyModel

/// The weights of the generator's losses.
public struct LossWeights: Sendable, Equatable {
  /// Of the mean squared difference of the discriminator's features.
  public var adversarial: Float = 1
  /// Of the mean absolute difference of picture and reconstruction.
  public var contextual: Float = 50
  /// Of the mean squared difference of the latent vectors.
  public var encoder: Float = 1

  /// Of the squares of the convolution kernels, in both networks' losses.
  public var penalty: Float = 0

  /// The weights of variant `paper`, its authors'.
  public init() {}

  /// A variant's own weights.
  public init(for variant: Variant) {
    if variant == .keras {
      contextual = 20
      penalty = 0.01
    }
  }
}
