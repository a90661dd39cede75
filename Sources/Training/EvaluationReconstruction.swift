internal import GANomalyModel
internal import Layers
internal import Tensors

/// The generator's reconstructions in evaluation mode, while it is trained: weights of now, running statistics.
final class EvaluationReconstruction {
  private let network: TrainableNetwork
  private let pool: ThreadPool
  /// One a thread.
  private let lanes: [Lane]

  private struct Lane {
    let input: FeatureMap
    let encoder: EvaluationLane
    let decoder: EvaluationLane
  }

  /// Room for batches of `imageCount` pictures.
  init(network: TrainableNetwork, imageCount: Int, pool: ThreadPool) {
    self.network = network
    self.pool = pool
    let share = (imageCount + pool.threadCount - 1) / pool.threadCount
    let encoder = EvaluationChain(network.firstEncoder, instructionSet: network.instructionSet, pool: pool)
    let decoder = EvaluationChain(network.decoder, instructionSet: network.instructionSet, pool: pool)
    lanes = (0..<pool.threadCount).map { _ in
      Lane(
        input: FeatureMap(
          imageCount: share, side: network.hyperparameters.size, channelCount: network.hyperparameters.channelCount,
          border: network.architecture.imageBorder),
        encoder: EvaluationLane(encoder, imageCount: share), decoder: EvaluationLane(decoder, imageCount: share))
    }
  }

  /// Reconstructs a batch.
  ///
  /// - Parameters:
  ///   - input: the batch.
  ///   - target: receives the reconstructions, the first one at `firstPlace`.
  func run(_ input: FeatureMap, into target: FeatureMap, firstPlace: Int) {
    let encoder = EvaluationChain(network.firstEncoder, instructionSet: network.instructionSet, pool: pool)
    let decoder = EvaluationChain(network.decoder, instructionSet: network.instructionSet, pool: pool)
    pool.runRanges(input.imageCount, grain: lanes[0].input.imageCount) { images, worker in
      let lane = lanes[worker]
      let places = 0..<images.count
      for (place, image) in zip(places, images) { Elementwise.copy(input, image: image, to: lane.input, image: place) }
      encoder.forward(lane.input, images: places, lane: lane.encoder)
      decoder.forward(lane.encoder.output, images: places, lane: lane.decoder)
      for (place, image) in zip(places, images) {
        Elementwise.copy(lane.decoder.output, image: place, to: target, image: firstPlace + image)
      }
    }
  }
}
