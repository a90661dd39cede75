internal import Layers
public import Tensors

/// The generator with fixed weights, which all lanes share.
public final class Scorer: Sendable {
  /// Names the order of arithmetic operations: scores of the same version agree to the last bit on every machine.
  public static let arithmeticVersion = "1"

  /// Shapes.
  public let hyperparameters: Hyperparameters
  let firstEncoder: EvaluationChain
  let decoder: EvaluationChain
  let secondEncoder: EvaluationChain

  /// Packs the weights of a model whose state dictionary has been checked.
  public convenience init(model: Model, instructionSet: InstructionSet = .best) {
    self.init(hyperparameters: model.hyperparameters, state: model.state, instructionSet: instructionSet)
  }

  /// Packs the weights of a state dictionary that has the generator's tensors in their shapes.
  public init(hyperparameters: Hyperparameters, state: StateDictionary, instructionSet: InstructionSet = .best) {
    self.hyperparameters = hyperparameters
    let pool = ThreadPool(threadCount: 1)
    func chain(_ blocks: [BlockDescription]) -> EvaluationChain {
      EvaluationChain(
        blocks, values: blocks.map { $0.values(from: state) }, instructionSet: instructionSet, pool: pool)
    }
    let architecture = Architecture(hyperparameters)
    firstEncoder = chain(architecture.firstEncoder)
    decoder = chain(architecture.decoder)
    secondEncoder = chain(architecture.secondEncoder)
  }

  /// Packs the weights of a network in training as they are now.
  public init(network: TrainableNetwork, pool: ThreadPool) {
    hyperparameters = network.hyperparameters
    func chain(_ chain: Chain) -> EvaluationChain {
      EvaluationChain(chain, instructionSet: network.instructionSet, pool: pool)
    }
    firstEncoder = chain(network.firstEncoder)
    decoder = chain(network.decoder)
    secondEncoder = chain(network.secondEncoder)
  }

  /// Multiplications and additions for one picture.
  public var operationCount: Int {
    [firstEncoder, decoder, secondEncoder].flatMap(\.descriptions).reduce(0) { $0 + $1.operationCount }
  }

  /// What one thread needs to score: its activations over the shared weights. Not Sendable: one a thread.
  ///
  /// - Parameter maximumBatch: most pictures that go through the network at once; more are taken in turn.
  public func makeLane(maximumBatch: Int) -> ScoringLane { ScoringLane(scorer: self, maximumBatch: maximumBatch) }
}
