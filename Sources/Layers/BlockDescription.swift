/// One building block of a network: a convolution or its transpose, perhaps batch normalisation, perhaps an activation.
public struct BlockDescription: Sendable, Equatable {
  /// Which way the block goes through its geometry.
  public enum Direction: Sendable {
    /// Convolution: large map in, small map out.
    case reducing
    /// Transposed convolution: small map in, large map out.
    case expanding
    /// Mean over all pixels: large map in, one pixel out; no weights, no normalisation, no activation.
    case averaging
  }

  /// What happens last.
  public enum Activation: Sendable, Equatable {
    /// Nothing.
    case identity
    /// max(v, slope * v); slope 0 is ReLU.
    case leakyReLU(slope: Float)
    /// The hyperbolic tangent.
    case tanh
  }

  /// What is added to the convolution's output.
  public enum Bias: Sendable {
    /// Nothing.
    case none
    /// One value a channel.
    case perChannel
    /// One value a pixel and channel: a dense layer whose output is seen as a map.
    case perValue
  }

  /// How the state dictionary lays weights out, and what it calls vectors.
  public enum Storage: Sendable {
    /// PyTorch: [small, large, row, column]; weight, bias, running_mean, running_var.
    case pyTorch
    /// Keras: [row, column, large, small]; kernel, bias, gamma, beta, moving_mean, moving_variance.
    case keras
    /// A dense layer of Keras: [in, out], the map's values in the order row, column, channel.
    case kerasDense
  }

  /// Which way the block goes.
  public var direction: Direction
  /// Shapes of the convolution.
  public var geometry: ConvolutionGeometry
  /// Name of the convolution in the state dictionary, without `.weight`.
  public var convolutionName: String
  /// Name of the normalisation in the state dictionary; nil where there is none.
  public var normalisationName: String?
  /// What happens last.
  public var activation: Activation
  /// What is added to the convolution's output, before normalisation.
  public var bias: Bias
  /// Constants of the normalisation.
  public var normalisationConstants: BatchNormalization.Constants
  /// How the state dictionary holds the block.
  public var storage: Storage

  /// A block.
  public init(
    direction: Direction, geometry: ConvolutionGeometry, convolutionName: String, normalisationName: String?,
    activation: Activation, bias: Bias = .none, normalisationConstants: BatchNormalization.Constants = .pyTorch,
    storage: Storage = .pyTorch
  ) {
    precondition(
      bias != .perValue || (direction == .expanding && geometry.expandingForm == .wholeMap && normalisationName == nil),
      "one value a pixel is for dense layers")
    self.bias = bias
    self.normalisationConstants = normalisationConstants
    self.storage = storage
    self.direction = direction
    self.geometry = geometry
    self.convolutionName = convolutionName
    self.normalisationName = normalisationName
    self.activation = activation
  }

  /// Side of the input map.
  public var inputSide: Int { direction == .expanding ? geometry.smallSide : geometry.largeSide }
  /// Channels of the input map.
  public var inputChannels: Int { direction == .expanding ? geometry.smallChannels : geometry.largeChannels }
  /// Side of the output map.
  public var outputSide: Int { direction == .expanding ? geometry.largeSide : geometry.smallSide }
  /// Channels of the output map.
  public var outputChannels: Int { direction == .expanding ? geometry.largeChannels : geometry.smallChannels }

  /// Multiplications and additions of one picture's way through the convolution, counted as two operations.
  public var operationCount: Int {
    direction == .averaging ? 0 : 2 * geometry.weightCount * geometry.smallSide * geometry.smallSide
  }

  /// Values of the bias.
  public var biasCount: Int {
    switch bias {
    case .none: 0
    case .perChannel: outputChannels
    case .perValue: outputSide * outputSide * outputChannels
    }
  }

  /// Pixels of zeros around the input map.
  public var inputBorder: Int { geometry.border.width(side: inputSide) }
  /// Pixels of zeros around the output map.
  public var outputBorder: Int { geometry.border.width(side: outputSide) }

  /// Factor of the negative side; 1 where the activation is none or tanh.
  var slope: Float {
    if case .leakyReLU(let slope) = activation { return slope }
    return 1
  }
}
