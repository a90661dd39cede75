public import Tensors

/// Batch normalisation over pictures and pixels, a channel at a time.
///
/// Source: S. Ioffe, C. Szegedy, "Batch Normalization" (2015); running statistics as PyTorch keeps them.
public final class BatchNormalization: Sendable {
  /// What the two published networks set differently.
  public struct Constants: Sendable, Equatable {
    /// Added to the variance.
    public var epsilon: Float
    /// Share of a batch's statistics in the running ones.
    public var momentum: Float

    /// PyTorch's defaults.
    public static let pyTorch = Constants(epsilon: 1e-5, momentum: 0.1)
    /// Keras' defaults; its momentum, 0.99, is the share that stays.
    public static let keras = Constants(epsilon: 1e-3, momentum: 0.01)
  }

  /// Epsilon and momentum.
  public let constants: Constants
  /// One factor a channel.
  public let scale: Parameter
  /// One addend a channel.
  public let shift: Parameter
  /// Mean that evaluation uses.
  public let runningMean: FloatBuffer
  /// Unbiased variance that evaluation uses.
  public let runningVariance: FloatBuffer

  /// Scale 1, shift 0, running mean 0 and variance 1.
  public init(channelCount: Int, constants: Constants) {
    self.constants = constants
    scale = Parameter(count: channelCount)
    shift = Parameter(count: channelCount)
    runningMean = FloatBuffer(count: channelCount)
    runningVariance = FloatBuffer(count: channelCount)
    scale.values.fill(1)
    runningVariance.fill(1)
  }

  /// The two vectors that turn a normalisation into value * scale + shift.
  static func affine(
    scale: FloatBuffer, shift: FloatBuffer, mean: FloatBuffer, variance: FloatBuffer, epsilon: Float,
    intoScale: FloatBuffer, intoShift: FloatBuffer, inverseDeviation: FloatBuffer?
  ) {
    for channel in 0..<scale.count {
      let inverse = 1 / (variance[channel] + epsilon).squareRoot()
      let factor = scale[channel] * inverse
      inverseDeviation?[channel] = inverse
      intoScale[channel] = factor
      intoShift[channel] = shift[channel] - mean[channel] * factor
    }
  }

  /// Moves the running statistics towards a batch's.
  ///
  /// - Parameter sampleCount: pictures times pixels of the batch, for the unbiased variance.
  func updateRunningStatistics(mean: FloatBuffer, variance: FloatBuffer, sampleCount: Int) {
    let unbiased = Float(Double(sampleCount) / Double(max(1, sampleCount - 1)))
    for channel in 0..<mean.count {
      runningMean[channel] += constants.momentum * (mean[channel] - runningMean[channel])
      runningVariance[channel] += constants.momentum * (variance[channel] * unbiased - runningVariance[channel])
    }
  }
}
