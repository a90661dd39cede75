/// Everything that fixes the shapes of a GANomaly network.
public struct Hyperparameters: Sendable, Equatable {
  /// The published form.
  public var variant: Variant
  /// Side of the square input in pixels: variant `paper`: a power of two, at least 16; `keras`: divisible by 8.
  public var size: Int
  /// Channels of the input, 1 or 3.
  public var channelCount: Int
  /// Length of the latent vector.
  public var latentCount: Int
  /// Feature maps after the first convolution; they double with every halving of the map.
  public var featureCount: Int
  /// 3x3 layers added to encoder and decoder.
  public var extraLayerCount: Int

  /// The defaults of variant `keras`, with another size where given.
  public static func keras(size: Int = 64, channelCount: Int = 1, featureCount: Int = 32) -> Hyperparameters {
    Hyperparameters(
      variant: .keras, size: size, channelCount: channelCount,
      latentCount: kerasLatentCount(featureCount: featureCount), featureCount: featureCount)
  }

  /// The authors' defaults, with another size where given.
  public init(
    variant: Variant = .paper, size: Int = 32, channelCount: Int = 1, latentCount: Int = 100, featureCount: Int = 64,
    extraLayerCount: Int = 0
  ) {
    self.variant = variant
    self.size = size
    self.channelCount = channelCount
    self.latentCount = latentCount
    self.featureCount = featureCount
    self.extraLayerCount = extraLayerCount
  }
}
