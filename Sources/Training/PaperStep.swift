public import GANomalyModel
private import Layers
public import Tensors

/// One training step of variant `paper`, over and over in the same memory.
///
/// The order of the reference, without what it computes twice: the features of step 3 equal those of step 2, because the
/// discriminator does not change in between and normalises with the batch; only its running statistics move again.
/// Source: samet-akcay/ganomaly 78da4ea, lib/model.py, `optimize_params`.
public final class PaperStep: TrainingStep {
  /// The discriminator's loss below which its weights are drawn anew.
  public static let vanishedLoss: Float = 1e-5

  /// Pictures of a batch.
  public let imageCount: Int
  /// The batch, in [-1, 1]; the caller fills it before `run`.
  public var input: FeatureMap { generator.input }
  /// The network that is trained.
  public let network: TrainableNetwork
  /// Both networks' optimisers.
  public let optimisers: Optimisers

  private let weights: LossWeights
  private let redrawnBelow: Float
  private let workspace: GradientWorkspace
  private let pool: ThreadPool
  private let generator: GeneratorPass
  private let real: ChainPass
  private let fake: ChainPass

  /// Room for batches of `imageCount` pictures.
  ///
  /// - Parameter redrawnBelow: the discriminator's loss below which its weights are drawn anew.
  public init(
    network: TrainableNetwork, imageCount: Int, pool: ThreadPool, optimisers: Optimisers = Optimisers(for: .paper),
    weights: LossWeights = LossWeights(), redrawnBelow: Float = PaperStep.vanishedLoss
  ) {
    self.network = network
    self.imageCount = imageCount
    self.pool = pool
    self.optimisers = optimisers
    self.weights = weights
    self.redrawnBelow = redrawnBelow
    workspace = GradientWorkspace(pool: pool, instructionSet: network.instructionSet)
    generator = GeneratorPass(network: network, imageCount: imageCount, workspace: workspace, pool: pool)
    func pass(_ chain: Chain) -> ChainPass {
      ChainPass(chain, imageCount: imageCount, threadCount: pool.threadCount)
    }
    real = pass(network.discriminator)
    fake = pass(network.discriminator)
    for chain in network.generator + [network.discriminator] { chain.pack(pool: pool) }
  }

  /// What the last step's forward pass gave.
  public var outputs: (reconstruction: FeatureMap, latent: FeatureMap, secondLatent: FeatureMap) {
    (generator.decoded.output, generator.first.output, generator.second.output)
  }

  /// The discriminator's logits of the last step, for pictures and for reconstructions.
  public var logits: (real: FeatureMap, fake: FeatureMap) { (real.output, fake.output) }

  /// Forward, losses, and both networks' updates.
  ///
  /// - Parameters:
  ///   - random: draws the discriminator's weights anew when its loss has vanished.
  ///   - onGradients: called twice, before each network's update.
  public func run(random: inout RandomGenerator, onGradients: () -> Void) -> StepLosses {
    forward()
    var losses = StepLosses(
      adversarial: BatchLoss.mean(features(of: fake), features(of: real), Elementwise.sumOfSquaredDifferences),
      contextual: generator.contextualLoss, encoder: generator.encoderLoss, discriminator: 0)
    generatorGradients()
    onGradients()
    optimisers.generator.update(network.generator.flatMap(\.parameters), pool: pool)
    for chain in network.generator { chain.pack(pool: pool) }

    losses.discriminator = discriminatorGradients()
    onGradients()
    optimisers.discriminator.update(network.discriminator.parameters, pool: pool)
    if losses.discriminator < redrawnBelow {
      network.discriminator.drawWeights(using: &random)
      losses.discriminatorWasRedrawn = true
    }
    network.discriminator.pack(pool: pool)
    return losses
  }

  private func forward() {
    generator.forward()
    network.discriminator.forward(input, pass: real, workspace: workspace)
    network.discriminator.forward(generator.decoded.output, pass: fake, workspace: workspace)
    // The reference runs the discriminator four times a step: pictures, reconstructions, and both once more.
    for pass in [real, fake, real, fake] { network.discriminator.updateRunningStatistics(from: pass) }
  }

  private func generatorGradients() {
    let feature = featureIndex
    BatchLoss.setDifference(
      features(of: fake), features(of: real), weight: 2 * weights.adversarial, into: fake.blocks[feature].gradient,
      pool: pool)
    network.discriminator.backward(
      generator.decoded.output, pass: fake, from: feature, inputGradient: generator.reconstructionGradient,
      parameters: .none,
      workspace: workspace)
    generator.backward(weights)
  }

  /// Gradients of the discriminator's loss; returns the loss.
  private func discriminatorGradients() -> Float {
    var loss = 0.0
    for (pass, isReal) in [(real, true), (fake, false)] {
      for image in 0..<imageCount {
        let logit = pass.output.values(ofImage: image)[0]
        let prediction = ElementaryFunctions.sigmoid(logit)
        loss += BinaryCrossEntropy.loss(prediction: prediction, isOne: isReal)
        let gradient = BinaryCrossEntropy.logitGradient(prediction: prediction, isOne: isReal)
        pass.gradient.setValues([0.5 * gradient / Float(imageCount)], ofImage: image)
      }
    }
    network.discriminator.backward(
      input, pass: real, inputGradient: nil, parameters: .overwrite, workspace: workspace)
    network.discriminator.backward(
      generator.decoded.output, pass: fake, inputGradient: nil, parameters: .accumulate, workspace: workspace)
    return Float(0.5 * loss / Double(imageCount))
  }

  /// The discriminator's block whose output are its features.
  private var featureIndex: Int { network.architecture.featureBlock }

  private func features(of pass: ChainPass) -> FeatureMap { pass.blocks[featureIndex].output }
}
