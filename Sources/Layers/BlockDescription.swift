/// One building block of a network: a convolution or its transpose, perhaps batch normalisation, perhaps an activation.
public struct BlockDescription: Sendable, Equatable {
  /// Which way the block goes through its geometry.
  public enum Direction: Sendable {
    /// Convolution: large map in, small map out.
    case reducing
    /// Transposed convolution: small map in, large map out.
    case expanding
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

  /// A block.
  public init(
    direction: Direction, geometry: ConvolutionGeometry, convolutionName: String, normalisationName: String?,
    activation: Activation
  ) {
    self.direction = direction
    self.geometry = geometry
    self.convolutionName = convolutionName
    self.normalisationName = normalisationName
    self.activation = activation
  }

  /// Side of the input map.
  public var inputSide: Int { direction == .reducing ? geometry.largeSide : geometry.smallSide }
  /// Channels of the input map.
  public var inputChannels: Int { direction == .reducing ? geometry.largeChannels : geometry.smallChannels }
  /// Side of the output map.
  public var outputSide: Int { direction == .reducing ? geometry.smallSide : geometry.largeSide }
  /// Channels of the output map.
  public var outputChannels: Int { direction == .reducing ? geometry.smallChannels : geometry.largeChannels }

  /// Multiplications and additions of one picture's way through the convolution, counted as two operations.
  public var operationCount: Int { 2 * geometry.weightCount * geometry.smallSide * geometry.smallSide }

  /// Factor of the negative side; 1 where the activation is none or tanh.
  var slope: Float {
    if case .leakyReLU(let slope) = activation { return slope }
    return 1
  }
}
