import ArgumentParser
import Training

/// How a network learns, and from which share of the pictures.
struct TrainLearningOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Pictures a step (default: 64; keras: 32).", valueName: "number"))
  var batch: Int?
  @Option(help: ArgumentHelp("The seed of every random number (default: 1).", valueName: "number"))
  var seed: UInt64?
  @Option(help: ArgumentHelp("Size of a step of both networks (default: 0.0002; keras: 0.001).", valueName: "number"))
  var learningRate: Double?
  @Option(
    help: ArgumentHelp("Weight of the loss on the discriminator's features (default: 1).", valueName: "number"))
  var adversarialWeight: Float?
  @Option(
    help: ArgumentHelp("Weight of the loss on the reconstruction (default: 50; keras: 20).", valueName: "number"))
  var contextualWeight: Float?
  @Option(help: ArgumentHelp("Weight of the loss on the latent vectors (default: 1).", valueName: "number"))
  var encoderWeight: Float?
  @Flag(
    help: "Keep moving averages of all weights: they look back about 500 steps, score better and wander less.")
  var averageWeights = false
  @Option(
    help: ArgumentHelp(
      "Random changes of training pictures, with commas: flip, flip-horizontal, flip-vertical, rotate90, shift=N, "
        + "brightness=N, noise=N; see above (default: none).", valueName: "changes"))
  var augment: Augmentation?
  @Option(help: ArgumentHelp("Share of the pictures that chooses the weights (default: 0.1).", valueName: "share"))
  var validation: Double?
  @Option(
    help: ArgumentHelp("Share of the pictures kept for the calibration at the end (default: 0.2).", valueName: "share"))
  var calibration: Double?
  @Option(
    help: ArgumentHelp(
      "Rate of false alarms that the calibration at the end promises (default: 0.01).", valueName: "rate"))
  var falsePositiveRate: Double?

  /// What was given, as texts by name.
  var given: [String: String] {
    GivenOptions.texts([
      ("batch", batch), ("seed", seed), ("learning-rate", learningRate), ("adversarial-weight", adversarialWeight),
      ("contextual-weight", contextualWeight), ("encoder-weight", encoderWeight),
      ("average-weights", averageWeights ? true : nil), ("augment", augment),
      ("validation", validation), ("calibration", calibration), ("false-positive-rate", falsePositiveRate),
    ])
  }
}
