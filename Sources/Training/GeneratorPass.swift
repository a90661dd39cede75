internal import GANomalyModel
internal import Layers
internal import Tensors

/// The generator's way forward and back in a training step, the same in both variants.
final class GeneratorPass {
  /// The batch, in [-1, 1].
  let input: FeatureMap
  /// Where the discriminator's way back puts its gradient with respect to the reconstructions, before `backward`.
  let reconstructionGradient: FeatureMap
  let first: ChainPass
  let decoded: ChainPass
  let second: ChainPass

  private let network: TrainableNetwork
  private let workspace: GradientWorkspace
  private let pool: ThreadPool

  /// Room for batches of `imageCount` pictures.
  init(network: TrainableNetwork, imageCount: Int, workspace: GradientWorkspace, pool: ThreadPool) {
    self.network = network
    self.workspace = workspace
    self.pool = pool
    func image() -> FeatureMap {
      FeatureMap(
        imageCount: imageCount, side: network.hyperparameters.size, channelCount: network.hyperparameters.channelCount,
        border: network.architecture.imageBorder)
    }
    input = image()
    reconstructionGradient = image()
    func pass(_ chain: Chain) -> ChainPass {
      ChainPass(chain, imageCount: imageCount, threadCount: pool.threadCount)
    }
    first = pass(network.firstEncoder)
    decoded = pass(network.decoder)
    second = pass(network.secondEncoder)
  }

  /// Pictures, reconstructions and both latent vectors, with batch statistics; moves the running ones once.
  func forward() {
    network.firstEncoder.forward(input, pass: first, workspace: workspace)
    network.decoder.forward(first.output, pass: decoded, workspace: workspace)
    network.secondEncoder.forward(decoded.output, pass: second, workspace: workspace)
    for (chain, pass) in zip(network.generator, [first, decoded, second]) { chain.updateRunningStatistics(from: pass) }
  }

  /// Mean absolute difference of pictures and reconstructions.
  var contextualLoss: Float { BatchLoss.mean(decoded.output, input, Elementwise.sumOfAbsoluteDifferences) }

  /// Mean squared difference of the latent vectors.
  var encoderLoss: Float { BatchLoss.mean(second.output, first.output, Elementwise.sumOfSquaredDifferences) }

  /// Gradients of the weighted losses, from `reconstructionGradient` on, which holds the adversarial one's share.
  func backward(_ weights: LossWeights) {
    BatchLoss.setDifference(
      second.output, first.output, weight: 2 * weights.encoder, into: second.gradient, pool: pool)
    network.secondEncoder.backward(
      decoded.output, pass: second, inputGradient: decoded.gradient, parameters: .overwrite, workspace: workspace)
    BatchLoss.add(reconstructionGradient, to: decoded.gradient, pool: pool)
    BatchLoss.addSignOfDifference(
      decoded.output, input, weight: weights.contextual, to: decoded.gradient, pool: pool)
    network.decoder.backward(
      first.output, pass: decoded, inputGradient: first.gradient, parameters: .overwrite, workspace: workspace)
    BatchLoss.setDifference(
      first.output, second.output, weight: 2 * weights.encoder, into: first.gradient, accumulate: true, pool: pool)
    network.firstEncoder.backward(
      input, pass: first, inputGradient: nil, parameters: .overwrite, workspace: workspace)
  }
}
