public import Imaging
internal import Layers
internal import Tensors

/// One thread's way to score.
public final class ScoringLane {
  /// Most pictures that go through the network at once.
  public let maximumBatch: Int
  private let scorer: Scorer
  private let input: FeatureMap
  private let firstEncoder: EvaluationLane
  private let decoder: EvaluationLane
  private let secondEncoder: EvaluationLane

  init(scorer: Scorer, maximumBatch: Int) {
    self.scorer = scorer
    self.maximumBatch = max(1, maximumBatch)
    input = FeatureMap(
      imageCount: self.maximumBatch, side: scorer.hyperparameters.size,
      channelCount: scorer.hyperparameters.channelCount, border: Architecture(scorer.hyperparameters).imageBorder)
    firstEncoder = EvaluationLane(scorer.firstEncoder, imageCount: self.maximumBatch)
    decoder = EvaluationLane(scorer.decoder, imageCount: self.maximumBatch)
    secondEncoder = EvaluationLane(scorer.secondEncoder, imageCount: self.maximumBatch)
  }

  /// Anomaly scores, one a picture; a score depends on its picture and the model alone, to the last bit.
  ///
  /// - Parameter pictures: prepared pictures: side and channels as the model's preparation says.
  /// - Returns: mean over the latent vector of (z - z')^2, in the pictures' order; NaN where the arithmetic gave it.
  ///   Source: samet-akcay/ganomaly, lib/model.py, `test`.
  public func scores(of pictures: [Image]) -> [Float] {
    var scores: [Float] = []
    scores.reserveCapacity(pictures.count)
    forEachBatch(of: pictures) { images in
      for image in images { scores.append(latentDistance(image)) }
    }
    return scores
  }

  /// Mean absolute difference between each picture and its reconstruction, in input units (0 to 2).
  public func contextualErrors(of pictures: [Image]) -> [Float] {
    var errors: [Float] = []
    let values = Float(input.valuesPerImage)
    forEachBatch(of: pictures) { images in
      for image in images {
        errors.append(Elementwise.sumOfAbsoluteDifferences(input, decoder.output, image: image) / values)
      }
    }
    return errors
  }

  /// What the generator makes of a batch: reconstruction [row, column, channel], latent vectors and score of each picture.
  public struct Evaluation: Sendable {
    /// The decoder's output in [-1, 1], [row, column, channel].
    public var reconstruction: [Float]
    /// The first encoder's output.
    public var latent: [Float]
    /// The second encoder's output.
    public var secondLatent: [Float]
    /// Mean of (latent - secondLatent)^2.
    public var score: Float
  }

  /// The same for input values in [-1, 1], at most `maximumBatch` pictures of [row, column, channel].
  public func evaluate(inputs: [[Float]]) -> [Evaluation] {
    precondition(inputs.count <= maximumBatch, "at most a batch")
    for (image, values) in inputs.enumerated() { input.setValues(values, ofImage: image) }
    forward(0..<inputs.count)
    return inputs.indices.map { image in
      Evaluation(
        reconstruction: decoder.output.values(ofImage: image), latent: firstEncoder.output.values(ofImage: image),
        secondLatent: secondEncoder.output.values(ofImage: image), score: latentDistance(image))
    }
  }

  private func forEachBatch(of pictures: [Image], _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: pictures.count, by: maximumBatch) {
      let count = min(maximumBatch, pictures.count - start)
      for image in 0..<count {
        let picture = pictures[start + image]
        precondition(
          picture.width == input.side && picture.height == input.side && picture.channelCount == input.channelCount,
          "pictures are prepared for this model")
        input.setSamples(picture.samples, ofImage: image)
      }
      forward(0..<count)
      body(0..<count)
    }
  }

  private func forward(_ images: Range<Int>) {
    scorer.firstEncoder.forward(input, images: images, lane: firstEncoder)
    scorer.decoder.forward(firstEncoder.output, images: images, lane: decoder)
    scorer.secondEncoder.forward(decoder.output, images: images, lane: secondEncoder)
  }

  private func latentDistance(_ image: Int) -> Float {
    Elementwise.sumOfSquaredDifferences(firstEncoder.output, secondEncoder.output, image: image)
      / Float(firstEncoder.output.channelCount)
  }
}
