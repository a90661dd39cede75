internal import Tensors

/// A convolution with what follows it at once: bias or folded normalisation, and the activation.
///
/// The same for training and for evaluation, so that both compute the same.
struct ConvolutionStage: Sendable {
  private let description: BlockDescription
  private let weights: ConvolutionWeights
  private let epilogue: Epilogue
  private let valueBias: FloatBuffer?
  private let activates: Bool

  /// A convolution with its bias.
  ///
  /// - Parameter slope: whether the activation follows; not where a normalisation comes first.
  init(_ description: BlockDescription, weights: ConvolutionWeights, bias: FloatBuffer?, slope activates: Bool) {
    self.description = description
    self.weights = weights
    self.activates = activates
    valueBias = description.bias == .perValue ? bias : nil
    // A bias of its own for every value is added after the product, and the activation after that.
    let slope = activates && valueBias == nil ? description.slope : 1
    let shift = valueBias == nil ? bias.map { $0.repeated(description.columnRepeats) } : nil
    epilogue = Epilogue(shift: shift, slope: slope)
  }

  /// A convolution with a normalisation's factor and addend for each channel; the bias is part of the addend.
  init(_ description: BlockDescription, weights: ConvolutionWeights, scale: FloatBuffer, shift: FloatBuffer) {
    self.description = description
    self.weights = weights
    activates = true
    valueBias = nil
    let repeats = description.columnRepeats
    epilogue = Epilogue(scale: scale.repeated(repeats), shift: shift.repeated(repeats), slope: description.slope)
  }

  /// Bytes of the packed weights.
  var packedByteCount: Int { weights.packedByteCount }

  /// Some pictures of a batch.
  ///
  /// - Parameter team: threads that help with a picture alone.
  func run(
    _ input: FeatureMap, into output: FeatureMap, images: Range<Int>, plan: ConvolutionPlan,
    scratch: ConvolutionScratch, team: EvaluationTeam.Members? = nil
  ) {
    if description.direction == .reducing {
      weights.reduce(
        input, into: output, images: images, plan: plan, scratch: scratch, team: team, epilogue: epilogue)
    } else {
      weights.expand(
        input, into: output, images: images, plan: plan, scratch: scratch, team: team, epilogue: epilogue)
    }
    for image in images {
      if let valueBias {
        Elementwise.add(valueBias, to: output, image: image)
        if activates, description.slope != 1 { Elementwise.leakyReLU(output, image: image, slope: description.slope) }
      }
      if activates, description.activation == .tanh { Elementwise.tanh(output, image: image) }
    }
  }
}

extension BlockDescription {
  /// How often a vector of channels repeats in the columns of the block's product.
  fileprivate var columnRepeats: Int {
    direction == .expanding && geometry.expandingForm == .wholeMap ? geometry.kernel : 1
  }
}

extension FloatBuffer {
  /// The values, so often in a row.
  fileprivate func repeated(_ times: Int) -> FloatBuffer {
    times == 1 ? self : FloatBuffer((0..<times).flatMap { _ in values })
  }
}
