internal import Layers
public import Tensors

/// The network with fixed weights, which all lanes share.
public final class Scorer: Sendable {
  /// Names the order of arithmetic operations: the same score of the same version agrees to the last bit on every machine.
  public static let arithmeticVersion = "3"

  /// Shapes.
  public let hyperparameters: Hyperparameters
  /// What the score is made of.
  public let options: ScoreOptions
  /// The terms that `ScoringLane.terms` gives; the score's own where no others were asked for.
  public let measures: [TermMeasure]
  /// From terms to score; nil where the options need statistics that are not there: then terms can be had, but no score.
  public let rule: ScoreRule?
  let architecture: Architecture
  let firstEncoder: EvaluationChain
  let decoder: EvaluationChain
  let secondEncoder: EvaluationChain
  /// The discriminator up to the last block that a term looks at; nil where none does.
  let features: EvaluationChain?

  /// Packs the weights of a model whose state dictionary has been checked.
  ///
  /// - Parameters:
  ///   - measures: the terms that `ScoringLane.terms` gives; empty: those of the model's score.
  ///   - servesSinglePictures: takes memory for what makes a picture alone faster.
  public convenience init(
    model: Model, measures: [TermMeasure] = [], servesSinglePictures: Bool = false,
    instructionSet: InstructionSet = .best
  ) {
    self.init(
      hyperparameters: model.hyperparameters, state: model.state, options: model.scoreOptions,
      statistics: model.termStatistics, measures: measures, servesSinglePictures: servesSinglePictures,
      instructionSet: instructionSet)
  }

  /// Packs the weights of a model whose state dictionary has been checked, and takes them out of it one after the other:
  /// they are never in memory twice. Serves single pictures.
  convenience init(consuming model: inout Model) {
    self.init(
      hyperparameters: model.hyperparameters, consuming: &model.state, options: model.scoreOptions,
      statistics: model.termStatistics, measures: [], servesSinglePictures: true, instructionSet: .best)
  }

  /// Packs the weights of a state dictionary that has the network's tensors in their shapes.
  ///
  /// - Parameters:
  ///   - options: what the score is made of; nil: the variant's own.
  ///   - statistics: means and deviations of the terms, for a combination.
  ///   - measures: the terms that `ScoringLane.terms` gives; empty: those of the score.
  ///   - servesSinglePictures: takes memory for what makes a picture alone faster.
  public convenience init(
    hyperparameters: Hyperparameters, state: StateDictionary, options: ScoreOptions? = nil,
    statistics: TermStatistics? = nil, measures: [TermMeasure] = [], servesSinglePictures: Bool = false,
    instructionSet: InstructionSet = .best
  ) {
    var state = state
    self.init(
      hyperparameters: hyperparameters, consuming: &state, options: options, statistics: statistics,
      measures: measures, servesSinglePictures: servesSinglePictures, instructionSet: instructionSet)
  }

  private init(
    hyperparameters: Hyperparameters, consuming state: inout StateDictionary, options: ScoreOptions?,
    statistics: TermStatistics?, measures: [TermMeasure], servesSinglePictures: Bool, instructionSet: InstructionSet
  ) {
    let options = options ?? .default(for: hyperparameters.variant)
    self.hyperparameters = hyperparameters
    self.options = options
    self.measures = measures.isEmpty ? options.measures : measures
    rule = try? ScoreRule(options, for: hyperparameters, statistics: statistics)
    let pool = ThreadPool(threadCount: 1)
    func chain(_ blocks: [BlockDescription]) -> EvaluationChain {
      EvaluationChain(
        blocks, valuesOf: { blocks[$0].values(takenFrom: &state) }, servesSinglePictures: servesSinglePictures,
        instructionSet: instructionSet, pool: pool)
    }
    architecture = Architecture(hyperparameters)
    firstEncoder = chain(architecture.firstEncoder)
    decoder = chain(architecture.decoder)
    secondEncoder = chain(architecture.secondEncoder)
    let blockCount = Self.blockCount(of: options.measures + self.measures, architecture)
    features = blockCount > 0 ? chain(Array(architecture.discriminator.prefix(blockCount))) : nil
  }

  /// The number of the discriminator's blocks that some terms need.
  private static func blockCount(of measures: [TermMeasure], _ architecture: Architecture) -> Int {
    measures.reduce(0) { count, measure in
      switch measure {
      case .features(let block): max(count, block ?? architecture.featureBlock + 1)
      case .localFeatures(let block, _, _): max(count, block)
      case .latent, .reconstruction, .local: count
      }
    }
  }

  /// Packs the generator's weights of a network in training as they are now; the score is the variant's own.
  public init(network: TrainableNetwork, pool: ThreadPool) {
    hyperparameters = network.hyperparameters
    architecture = network.architecture
    options = .default(for: hyperparameters.variant)
    measures = options.measures
    rule = try? ScoreRule(options, for: hyperparameters, statistics: nil)
    func chain(_ chain: Chain) -> EvaluationChain {
      EvaluationChain(chain, instructionSet: network.instructionSet, pool: pool)
    }
    firstEncoder = chain(network.firstEncoder)
    decoder = chain(network.decoder)
    secondEncoder = chain(network.secondEncoder)
    features = nil
  }

  /// Bytes of the packed weights: what all lanes share.
  public var packedByteCount: Int {
    [firstEncoder, decoder, secondEncoder, features].compactMap { $0?.packedByteCount }.reduce(0, +)
  }

  /// Multiplications and additions that the score of one picture takes in the network.
  public var operationCount: Int {
    let passes = ScoringPasses(options.measures)
    var chains = [firstEncoder, decoder]
    if passes.contains(.ownEncoder) { chains.append(secondEncoder) }
    if passes.contains(.generatorEncoder) { chains.append(firstEncoder) }
    if passes.contains(.features), let features { chains += [features, features] }
    return chains.flatMap(\.descriptions).reduce(0) { $0 + $1.operationCount }
  }

  /// What one thread needs to score: its activations over the shared weights. Not Sendable: one a thread.
  ///
  /// - Parameters:
  ///   - maximumBatch: most pictures that go through the network at once; more are taken in turn.
  ///   - team: threads that help with a picture alone; nil for none.
  public func makeLane(maximumBatch: Int, team: ScoringTeam? = nil) -> ScoringLane {
    ScoringLane(scorer: self, maximumBatch: maximumBatch, team: team)
  }
}
