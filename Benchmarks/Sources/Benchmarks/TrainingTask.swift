private import GANomalyModel
private import Linux
private import Tensors
private import Training

/// Steps of training over one batch, from a model file's weights.
final class TrainingTask: WorkerTask {
  /// Steps whose losses contestants compare: later ones show that the updates before were the same.
  private static let comparedSteps = 3

  private let step: PaperStep

  /// Reads the model and takes the memory.
  ///
  /// - Throws: `ModelFileError`; `UsageError` for a model of another size or variant.
  init(_ order: WorkerOrder) throws {
    let model = try Model.read(contentsOf: BytePath(order.model))
    let parameters = model.hyperparameters
    guard parameters.size == order.size, parameters.channelCount == 1, parameters.variant == .paper,
      model.hasDiscriminator
    else {
      throw UsageError("'\(order.model)' is not a whole model of variant paper, grey pictures, size \(order.size)")
    }
    let network = TrainableNetwork(parameters)
    network.load(model.state)
    // Threads as `Trainer` has them where each has a processor.
    let pool = ThreadPool(threadCount: order.threadCount, patience: ThreadPool.shortPatience)
    step = PaperStep(network: network, imageCount: order.batch, pool: pool)
    for image in 0..<order.batch { step.input.setSamples(order.pictures[image], ofImage: image) }
  }

  /// The losses of the first steps: adversarial, contextual, encoder, discriminator.
  func numbers() -> [Float] {
    (0..<Self.comparedSteps).flatMap { _ in
      let losses = oneStep()
      return [losses.adversarial, losses.contextual, losses.encoder, losses.discriminator]
    }
  }

  /// One step a batch.
  func run(batches: Int) {
    for _ in 0..<batches { _ = oneStep() }
  }

  private func oneStep() -> StepLosses {
    var random = RandomGenerator(seed: 1)
    return step.run(random: &random)
  }
}
