public import Tensors

/// What one training pass through a block leaves for the way back: activations, statistics, and room for gradients.
///
/// A block that a step runs twice (the discriminator, on pictures and on reconstructions) has two passes.
public final class BlockPass {
  /// Pictures of the batch.
  public let imageCount: Int
  /// Activations: the next block's input.
  public let output: FeatureMap
  /// Gradient of the loss with respect to the output; the way back turns it into that of the convolution's output.
  public let gradient: FeatureMap
  let normalisationInput: FeatureMap?
  let statistics: Statistics?
  /// The convolution's tables; nil where there is none.
  let plan: ConvolutionPlan?
  /// Pictures that a thread takes at once.
  let grain: Int

  /// Per-channel vectors of a normalisation.
  struct Statistics: Sendable {
    let mean: FloatBuffer
    let variance: FloatBuffer
    let inverseDeviation: FloatBuffer
    let scale: FloatBuffer
    let shift: FloatBuffer
    let shiftSum: FloatBuffer
    let scaleSum: FloatBuffer
    /// Two values a channel of each picture.
    let perImage: FloatBuffer

    init(imageCount: Int, channelCount: Int) {
      mean = FloatBuffer(count: channelCount)
      variance = FloatBuffer(count: channelCount)
      inverseDeviation = FloatBuffer(count: channelCount)
      scale = FloatBuffer(count: channelCount)
      shift = FloatBuffer(count: channelCount)
      shiftSum = FloatBuffer(count: channelCount)
      scaleSum = FloatBuffer(count: channelCount)
      perImage = FloatBuffer(count: imageCount * 2 * channelCount)
    }
  }

  /// Room for a batch of `imageCount` pictures.
  public init(_ block: BlockDescription, imageCount: Int, threadCount: Int) {
    self.imageCount = imageCount
    func map() -> FeatureMap {
      FeatureMap(
        imageCount: imageCount, side: block.outputSide, channelCount: block.outputChannels, border: block.outputBorder)
    }
    output = map()
    gradient = map()
    normalisationInput = block.normalisationName == nil ? nil : map()
    statistics =
      block.normalisationName == nil ? nil : Statistics(imageCount: imageCount, channelCount: block.outputChannels)
    plan = block.direction == .averaging ? nil : ConvolutionPlan(geometry: block.geometry, imageCount: imageCount)
    grain = BlockPass.grain(
      imageCount: imageCount, rowsPerImage: block.geometry.smallSide * block.geometry.smallSide,
      threadCount: threadCount)
  }

  /// Pictures of one task: enough rows that the weights, streamed once a task, are used often, and enough tasks for all
  /// threads.
  static func grain(imageCount: Int, rowsPerImage: Int, threadCount: Int) -> Int {
    let wanted = max(1, 1024 / rowsPerImage)
    return min(wanted, max(1, (imageCount + threadCount - 1) / threadCount))
  }
}
