public import GANomalyModel
public import Tensors

/// One training step, over and over in the same memory.
public protocol TrainingStep: AnyObject {
  /// Pictures of a batch.
  var imageCount: Int { get }
  /// The batch, in [-1, 1]; the caller fills it before `run`.
  var input: FeatureMap { get }
  /// The network that is trained.
  var network: TrainableNetwork { get }
  /// Both networks' optimisers; steps over batches of different length share them.
  var optimisers: Optimisers { get }

  /// Forward, losses, and both networks' updates.
  ///
  /// - Parameters:
  ///   - random: draws weights anew where the variant does so.
  ///   - onGradients: called twice, before each network's update, in the variant's order.
  func run(random: inout RandomGenerator, onGradients: () -> Void) -> StepLosses
}

extension TrainingStep {
  /// Forward, losses, and both networks' updates.
  public func run(random: inout RandomGenerator) -> StepLosses { run(random: &random) {} }
}

extension TrainableNetwork {
  /// The variant's step over batches of `imageCount` pictures.
  public func makeStep(
    imageCount: Int, pool: ThreadPool, optimisers: Optimisers, weights: LossWeights
  ) -> any TrainingStep {
    switch hyperparameters.variant {
    case .paper:
      PaperStep(network: self, imageCount: imageCount, pool: pool, optimisers: optimisers, weights: weights)
    case .keras:
      KerasStep(network: self, imageCount: imageCount, pool: pool, optimisers: optimisers, weights: weights)
    }
  }
}
