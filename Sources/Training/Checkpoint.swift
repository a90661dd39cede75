public import GANomalyModel
internal import Tensors

/// Where a training stands after a step: all that the next one depends on, and the best model so far.
///
/// As a file it is that model's file with the rest under `ModelFile.checkpointPrefix`: usable at any time.
public struct Checkpoint: Sendable {
  /// The best weights so far, or the current ones before a round has ended; its record has the rounds and all options.
  public var model: Model
  /// Weights and running statistics of both networks as they are now.
  var current: StateDictionary
  /// The moving averages of these; nil where none are taken.
  var averages: StateDictionary?
  /// Adam's moments by parameter name, in the network's own layouts.
  var moments: [String: Moments]
  /// Adam's steps.
  var optimiserSteps: (generator: Int, discriminator: Int)
  /// Steps, order and random numbers.
  var position: TrainingPosition
  /// The prepared pictures' digests, in the order in which the training counts them.
  var pictures: [PictureDigest]

  /// The moments of one parameter.
  struct Moments: Sendable, Equatable {
    var first: [Float]
    var second: [Float]
  }
}

/// The place of a training between two steps.
struct TrainingPosition: Sendable, Equatable {
  /// Steps done.
  var stepCount = 0
  /// The order of the current epoch's pictures, as places in the split's training pictures; empty before it is drawn.
  var order: [Int] = []
  /// Draws weights and orders.
  var random: RandomGenerator
  /// Draws the changes of pictures.
  var augmentationRandom: RandomGenerator
  /// The current round's losses.
  var sums = RoundSums()

  /// The beginning of a training.
  init(seed: UInt64) {
    random = RandomGenerator(seed: seed)
    // A stream of its own, so that changing pictures changes nothing else.
    augmentationRandom = RandomGenerator(seed: seed ^ 0x4155_474D_454E_54)
  }
}

/// The losses of a round's steps, summed in double precision.
struct RoundSums: Sendable, Equatable {
  /// Steps since the round's beginning.
  var stepCount = 0
  /// Adversarial, contextual, encoder and discriminator loss.
  var losses = [0.0, 0.0, 0.0, 0.0]

  /// Adds a step's losses.
  mutating func add(_ step: StepLosses) {
    stepCount += 1
    for (place, loss) in [step.adversarial, step.contextual, step.encoder, step.discriminator].enumerated() {
      losses[place] += Double(loss)
    }
  }

  /// The means, in the same order.
  var means: [Float] { losses.map { Float($0 / Double(stepCount)) } }
}
