public import Tensors

/// A chain with fixed weights and running statistics, for scoring: normalisation and activation happen in the product.
///
/// Shared by all lanes; what a picture gives depends on the picture and the weights alone, to the last bit.
public final class EvaluationChain: Sendable {
  /// Shapes and names of the blocks.
  public let descriptions: [BlockDescription]
  private let stages: [Stage]

  private struct Stage: Sendable {
    let description: BlockDescription
    let weights: ConvolutionWeights
    let epilogue: Epilogue
  }

  /// What a block's evaluation needs: weights [kernel, kernel, large, small] and, where normalised, one vector each.
  public struct BlockValues {
    /// Convolution weights.
    public var weight: FloatBuffer
    /// The normalisation's vectors.
    public var normalisation: (scale: FloatBuffer, shift: FloatBuffer, mean: FloatBuffer, variance: FloatBuffer)?

    /// Values of one block.
    public init(
      weight: FloatBuffer,
      normalisation: (scale: FloatBuffer, shift: FloatBuffer, mean: FloatBuffer, variance: FloatBuffer)?
    ) {
      self.weight = weight
      self.normalisation = normalisation
    }
  }

  /// Packs the weights and folds the running statistics into one factor and one addend a channel.
  public init(
    _ descriptions: [BlockDescription], values: [BlockValues], instructionSet: InstructionSet, pool: ThreadPool
  ) {
    precondition(descriptions.count == values.count, "values for every block")
    self.descriptions = descriptions
    stages = zip(descriptions, values).map { description, values in
      let weights = ConvolutionWeights(
        geometry: description.geometry, directions: description.direction == .reducing ? .reducing : .expanding,
        instructionSet: instructionSet)
      weights.pack(values.weight, pool: pool)
      guard let normalisation = values.normalisation else {
        return Stage(description: description, weights: weights, epilogue: Epilogue(slope: description.slope))
      }
      let scale = FloatBuffer(count: description.outputChannels)
      let shift = FloatBuffer(count: description.outputChannels)
      BatchNormalization.affine(
        scale: normalisation.scale, shift: normalisation.shift, mean: normalisation.mean,
        variance: normalisation.variance, intoScale: scale, intoShift: shift, inverseDeviation: nil)
      let wholeMap = description.direction == .expanding && description.geometry.expandingForm == .wholeMap
      let repeats = wholeMap ? description.geometry.kernel : 1
      return Stage(
        description: description, weights: weights,
        epilogue: Epilogue(
          scale: repeated(scale, repeats), shift: repeated(shift, repeats), slope: description.slope))
    }
  }

  /// The values of a training chain as they are now.
  public convenience init(_ chain: Chain, instructionSet: InstructionSet, pool: ThreadPool) {
    self.init(
      chain.blocks.map(\.description),
      values: chain.blocks.map { block in
        BlockValues(
          weight: block.weight.values,
          normalisation: block.normalisation.map {
            ($0.scale.values, $0.shift.values, $0.runningMean, $0.runningVariance)
          })
      }, instructionSet: instructionSet, pool: pool)
  }

  /// Scores some pictures of a batch with the calling thread alone.
  public func forward(_ input: FeatureMap, images: Range<Int>, lane: EvaluationLane) {
    var current = input
    for (stage, step) in zip(stages, lane.steps) {
      if stage.description.direction == .reducing {
        stage.weights.reduce(current, into: step.output, images: images, plan: step.plan, epilogue: stage.epilogue)
      } else {
        stage.weights.expand(
          current, into: step.output, images: images, plan: step.plan, columns: lane.columns, epilogue: stage.epilogue)
      }
      if stage.description.activation == .tanh {
        for image in images { Elementwise.tanh(step.output, image: image) }
      }
      current = step.output
    }
  }

  var columnsCount: Int { stages.map(\.weights.columnsCount).max() ?? 0 }
}

/// One thread's activations for an evaluation chain.
public final class EvaluationLane {
  struct Step {
    let output: FeatureMap
    let plan: ConvolutionPlan
  }
  let steps: [Step]
  let columns: FloatBuffer

  /// Room for `imageCount` pictures at once.
  public init(_ chain: EvaluationChain, imageCount: Int) {
    steps = chain.descriptions.map { block in
      Step(
        output: FeatureMap(
          imageCount: imageCount, side: block.outputSide, channelCount: block.outputChannels,
          border: ConvolutionPlan.border(side: block.outputSide)),
        plan: ConvolutionPlan(geometry: block.geometry, imageCount: imageCount))
    }
    columns = FloatBuffer(count: chain.columnsCount)
  }

  /// What the last block gave.
  public var output: FeatureMap { steps[steps.count - 1].output }

  /// What a block gave.
  public func output(ofBlock index: Int) -> FeatureMap { steps[index].output }
}

private func repeated(_ buffer: FloatBuffer, _ times: Int) -> FloatBuffer {
  FloatBuffer((0..<times).flatMap { _ in buffer.values })
}
