public import GANomalyModel
private import Layers
public import Tensors

/// One training step of variant `keras`, over and over in the same memory.
///
/// The discriminator's update comes first, on pictures and on reconstructions as one batch with shared statistics; its
/// reconstructions come from the generator in evaluation mode. The generator's update then sees the features of the
/// changed discriminator with the statistics of pictures and of reconstructions apart, and leaves it as it is.
/// Source: leafinity/keras_ganomaly 7053c10; unlike there, the second encoder is trained with the generator.
public final class KerasStep: TrainingStep {
  /// Pictures of a batch.
  public let imageCount: Int
  /// The batch, in [-1, 1]; the caller fills it before `run`.
  public var input: FeatureMap { generator.input }
  /// The network that is trained.
  public let network: TrainableNetwork
  /// Both networks' optimisers.
  public let optimisers: Optimisers

  private let weights: LossWeights
  private let workspace: GradientWorkspace
  private let pool: ThreadPool
  private let generator: GeneratorPass
  private let real: ChainPass
  private let fake: ChainPass
  private let both: ChainPass
  private let bothInput: FeatureMap
  private let reconstruction: EvaluationReconstruction
  private let fakeMeanFeatures: FeatureMap

  /// Room for batches of `imageCount` pictures.
  public init(
    network: TrainableNetwork, imageCount: Int, pool: ThreadPool, optimisers: Optimisers = Optimisers(for: .keras),
    weights: LossWeights = LossWeights(for: .keras)
  ) {
    self.network = network
    self.imageCount = imageCount
    self.pool = pool
    self.optimisers = optimisers
    self.weights = weights
    workspace = GradientWorkspace(pool: pool, instructionSet: network.instructionSet)
    generator = GeneratorPass(network: network, imageCount: imageCount, workspace: workspace, pool: pool)
    bothInput = FeatureMap(
      imageCount: 2 * imageCount, side: network.hyperparameters.size,
      channelCount: network.hyperparameters.channelCount, border: network.architecture.imageBorder)
    func pass(_ chain: Chain, _ count: Int) -> ChainPass {
      ChainPass(chain, imageCount: count, threadCount: pool.threadCount)
    }
    real = pass(network.discriminator, imageCount)
    fake = pass(network.discriminator, imageCount)
    both = pass(network.discriminator, 2 * imageCount)
    let features = real.blocks[network.architecture.featureBlock].output
    fakeMeanFeatures = FeatureMap(
      imageCount: 1, side: features.side, channelCount: features.channelCount, border: features.border)
    reconstruction = EvaluationReconstruction(network: network, imageCount: imageCount, pool: pool)
    for chain in network.generator + [network.discriminator] { chain.pack(pool: pool) }
  }

  /// What the last generator's step gave: both latent vectors and the reconstruction, with batch statistics.
  public var outputs: (reconstruction: FeatureMap, latent: FeatureMap, secondLatent: FeatureMap) {
    (generator.decoded.output, generator.first.output, generator.second.output)
  }

  /// Forward, losses, and both networks' updates; nothing is drawn.
  public func run(random: inout RandomGenerator, onGradients: () -> Void) -> StepLosses {
    let discriminator = [network.discriminator]
    let discriminatorPenalty = KernelPenalty.value(discriminator, factor: weights.penalty)
    let crossEntropy = discriminatorGradients()
    KernelPenalty.addGradient(discriminator, factor: weights.penalty)
    onGradients()
    optimisers.discriminator.update(network.discriminator.parameters, pool: pool)
    network.discriminator.pack(pool: pool)

    let generatorPenalty = KernelPenalty.value(network.generator, factor: weights.penalty)
    forwardGenerator()
    let losses = StepLosses(
      adversarial: adversarialGradient(),
      contextual: generator.contextualLoss, encoder: generator.encoderLoss,
      discriminator: crossEntropy, generatorPenalty: generatorPenalty, discriminatorPenalty: discriminatorPenalty)
    generatorGradients()
    KernelPenalty.addGradient(network.generator, factor: weights.penalty)
    onGradients()
    optimisers.generator.update(network.generator.flatMap(\.parameters), pool: pool)
    for chain in network.generator { chain.pack(pool: pool) }
    return losses
  }

  /// Gradients of the discriminator's binary cross-entropy over pictures and reconstructions; returns the loss.
  private func discriminatorGradients() -> Float {
    reconstruction.run(input, into: bothInput, firstPlace: imageCount)
    for image in 0..<imageCount { Elementwise.copy(input, image: image, to: bothInput, image: image) }
    network.discriminator.forward(bothInput, pass: both, workspace: workspace)
    network.discriminator.updateRunningStatistics(from: both)
    var loss = 0.0
    for image in 0..<2 * imageCount {
      // The notebook's labels: real 0, fake 1.
      let isFake = image >= imageCount
      let prediction = ElementaryFunctions.sigmoid(both.output.values(ofImage: image)[0])
      loss += BinaryCrossEntropy.clippedLoss(prediction: prediction, isOne: isFake)
      let gradient = BinaryCrossEntropy.clippedLogitGradient(prediction: prediction, isOne: isFake)
      both.gradient.setValues([gradient / Float(2 * imageCount)], ofImage: image)
    }
    network.discriminator.backward(
      bothInput, pass: both, inputGradient: nil, parameters: .overwrite, workspace: workspace)
    return Float(loss / Double(2 * imageCount))
  }

  private func forwardGenerator() {
    generator.forward()
    let last = network.architecture.featureBlock
    network.discriminator.forward(input, pass: real, through: last, workspace: workspace)
    network.discriminator.forward(generator.decoded.output, pass: fake, through: last, workspace: workspace)
  }

  /// Puts the gradient of mean (f(x) - batch mean of f(y))^2 behind the features of the reconstructions; returns the
  /// mean.
  ///
  /// Every reconstruction has the same share in the batch's mean, hence the same gradient:
  /// -2 / (values * pictures) * (mean f(x) - mean f(y)).
  private func adversarialGradient() -> Float {
    let last = network.architecture.featureBlock
    let (realFeatures, fakeFeatures) = (real.blocks[last].output, fake.blocks[last].output)
    let realMean = BatchLoss.meanPicture(realFeatures)
    let fakeMean = BatchLoss.meanPicture(fakeFeatures)
    fakeMeanFeatures.setValues(fakeMean, ofImage: 0)
    let total = (0..<imageCount).reduce(0.0) {
      $0 + Double(Elementwise.sumOfSquaredDifferences(realFeatures, image: $1, fakeMeanFeatures, image: 0))
    }
    let factor = 2 * weights.adversarial / Float(imageCount * realFeatures.valuesPerImage)
    let gradient = zip(realMean, fakeMean).map { -factor * ($0 - $1) }
    for image in 0..<imageCount { fake.blocks[last].gradient.setValues(gradient, ofImage: image) }
    return Float(total / Double(imageCount * realFeatures.valuesPerImage))
  }

  private func generatorGradients() {
    network.discriminator.backward(
      generator.decoded.output, pass: fake, from: network.architecture.featureBlock,
      inputGradient: generator.reconstructionGradient,
      parameters: .none, workspace: workspace)
    generator.backward(weights)
  }
}
