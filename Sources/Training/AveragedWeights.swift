internal import GANomalyModel
internal import Tensors

/// The moving average of a network's weights and running statistics while it is trained.
///
/// A generator that is trained against a discriminator never comes to rest: its weights circle around what they have
/// learnt. The average lies in the middle of the circle; it is validated, scored and stored, and the training itself goes
/// on with the weights as they are. Source: B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by
/// averaging" (1992); Y. Yazici et al., "The unusual effectiveness of averaging in GAN training" (2019).
final class AveragedWeights {
  /// Steps between two updates.
  static let interval = 5
  /// Largest share that an update keeps: the average looks back about 100 updates, that is 500 steps.
  static let largestDecay: Float = 0.99

  /// A network whose values are the averages.
  let network: TrainableNetwork
  /// Updates done.
  private(set) var updateCount: Int

  /// Averages of a network that are nothing but its present values.
  init(of source: TrainableNetwork) {
    network = TrainableNetwork(source.hyperparameters, instructionSet: source.instructionSet)
    updateCount = 0
    for (average, value) in zip(network.buffers, source.buffers) { average.copy(from: value) }
  }

  /// Goes on from averages and the number of updates that led to them.
  init(_ state: StateDictionary, of source: TrainableNetwork, updateCount: Int) {
    network = TrainableNetwork(source.hyperparameters, instructionSet: source.instructionSet)
    self.updateCount = updateCount
    network.load(state)
  }

  /// Moves the averages towards the network's present values, by 1/10 at first and by 1/100 later.
  func update(from source: TrainableNetwork) {
    updateCount += 1
    // Early averages forget fast: the first steps' weights have learnt nothing yet.
    let decay = min(Self.largestDecay, Float(updateCount) / Float(updateCount + 9))
    for (average, value) in zip(network.buffers, source.buffers) { average.move(towards: value, by: 1 - decay) }
  }
}
