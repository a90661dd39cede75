public import Tensors

/// A trainable block: parameters and packed weights, shared by all passes through it.
public final class Block: Sendable {
  /// Its shapes and names.
  public let description: BlockDescription
  /// Convolution weights, [kernel row, kernel column, large channel, small channel].
  public let weight: Parameter
  /// What is added to the convolution's output, if anything: [channel], or [row, column, channel].
  public let bias: Parameter?
  /// Its normalisation, if it has one.
  public let normalisation: BatchNormalization?
  /// The weights as products need them; nil where there is no convolution.
  private let packed: ConvolutionWeights?

  /// A block of zero weights.
  public init(_ description: BlockDescription, instructionSet: InstructionSet) {
    self.description = description
    let hasConvolution = description.direction != .averaging
    weight = Parameter(count: hasConvolution ? description.geometry.weightCount : 0)
    bias = description.bias == .none ? nil : Parameter(count: description.biasCount)
    normalisation = description.normalisationName.map { _ in
      BatchNormalization(channelCount: description.outputChannels, constants: description.normalisationConstants)
    }
    packed =
      hasConvolution
      ? ConvolutionWeights(
        geometry: description.geometry, directions: [.reducing, .expanding], instructionSet: instructionSet) : nil
  }

  /// Everything that an optimiser changes.
  public var parameters: [Parameter] {
    if packed == nil { return [] }
    return [weight] + [bias, normalisation?.scale, normalisation?.shift].compactMap(\.self)
  }

  /// Lays the weights out for products; to be called whenever they have changed.
  public func pack(pool: ThreadPool) { packed?.pack(weight.values, pool: pool) }

  /// Training pass of a batch: batch statistics, running ones untouched.
  ///
  /// - Parameters:
  ///   - input: the batch; kept by the caller until `backward`.
  ///   - pass: receives output and statistics.
  public func forward(_ input: FeatureMap, pass: BlockPass, workspace: GradientWorkspace) {
    guard let packed, let plan = pass.plan else {
      workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
        for image in images { Elementwise.channelMeans(of: input, image: image, into: pass.output) }
      }
      return
    }
    let slope = description.slope
    let target = pass.normalisationInput ?? pass.output
    let stage = ConvolutionStage(description, weights: packed, bias: bias?.values, slope: normalisation == nil)
    workspace.pool.runRanges(pass.imageCount, grain: pass.grain) { images, worker in
      stage.run(input, into: target, images: images, plan: plan, scratch: workspace.scratch[worker])
      for image in images {
        if let statistics = pass.statistics {
          Normalization.moments(
            of: target, image: image, into: statistics.perImage, instructionSet: workspace.instructionSet)
        }
      }
    }
    guard let normalisation, let statistics = pass.statistics else { return }
    Normalization.combine(
      moments: statistics.perImage, imageCount: pass.imageCount, pixelsPerImage: target.side * target.side,
      mean: statistics.mean, variance: statistics.variance)
    BatchNormalization.affine(
      scale: normalisation.scale.values, shift: normalisation.shift.values, mean: statistics.mean,
      variance: statistics.variance, epsilon: normalisation.constants.epsilon, intoScale: statistics.scale,
      intoShift: statistics.shift, inverseDeviation: statistics.inverseDeviation)
    let vectors = Normalization.Vectors(scale: statistics.scale, shift: statistics.shift, slope: slope)
    workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
      for image in images {
        Normalization.apply(
          vectors, to: target, image: image, into: pass.output, instructionSet: workspace.instructionSet)
      }
    }
  }

  /// Moves the running statistics by those of a pass.
  public func updateRunningStatistics(from pass: BlockPass) {
    guard let normalisation, let statistics = pass.statistics else { return }
    normalisation.updateRunningStatistics(
      mean: statistics.mean, variance: statistics.variance,
      sampleCount: pass.imageCount * pass.output.side * pass.output.side)
  }

  /// What `backward` leaves behind in the parameters.
  public enum ParameterGradients: Sendable {
    /// Parameters are fixed in this pass.
    case none
    /// Gradients replace what was there.
    case overwrite
    /// Gradients are added to what was there.
    case accumulate
  }

  /// The way back: from `pass.gradient` (of the output; destroyed) to the parameters' and the input's gradients.
  ///
  /// - Parameters:
  ///   - input: the batch that `forward` had.
  ///   - inputGradient: overwritten; nil where nobody needs it.
  public func backward(
    _ input: FeatureMap, pass: BlockPass, inputGradient: FeatureMap?, parameters: ParameterGradients,
    workspace: GradientWorkspace
  ) {
    guard let packed, let plan = pass.plan else {
      guard let inputGradient else { return }
      workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
        for image in images { Elementwise.spreadMeans(pass.gradient, image: image, into: inputGradient) }
      }
      return
    }
    throughActivation(pass, parameters: parameters, workspace: workspace)
    let geometry = description.geometry
    if let inputGradient {
      workspace.pool.runRanges(pass.imageCount, grain: pass.grain) { images, worker in
        if self.description.direction == .reducing {
          packed.expand(
            pass.gradient, into: inputGradient, images: images, plan: plan, scratch: workspace.scratch[worker],
            epilogue: Epilogue())
        } else {
          packed.reduce(
            pass.gradient, into: inputGradient, images: images, plan: plan, scratch: workspace.scratch[worker],
            epilogue: Epilogue())
        }
      }
    }
    if parameters == .none { return }
    let (large, small) = description.direction == .reducing ? (input, pass.gradient) : (pass.gradient, input)
    precondition(large.side == geometry.largeSide && small.side == geometry.smallSide, "the maps fit the geometry")
    plan.weightGradient(
      large: large, small: small, into: weight.gradient, accumulate: parameters == .accumulate, workspace: workspace)
    biasGradient(pass, accumulate: parameters == .accumulate, workspace: workspace)
  }

  /// Sums of the convolution output's gradient.
  ///
  /// In front of a batch normalisation a bias has no effect, so its gradient is zero; what frameworks compute there is
  /// rounding noise, which Adam would turn into steps.
  private func biasGradient(_ pass: BlockPass, accumulate: Bool, workspace: GradientWorkspace) {
    guard let bias, normalisation == nil else { return }
    if description.bias == .perValue {
      Elementwise.sumOverImages(pass.gradient, imageCount: pass.imageCount, into: bias.gradient, accumulate: accumulate)
      return
    }
    let sums = workspace.perImage(count: pass.imageCount * bias.gradient.count)
    workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
      for image in images { Elementwise.channelSums(of: pass.gradient, image: image, into: sums) }
    }
    Elementwise.combineChannelSums(sums, imageCount: pass.imageCount, into: bias.gradient, accumulate: accumulate)
  }

  /// Turns the output's gradient into that of the convolution's output, in place.
  private func throughActivation(_ pass: BlockPass, parameters: ParameterGradients, workspace: GradientWorkspace) {
    let slope = description.slope
    guard let normalisation, let statistics = pass.statistics, let input = pass.normalisationInput else {
      if description.activation == .identity { return }
      workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
        for image in images {
          if self.description.activation == .tanh {
            Elementwise.tanhGradient(gradient: pass.gradient, activation: pass.output, image: image)
          } else {
            Elementwise.activationGradient(
              gradient: pass.gradient, activation: pass.output, image: image, slope: slope,
              instructionSet: workspace.instructionSet)
          }
        }
      }
      return
    }
    let vectors = Normalization.Vectors(scale: statistics.scale, shift: statistics.shift, slope: slope)
    workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
      for image in images {
        Normalization.gradientSums(
          gradient: pass.gradient, input: input, image: image, vectors: vectors, mean: statistics.mean,
          inverseDeviation: statistics.inverseDeviation, into: statistics.perImage,
          instructionSet: workspace.instructionSet)
      }
    }
    Normalization.combineSums(
      statistics.perImage, imageCount: pass.imageCount, shiftSum: statistics.shiftSum, scaleSum: statistics.scaleSum)
    let count = Float(pass.imageCount * input.side * input.side)
    for channel in 0..<input.channelCount {
      let (shift, scale) = (statistics.shiftSum[channel], statistics.scaleSum[channel])
      switch parameters {
      case .none: break
      case .overwrite:
        normalisation.shift.gradient[channel] = shift
        normalisation.scale.gradient[channel] = scale
      case .accumulate:
        normalisation.shift.gradient[channel] += shift
        normalisation.scale.gradient[channel] += scale
      }
      statistics.shiftSum[channel] = shift / count
      statistics.scaleSum[channel] = scale / count
    }
    workspace.pool.runRanges(pass.imageCount, grain: 1) { images, _ in
      for image in images {
        Normalization.inputGradient(
          gradient: pass.gradient, input: input, image: image, vectors: vectors, mean: statistics.mean,
          inverseDeviation: statistics.inverseDeviation, shiftMean: statistics.shiftSum,
          scaleMean: statistics.scaleSum, instructionSet: workspace.instructionSet)
      }
    }
  }
}
