internal import Layers

/// The blocks of the variant `paper`, with the names of the authors' PyTorch state dictionary.
///
/// Source: S. Akcay, A. Atapour-Abarghouei, T. Breckon, "GANomaly" (ACCV 2018); samet-akcay/ganomaly 78da4ea,
/// lib/networks.py. No convolution has a bias.
extension Architecture {
  /// The network of variant `paper`.
  static func paper(_ parameters: Hyperparameters) -> Architecture {
    let discriminator = PaperBlocks.discriminator(parameters)
    return Architecture(
      firstEncoder: PaperBlocks.encoder(
        parameters, outputCount: parameters.latentCount, prefix: "netg.encoder1.main."),
      decoder: PaperBlocks.decoder(parameters),
      secondEncoder: PaperBlocks.encoder(
        parameters, outputCount: parameters.latentCount, prefix: "netg.encoder2.main."),
      discriminator: discriminator, featureBlock: discriminator.count - 2)
  }
}

/// The chains' block lists.
private enum PaperBlocks {
  /// Slope of the encoders' and the discriminator's negative side.
  static let leakySlope: Float = 0.2

  /// The generator's decoder: latent vector to reconstruction in [-1, 1].
  static func decoder(_ parameters: Hyperparameters) -> [BlockDescription] {
    let prefix = "netg.decoder.main."
    var channels = parameters.featureCount / 2
    var side = 4
    while side < parameters.size {
      channels *= 2
      side *= 2
    }
    var blocks = [
      BlockDescription(
        direction: .expanding,
        geometry: ConvolutionGeometry(
          kernel: 4, stride: 1, padding: 0, largeSide: 4, largeChannels: channels,
          smallChannels: parameters.latentCount),
        convolutionName: "\(prefix)initial-\(parameters.latentCount)-\(channels)-convt",
        normalisationName: "\(prefix)initial-\(channels)-batchnorm", activation: .leakyReLU(slope: 0))
    ]
    side = 4
    while side < parameters.size / 2 {
      side *= 2
      blocks.append(
        BlockDescription(
          direction: .expanding,
          geometry: halving(largeSide: side, largeChannels: channels / 2, smallChannels: channels),
          convolutionName: "\(prefix)pyramid-\(channels)-\(channels / 2)-convt",
          normalisationName: "\(prefix)pyramid-\(channels / 2)-batchnorm", activation: .leakyReLU(slope: 0)))
      channels /= 2
    }
    blocks += extraLayers(parameters, side: side, channels: channels, prefix: prefix, slope: 0)
    blocks.append(
      BlockDescription(
        direction: .expanding,
        geometry: halving(
          largeSide: parameters.size, largeChannels: parameters.channelCount, smallChannels: channels),
        convolutionName: "\(prefix)final-\(channels)-\(parameters.channelCount)-convt", normalisationName: nil,
        activation: .tanh))
    return blocks
  }

  /// The discriminator up to its prediction's logit; its features are the output of the last block but one.
  ///
  /// PyTorch numbers the modules of a sequence, activations included: `netd.features.0`, `netd.features.2`, ….
  static func discriminator(_ parameters: Hyperparameters) -> [BlockDescription] {
    var blocks = encoder(parameters, outputCount: 1, prefix: "")
    var index = 0
    for position in blocks.indices.dropLast() {
      blocks[position].convolutionName = "netd.features.\(index)"
      index += 1
      if blocks[position].normalisationName != nil {
        blocks[position].normalisationName = "netd.features.\(index)"
        index += 1
      }
      index += 1
    }
    blocks[blocks.count - 1].convolutionName = "netd.classifier.0"
    return blocks
  }

  static func encoder(_ parameters: Hyperparameters, outputCount: Int, prefix: String) -> [BlockDescription] {
    let slope = leakySlope
    var channels = parameters.featureCount
    var side = parameters.size / 2
    var blocks = [
      BlockDescription(
        direction: .reducing,
        geometry: halving(
          largeSide: parameters.size, largeChannels: parameters.channelCount, smallChannels: channels),
        convolutionName: "\(prefix)initial-conv-\(parameters.channelCount)-\(channels)", normalisationName: nil,
        activation: .leakyReLU(slope: slope))
    ]
    blocks += extraLayers(parameters, side: side, channels: channels, prefix: prefix, slope: slope)
    while side > 4 {
      blocks.append(
        BlockDescription(
          direction: .reducing,
          geometry: halving(largeSide: side, largeChannels: channels, smallChannels: channels * 2),
          convolutionName: "\(prefix)pyramid-\(channels)-\(channels * 2)-conv",
          normalisationName: "\(prefix)pyramid-\(channels * 2)-batchnorm", activation: .leakyReLU(slope: slope)))
      channels *= 2
      side /= 2
    }
    blocks.append(
      BlockDescription(
        direction: .reducing,
        geometry: ConvolutionGeometry(
          kernel: 4, stride: 1, padding: 0, largeSide: 4, largeChannels: channels, smallChannels: outputCount),
        convolutionName: "\(prefix)final-\(channels)-1-conv", normalisationName: nil, activation: .identity))
    return blocks
  }

  private static func extraLayers(
    _ parameters: Hyperparameters, side: Int, channels: Int, prefix: String, slope: Float
  ) -> [BlockDescription] {
    (0..<parameters.extraLayerCount).map { index in
      BlockDescription(
        direction: .reducing,
        geometry: ConvolutionGeometry(
          kernel: 3, stride: 1, padding: 1, largeSide: side, largeChannels: channels, smallChannels: channels),
        convolutionName: "\(prefix)extra-layers-\(index)-\(channels)-conv",
        normalisationName: "\(prefix)extra-layers-\(index)-\(channels)-batchnorm",
        activation: .leakyReLU(slope: slope))
    }
  }

  /// 4x4, stride 2, padding 1: half the side.
  private static func halving(largeSide: Int, largeChannels: Int, smallChannels: Int) -> ConvolutionGeometry {
    ConvolutionGeometry(
      kernel: 4, stride: 2, padding: 1, largeSide: largeSide, largeChannels: largeChannels,
      smallChannels: smallChannels)
  }
}
