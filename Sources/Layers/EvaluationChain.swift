public import Tensors

/// A chain with fixed weights and running statistics, for scoring: normalisation and activation happen in the product.
///
/// Shared by all lanes; what a picture gives depends on the picture and the weights alone, to the last bit.
public final class EvaluationChain: Sendable {
  /// Shapes and names of the blocks.
  public let descriptions: [BlockDescription]
  private let stages: [Stage]

  /// A block's way; nil: the mean over all pixels.
  private typealias Stage = ConvolutionStage?

  /// What a block's evaluation needs: weights [kernel, kernel, large, small] and, where normalised, one vector each.
  public struct BlockValues {
    /// Convolution weights.
    public var weight: FloatBuffer
    /// The convolution's bias, if it has one.
    public var bias: FloatBuffer?
    /// The normalisation's vectors.
    public var normalisation: (scale: FloatBuffer, shift: FloatBuffer, mean: FloatBuffer, variance: FloatBuffer)?

    /// Values of one block.
    public init(
      weight: FloatBuffer, bias: FloatBuffer?,
      normalisation: (scale: FloatBuffer, shift: FloatBuffer, mean: FloatBuffer, variance: FloatBuffer)?
    ) {
      self.weight = weight
      self.bias = bias
      self.normalisation = normalisation
    }
  }

  /// Packs the weights and folds the running statistics into one factor and one addend a channel.
  public convenience init(
    _ descriptions: [BlockDescription], values: [BlockValues], instructionSet: InstructionSet, pool: ThreadPool
  ) {
    precondition(descriptions.count == values.count, "values for every block")
    self.init(descriptions, valuesOf: { values[$0] }, instructionSet: instructionSet, pool: pool)
  }

  /// The same with values that are asked for one block after the other, so that they need not all be there at once.
  ///
  /// - Parameters:
  ///   - valuesOf: the values of a block by its number, asked for in order, once each.
  ///   - servesSinglePictures: takes memory for what makes a picture alone faster.
  public init(
    _ descriptions: [BlockDescription], valuesOf: (Int) -> BlockValues, servesSinglePictures: Bool = false,
    instructionSet: InstructionSet, pool: ThreadPool
  ) {
    self.descriptions = descriptions
    stages = descriptions.indices.map { index in
      let description = descriptions[index]
      let values = valuesOf(index)
      if description.direction == .averaging { return nil }
      let weights = ConvolutionWeights(
        geometry: description.geometry, directions: description.direction == .reducing ? .reducing : .expanding,
        servesSinglePictures: servesSinglePictures, instructionSet: instructionSet)
      weights.pack(values.weight, pool: pool)
      guard let normalisation = values.normalisation else {
        return ConvolutionStage(description, weights: weights, bias: values.bias, slope: true)
      }
      let scale = FloatBuffer(count: description.outputChannels)
      let shift = FloatBuffer(count: description.outputChannels)
      BatchNormalization.affine(
        scale: normalisation.scale, shift: normalisation.shift, mean: normalisation.mean,
        variance: normalisation.variance, epsilon: description.normalisationConstants.epsilon, intoScale: scale,
        intoShift: shift, inverseDeviation: nil)
      if let bias = values.bias {
        for channel in 0..<shift.count { shift[channel] += bias[channel] * scale[channel] }
      }
      return ConvolutionStage(description, weights: weights, scale: scale, shift: shift)
    }
  }

  /// The values of a training chain as they are now.
  public convenience init(_ chain: Chain, instructionSet: InstructionSet, pool: ThreadPool) {
    self.init(
      chain.blocks.map(\.description),
      values: chain.blocks.map { block in
        BlockValues(
          weight: block.weight.values, bias: block.bias?.values,
          normalisation: block.normalisation.map {
            ($0.scale.values, $0.shift.values, $0.runningMean, $0.runningVariance)
          })
      }, instructionSet: instructionSet, pool: pool)
  }

  /// Scores some pictures of a batch.
  ///
  /// - Parameter team: threads that help with a picture alone; nil for the calling thread's work.
  public func forward(
    _ input: FeatureMap, images: Range<Int>, lane: EvaluationLane, team: EvaluationTeam.Members? = nil
  ) {
    var current = input
    for (stage, step) in zip(stages, lane.steps) {
      if let stage, let plan = step.plan {
        // Asked layer by layer: others may have got work meanwhile.
        let team = team.flatMap { $0.isWanted ? $0 : nil }
        stage.run(current, into: step.output, images: images, plan: plan, scratch: lane.scratch, team: team)
      } else {
        for image in images { Elementwise.channelMeans(of: current, image: image, into: step.output) }
      }
      current = step.output
    }
  }

  /// Bytes of the packed weights.
  public var packedByteCount: Int { packedByteCounts.reduce(0, +) }

  /// Bytes of the packed weights, block by block.
  public var packedByteCounts: [Int] { stages.map { $0?.packedByteCount ?? 0 } }
}

/// One thread's activations for an evaluation chain.
public final class EvaluationLane {
  struct Step {
    let output: FeatureMap
    let plan: ConvolutionPlan?
  }
  let steps: [Step]
  let scratch: ConvolutionScratch

  /// Room for `imageCount` pictures at once.
  public convenience init(_ chain: EvaluationChain, imageCount: Int) {
    self.init(chain, memory: EvaluationMemory(imageCount: imageCount))
  }

  /// Room for pictures in memory that chains take turns with; what the last block gives stays this lane's own.
  public init(_ chain: EvaluationChain, memory: EvaluationMemory) {
    scratch = memory.scratch
    let last = chain.descriptions.count - 1
    var turn = EvaluationMemory.Turn(memory)
    steps = chain.descriptions.enumerated().map { index, block in
      Step(
        output: index == last ? memory.newMap(block) : turn.map(block),
        plan: block.direction == .averaging
          ? nil : ConvolutionPlan(geometry: block.geometry, imageCount: memory.imageCount))
    }
  }

  /// What the last block gave.
  public var output: FeatureMap { steps[steps.count - 1].output }

  /// What a block gave; of all but the last, until another chain works in the same memory.
  public func output(ofBlock index: Int) -> FeatureMap { steps[index].output }
}
