public import Imaging
internal import Layers
internal import Tensors

/// One thread's way to score.
///
/// It computes what is asked for and nothing else; memory is taken at the first picture that needs it and kept.
public final class ScoringLane {
  /// Most pictures that go through the network at once.
  public let maximumBatch: Int
  let scorer: Scorer
  private let team: ScoringTeam?
  let input: FeatureMap
  /// Encoders and decoder work one after the other.
  private let memory: EvaluationMemory
  private let firstEncoder: EvaluationLane
  let decoder: EvaluationLane
  private lazy var ownEncoder = EvaluationLane(scorer.secondEncoder, memory: memory)
  private lazy var generatorEncoder = EvaluationLane(scorer.firstEncoder, memory: memory)
  private lazy var pictureFeatures = featureLane()
  private lazy var reconstructionFeatures = featureLane()
  /// By the side of the map.
  private var featureDifferences: [Int: LocalDifference] = [:]
  /// Only for maps.
  lazy var smoothedDifference = SmoothedDifference(side: input.side)
  private lazy var localDifference = LocalDifference(side: input.side, channelCount: input.channelCount)
  /// The terms of one picture's score.
  private var scoreTerms: [Float]

  init(scorer: Scorer, maximumBatch: Int, team: ScoringTeam?) {
    self.scorer = scorer
    self.team = team
    self.maximumBatch = max(1, maximumBatch)
    input = FeatureMap(
      imageCount: self.maximumBatch, side: scorer.hyperparameters.size,
      channelCount: scorer.hyperparameters.channelCount, border: scorer.architecture.imageBorder)
    memory = EvaluationMemory(imageCount: self.maximumBatch)
    firstEncoder = EvaluationLane(scorer.firstEncoder, memory: memory)
    decoder = EvaluationLane(scorer.decoder, memory: memory)
    scoreTerms = [Float](repeating: 0, count: scorer.options.terms.count)
  }

  /// Anomaly scores, one a picture; a score depends on its picture and the model alone, to the last bit.
  ///
  /// - Parameter pictures: prepared pictures: side and channels as the model's preparation says.
  /// - Returns: the score of the model's options, in the pictures' order; NaN where the arithmetic gave it.
  ///   Source of variant `paper`'s own: samet-akcay/ganomaly, lib/model.py, `test`.
  public func scores(of pictures: [Image]) -> [Float] {
    var scores: [Float] = []
    scores.reserveCapacity(pictures.count)
    forEachScore(of: pictures) { scores.append($0) }
    return scores
  }

  /// Hands out the same scores one after the other, in the pictures' order; a warm lane asks nothing of the heap for it.
  public func forEachScore(of pictures: [Image], _ body: (Float) -> Void) {
    let rule = scoreRule
    forEachBatch(of: pictures, ScoringPasses(rule.measures)) { images in
      for image in images { body(score(image, rule)) }
    }
  }

  /// What the network makes of one of the batch's pictures, in 8 bits.
  func reconstruction(_ image: Int) -> Image {
    Image(
      width: input.side, height: input.side, channelCount: input.channelCount,
      samples: decoder.output.values(ofImage: image).map(Preparation.sample))
  }

  /// The values of the scorer's measures, one list a picture, in the pictures' order; each as exact as a score.
  public func terms(of pictures: [Image]) -> [TermValues] {
    var terms: [TermValues] = []
    terms.reserveCapacity(pictures.count)
    forEachBatch(of: pictures, ScoringPasses(scorer.measures)) { images in
      for image in images { terms.append(termValues(ofImage: image, scorer.measures)) }
    }
    return terms
  }

  /// Mean absolute difference between each picture and its reconstruction, in input units (0 to 2).
  public func contextualErrors(of pictures: [Image]) -> [Float] {
    var errors: [Float] = []
    forEachBatch(of: pictures, []) { images in
      for image in images { errors.append(value(of: .reconstruction, image)) }
    }
    return errors
  }

  /// What the generator makes of a batch: reconstruction [row, column, channel], latent vectors and score of each picture.
  public struct Evaluation: Sendable {
    /// The decoder's output in [-1, 1], [row, column, channel].
    public var reconstruction: [Float]
    /// The first encoder's output.
    public var latent: [Float]
    /// What the encoder of the score's options makes of the reconstruction.
    public var secondLatent: [Float]
    /// The score of the scorer's options.
    public var score: Float
  }

  /// The same for input values in [-1, 1], at most `maximumBatch` pictures of [row, column, channel].
  public func evaluate(inputs: [[Float]]) -> [Evaluation] {
    precondition(inputs.count <= maximumBatch, "at most a batch")
    let rule = scoreRule
    let encoder = scorer.options.secondEncoder
    for (image, values) in inputs.enumerated() { input.setValues(values, ofImage: image) }
    forward(0..<inputs.count, ScoringPasses(rule.measures).union(ScoringPasses(encoder)))
    return inputs.indices.map { image in
      Evaluation(
        reconstruction: decoder.output.values(ofImage: image), latent: firstEncoder.output.values(ofImage: image),
        secondLatent: secondLatents(encoder).values(ofImage: image), score: score(image, rule))
    }
  }

  /// From terms to score.
  var scoreRule: ScoreRule {
    guard let rule = scorer.rule else { preconditionFailure("a combination of terms has their statistics") }
    return rule
  }

  /// Sends pictures through the network, batch after batch.
  func forEachBatch(of pictures: [Image], _ passes: ScoringPasses, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: pictures.count, by: maximumBatch) {
      let count = min(maximumBatch, pictures.count - start)
      for image in 0..<count {
        let picture = pictures[start + image]
        precondition(
          picture.width == input.side && picture.height == input.side && picture.channelCount == input.channelCount,
          "pictures are prepared for this model")
        input.setSamples(picture.samples, ofImage: image)
      }
      forward(0..<count, passes)
      body(0..<count)
    }
  }

  /// Sends the pictures of the batch through what the passes say.
  func forward(_ images: Range<Int>, _ passes: ScoringPasses) {
    if images.count == 1, let team, team.threads.lend({ forward(images, passes, $0) }) { return }
    forward(images, passes, nil)
  }

  private func forward(_ images: Range<Int>, _ passes: ScoringPasses, _ team: EvaluationTeam.Members?) {
    scorer.firstEncoder.forward(input, images: images, lane: firstEncoder, team: team)
    scorer.decoder.forward(firstEncoder.output, images: images, lane: decoder, team: team)
    if passes.contains(.ownEncoder) {
      scorer.secondEncoder.forward(decoder.output, images: images, lane: ownEncoder, team: team)
    }
    if passes.contains(.generatorEncoder) {
      scorer.firstEncoder.forward(decoder.output, images: images, lane: generatorEncoder, team: team)
    }
    if passes.contains(.features), let features = scorer.features {
      features.forward(input, images: images, lane: pictureFeatures, team: team)
      features.forward(decoder.output, images: images, lane: reconstructionFeatures, team: team)
    }
  }

  /// The score of one of the batch's pictures.
  func score(_ image: Int, _ rule: ScoreRule) -> Float {
    for (index, measure) in rule.measures.enumerated() { scoreTerms[index] = value(of: measure, image) }
    return rule.score(scoreTerms)
  }

  /// A term of a picture that went through the passes that it needs.
  func value(of measure: TermMeasure, _ image: Int) -> Float {
    switch measure {
    case .latent(let distance, let encoder): return latentDistance(distance, secondLatents(encoder), image)
    case .reconstruction:
      return Elementwise.sumOfAbsoluteDifferences(input, decoder.output, image: image) / Float(input.valuesPerImage)
    case .local(let side, let rule, let margin):
      let boxes = LocalDifference.Boxes(side: side, margin: TermMeasure.marginWidth(margin, ofSide: input.side))
      return localDifference.largest(
        input, decoder.output, image: image, boxes: boxes, rule: LocalDifference.Rule(rule))
    case .features(let block):
      let (picture, reconstruction) = featureMaps(ofBlock: block ?? scorer.architecture.featureBlock + 1)
      return Elementwise.sumOfSquaredDifferences(picture, reconstruction, image: image) / Float(picture.valuesPerImage)
    case .localFeatures(let block, let side, let margin):
      let (picture, reconstruction) = featureMaps(ofBlock: block)
      let boxes = LocalDifference.Boxes(side: side, margin: TermMeasure.marginWidth(margin, ofSide: picture.side))
      return featureDifference(side: picture.side).largestMeanSquare(
        picture, reconstruction, image: image, boxes: boxes)
    }
  }

  /// The discriminator's maps after a block that counts from 1.
  private func featureMaps(ofBlock block: Int) -> (picture: FeatureMap, reconstruction: FeatureMap) {
    (pictureFeatures.output(ofBlock: block - 1), reconstructionFeatures.output(ofBlock: block - 1))
  }

  private func secondLatents(_ encoder: ScoreOptions.SecondEncoder) -> FeatureMap {
    switch encoder {
    case .own: ownEncoder.output
    case .generator: generatorEncoder.output
    }
  }

  private func latentDistance(_ distance: ScoreOptions.Distance, _ second: FeatureMap, _ image: Int) -> Float {
    let first = firstEncoder.output
    switch distance {
    case .meanSquare:
      return Elementwise.sumOfSquaredDifferences(first, second, image: image) / Float(first.valuesPerImage)
    case .meanAbsolute:
      return Elementwise.sumOfAbsoluteDifferences(first, second, image: image) / Float(first.valuesPerImage)
    case .sumAbsolute: return Elementwise.sumOfAbsoluteDifferences(first, second, image: image)
    }
  }

  private func featureDifference(side: Int) -> LocalDifference {
    if let found = featureDifferences[side] { return found }
    let made = LocalDifference(side: side, channelCount: 1)
    featureDifferences[side] = made
    return made
  }

  private func featureLane() -> EvaluationLane {
    guard let features = scorer.features else { preconditionFailure("the scorer was made for the term 'features'") }
    return EvaluationLane(features, imageCount: maximumBatch)
  }
}

extension LocalDifference.Rule {
  /// The rule that options name.
  fileprivate init(_ rule: ScoreOptions.LocalRule) {
    switch rule {
    case .smoothedAbsolute: self = .absolute
    case .smoothedSquare: self = .square
    case .absoluteSmoothed: self = .signed
    }
  }
}
