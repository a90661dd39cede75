internal import Layers

/// The blocks of the variant `keras`, with the layer names of its Keras form.
///
/// Source: leafinity/keras_ganomaly 7053c10. The notebook never updates its second encoder; here it is trained with the
/// generator.
extension Architecture {
  /// The network of variant `keras`.
  static func keras(_ parameters: Hyperparameters) -> Architecture {
    let pooling = KerasBlocks.pooling(parameters)
    let features = KerasBlocks.encoderBody(parameters, prefix: "features.")
    return Architecture(
      firstEncoder: KerasBlocks.encoderBody(parameters, prefix: "generator.encoder.") + [pooling],
      decoder: KerasBlocks.decoder(parameters, prefix: "generator.decoder."),
      secondEncoder: KerasBlocks.encoderBody(parameters, prefix: "encoder.") + [pooling],
      discriminator: features + [pooling, KerasBlocks.classifier(parameters)], featureBlock: features.count - 1)
  }
}

/// The chains' block lists.
private enum KerasBlocks {
  /// Slope of every LeakyReLU's negative side.
  static let leakySlope: Float = 0.3

  /// Convolutions: 5x5 at full size, then three that halve the map.
  static func encoderBody(_ parameters: Hyperparameters, prefix: String) -> [BlockDescription] {
    let features = parameters.featureCount
    var blocks = [
      BlockDescription(
        direction: .reducing,
        geometry: ConvolutionGeometry(
          kernel: 5, stride: 1, padding: 2, largeSide: parameters.size, largeChannels: parameters.channelCount,
          smallChannels: features, border: .wide),
        convolutionName: "\(prefix)conv_1", normalisationName: nil, activation: .leakyReLU(slope: leakySlope),
        bias: .perChannel, storage: .keras)
    ]
    let channels = [features, 2 * features, 4 * features, 4 * features]
    for index in 1...3 {
      blocks.append(
        BlockDescription(
          direction: .reducing,
          geometry: halving(
            largeSide: parameters.size >> (index - 1), largeChannels: channels[index - 1],
            smallChannels: channels[index]),
          convolutionName: "\(prefix)conv_\(index + 1)", normalisationName: "\(prefix)norm_\(index)",
          activation: .leakyReLU(slope: leakySlope), bias: .perChannel, normalisationConstants: .keras,
          storage: .keras))
    }
    return blocks
  }

  /// The mean over the last map's pixels.
  static func pooling(_ parameters: Hyperparameters) -> BlockDescription {
    let side = parameters.size / 8
    return BlockDescription(
      direction: .averaging,
      geometry: ConvolutionGeometry(
        kernel: side, stride: 1, padding: 0, largeSide: side, largeChannels: 4 * parameters.featureCount,
        smallChannels: 4 * parameters.featureCount, border: .wide),
      convolutionName: "", normalisationName: nil, activation: .identity, storage: .keras)
  }

  /// A dense layer onto the smallest map, three transposed convolutions that double it, and one onto the picture.
  static func decoder(_ parameters: Hyperparameters, prefix: String) -> [BlockDescription] {
    let features = parameters.featureCount
    let side = parameters.size / 8
    var blocks = [
      BlockDescription(
        direction: .expanding,
        geometry: ConvolutionGeometry(
          kernel: side, stride: 1, padding: 0, largeSide: side, largeChannels: 4 * features,
          smallChannels: 4 * features, border: .wide),
        convolutionName: "\(prefix)dense", normalisationName: nil, activation: .identity, bias: .perValue,
        storage: .kerasDense)
    ]
    let channels = [4 * features, 4 * features, 2 * features, features]
    for index in 1...3 {
      blocks.append(
        BlockDescription(
          direction: .expanding,
          geometry: halving(
            largeSide: side << index, largeChannels: channels[index], smallChannels: channels[index - 1]),
          convolutionName: "\(prefix)deconv_\(index)", normalisationName: nil,
          activation: .leakyReLU(slope: leakySlope), bias: .perChannel, storage: .keras))
    }
    blocks.append(
      BlockDescription(
        direction: .expanding,
        geometry: ConvolutionGeometry(
          kernel: 1, stride: 1, padding: 0, largeSide: parameters.size, largeChannels: parameters.channelCount,
          smallChannels: features, border: .wide),
        convolutionName: "\(prefix)deconv_output", normalisationName: nil, activation: .tanh, bias: .perChannel,
        storage: .keras))
    return blocks
  }

  /// A dense layer onto the prediction's logit.
  static func classifier(_ parameters: Hyperparameters) -> BlockDescription {
    BlockDescription(
      direction: .reducing,
      geometry: ConvolutionGeometry(
        kernel: 1, stride: 1, padding: 0, largeSide: 1, largeChannels: 4 * parameters.featureCount, smallChannels: 1,
        border: .wide),
      convolutionName: "classifier.dense", normalisationName: nil, activation: .identity, bias: .perChannel,
      storage: .kerasDense)
  }

  /// 3x3, stride 2; TensorFlow's "same" pads 0 before and 1 after where the side is even.
  private static func halving(largeSide: Int, largeChannels: Int, smallChannels: Int) -> ConvolutionGeometry {
    ConvolutionGeometry(
      kernel: 3, stride: 2, padding: 0, paddingAfter: 1, largeSide: largeSide, largeChannels: largeChannels,
      smallChannels: smallChannels, border: .wide)
  }
}
