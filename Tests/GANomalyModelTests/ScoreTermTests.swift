import Imaging
import Layers
import Tensors
import TestSupport
import Testing

@testable import GANomalyModel

/// The value of every term, and what it must not depend on.
struct ScoreTermTests {
  /// Small networks of both variants, grey and colour.
  static let networks = [
    Hyperparameters(size: 16, latentCount: 4, featureCount: 2),
    Hyperparameters(size: 32, channelCount: 3, latentCount: 5, featureCount: 4, extraLayerCount: 1),
    Hyperparameters.keras(size: 16, channelCount: 1, featureCount: 2),
    Hyperparameters.keras(size: 24, channelCount: 3, featureCount: 3),
  ]

  private func pictures(_ network: Hyperparameters, _ count: Int) -> [Image] {
    (0..<count).map {
      SamplePicture.noise(
        width: network.size, height: network.size, channelCount: network.channelCount, seed: UInt64($0))
    }
  }

  /// A model with statistics of its own, so that combinations can be taken.
  private func model(_ network: Hyperparameters) throws -> Model {
    var model = SampleModel.make(network)
    let validation = pictures(network, 9).suffix(4)
    model.termStatistics = try TermStatistics.measure(
      model, pictureCount: 4, pool: ThreadPool(threadCount: 1)
    ) { range in range.map { validation[5 + $0] } }
    return model
  }

  @Test(arguments: networks) func `every term is the definition's, by plain loops`(network: Hyperparameters) throws {
    let model = SampleModel.make(network)
    let pictures = pictures(network, 3)
    let inputs = pictures.map { $0.samples.map(Preparation.input) }
    let measures = TermMeasure.all(for: network)
    let terms = Scorer(model: model, measures: measures).makeLane(maximumBatch: 3).terms(of: pictures)
    func evaluations(_ encoder: ScoreOptions.SecondEncoder) -> [ScoringLane.Evaluation] {
      Scorer(
        hyperparameters: network, state: model.state, options: ScoreOptions(secondEncoder: encoder)
      ).makeLane(maximumBatch: 3).evaluate(inputs: inputs)
    }
    let (own, generator) = (evaluations(.own), evaluations(.generator))
    let again = Scorer(model: model).makeLane(maximumBatch: 3).evaluate(inputs: own.map(\.reconstruction))
    let (pictureMaps, reconstructionMaps) = (maps(model, inputs), maps(model, own.map(\.reconstruction)))
    let architecture = Architecture(network)
    for picture in pictures.indices {
      // The generator's encoder a second time is its encoder on the reconstruction.
      #expect(generator[picture].secondLatent == again[picture].latent)
      #expect(own[picture].secondLatent != generator[picture].secondLatent)
      let differences = zip(inputs[picture], own[picture].reconstruction).map { Double($1) - Double($0) }
      for measure in measures {
        let expected: Double
        switch measure {
        case .latent(let distance, let encoder):
          let evaluation = (encoder == .own ? own : generator)[picture]
          let parts = zip(evaluation.latent, evaluation.secondLatent).map { Double($0) - Double($1) }
          switch distance {
          case .meanSquare: expected = mean(parts.map { $0 * $0 })
          case .meanAbsolute: expected = mean(parts.map(abs))
          case .sumAbsolute: expected = parts.map(abs).reduce(0, +)
          }
        case .reconstruction: expected = mean(differences.map(abs))
        case .local(let side, let rule, let margin):
          expected = local(differences, network, side: side, rule: rule, margin: margin)
        case .features(let block):
          let index = block.map { $0 - 1 } ?? architecture.featureBlock
          expected = mean(squares(pictureMaps, reconstructionMaps, picture, block: index))
        case .localFeatures(let block, let side, let margin):
          let squares = self.squares(pictureMaps, reconstructionMaps, picture, block: block - 1)
          expected = largestMean(
            squares, mapSide: architecture.discriminator[block - 1].outputSide, box: side, margin: margin)
        }
        let found = try #require(terms[picture][measure])
        #expect(abs(Double(found) - expected) <= 1e-5 * expected, "\(measure.name): \(found), expected \(expected)")
        #expect(found > 0)
      }
    }
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// The maps of the discriminator's blocks in evaluation mode, by its whole chain: [block][picture].
  private func maps(_ model: Model, _ inputs: [[Float]]) -> [[[Float]]] {
    let architecture = Architecture(model.hyperparameters)
    let chain = EvaluationChain(
      architecture.discriminator, values: architecture.discriminator.map { $0.values(from: model.state) },
      instructionSet: .best, pool: ThreadPool(threadCount: 1))
    let map = FeatureMap(
      imageCount: inputs.count, side: model.hyperparameters.size, channelCount: model.hyperparameters.channelCount,
      border: architecture.imageBorder)
    for (image, values) in inputs.enumerated() { map.setValues(values, ofImage: image) }
    let lane = EvaluationLane(chain, imageCount: inputs.count)
    chain.forward(map, images: inputs.indices, lane: lane)
    return architecture.discriminator.indices.map { block in
      inputs.indices.map { lane.output(ofBlock: block).values(ofImage: $0) }
    }
  }

  private func squares(_ first: [[[Float]]], _ second: [[[Float]]], _ picture: Int, block: Int) -> [Double] {
    zip(first[block][picture], second[block][picture]).map { pair in
      let difference = Double(pair.0) - Double(pair.1)
      return difference * difference
    }
  }

  /// The largest mean over a box and all channels.
  private func largestMean(_ values: [Double], mapSide: Int, box: Int, margin: Int) -> Double {
    let channels = values.count / (mapSide * mapSide)
    var largest = 0.0
    let edge = mapSide * margin / 16
    for row in edge...mapSide - edge - box {
      for column in edge...mapSide - edge - box {
        var sum = 0.0
        for y in row..<row + box {
          for x in column..<column + box {
            for channel in 0..<channels { sum += values[(y * mapSide + x) * channels + channel] }
          }
        }
        largest = max(largest, sum / Double(box * box * channels))
      }
    }
    return largest
  }

  private func local(
    _ differences: [Double], _ network: Hyperparameters, side: Int, rule: ScoreOptions.LocalRule, margin: Int
  ) -> Double {
    let (size, channels) = (network.size, network.channelCount)
    var largest = 0.0
    let edge = size * margin / 16
    for row in edge...size - edge - side {
      for column in edge...size - edge - side {
        var sum = 0.0
        for channel in 0..<channels {
          var box = 0.0
          for y in row..<row + side {
            for x in column..<column + side {
              let difference = differences[(y * size + x) * channels + channel]
              switch rule {
              case .smoothedAbsolute: box += abs(difference)
              case .smoothedSquare: box += difference * difference
              case .absoluteSmoothed: box += difference
              }
            }
          }
          sum += abs(box) / Double(side * side)
        }
        largest = max(largest, sum / Double(channels))
      }
    }
    return largest
  }

  @Test(arguments: networks)
  func `terms and scores are the same to the last bit in any batch, order, lane and thread`(
    network: Hyperparameters
  ) throws {
    var model = try model(network)
    let pictures = pictures(network, 9)
    let measures = TermMeasure.all(for: network)
    for options in [
      ScoreOptions(terms: [.local], localSide: 7, localRule: .absoluteSmoothed),
      ScoreOptions(distance: .meanAbsolute, secondEncoder: .generator, terms: ScoreOptions.Term.allCases),
      ScoreOptions(terms: [.reconstruction, .features], combination: .sum(weights: [0.5, 2])),
      ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 1),
      ScoreOptions(terms: [.local, .features], localRule: .smoothedSquare, margin: 1, standardisation: .logarithm),
    ] {
      model.scoreOptions = options
      let scorer = Scorer(model: model, measures: measures)
      let single = scorer.makeLane(maximumBatch: 1)
      let expected = pictures.map { single.terms(of: [$0])[0] }
      let scores = pictures.map { single.scores(of: [$0])[0] }
      #expect(expected.allSatisfy { $0.values.count == measures.count })
      for batch in [2, 3, 5, 16] {
        let lane = scorer.makeLane(maximumBatch: batch)
        #expect(lane.terms(of: pictures) == expected)
        #expect(lane.scores(of: pictures) == scores)
        #expect(lane.terms(of: pictures.reversed()) == expected.reversed())
        // What a lane did before leaves nothing behind.
        #expect(lane.scores(of: pictures.reversed()) == scores.reversed())
        #expect(lane.contextualErrors(of: pictures) == expected.map { $0[.reconstruction]! })
      }
      let rule = try model.scoreRule
      #expect(expected.map(rule.score) == scores)
      #expect(Set(scores).count == scores.count)
    }
    let reference = try #require(model.termStatistics)
    for threadCount in [2, 3] {
      let measured = try TermStatistics.measure(
        model, pictureCount: pictures.count, pool: ThreadPool(threadCount: threadCount)
      ) { $0.map { pictures[$0] } }
      let alone = try TermStatistics.measure(
        model, pictureCount: pictures.count, pool: ThreadPool(threadCount: 1)
      ) { $0.map { pictures[$0] } }
      #expect(measured == alone)
      #expect(measured != reference)
    }
  }

  @Test func `a scorer of one term has neither the parts nor the work of the others`() {
    let model = SampleModel.make()
    func operations(_ options: ScoreOptions) -> Int {
      Scorer(hyperparameters: model.hyperparameters, state: model.state, options: options).operationCount
    }
    let reconstruction = operations(ScoreOptions(terms: [.reconstruction]))
    #expect(operations(ScoreOptions(terms: [.local])) == reconstruction)
    #expect(operations(ScoreOptions()) > reconstruction)
    #expect(operations(ScoreOptions(secondEncoder: .generator)) == operations(ScoreOptions()))
    #expect(operations(ScoreOptions(terms: [.features])) > operations(ScoreOptions()))
    #expect(
      operations(ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 1))
        < operations(ScoreOptions(terms: [.features])))
    #expect(Scorer(model: model).features == nil)
    // The discriminator is not needed where no term looks at its features.
    let generator = model.state.filter { $0.key.hasPrefix("netg.") }
    let lane = Scorer(hyperparameters: model.hyperparameters, state: generator).makeLane(maximumBatch: 1)
    #expect(lane.scores(of: [SamplePicture.noise(width: 16, height: 16, seed: 1)])[0].isFinite)
  }

  @Test func `the published forms have their own score`() {
    #expect(SampleModel.make().scoreOptions == ScoreOptions(distance: .meanSquare, secondEncoder: .own))
    let keras = SampleModel.make(.keras(size: 16, channelCount: 1, featureCount: 2))
    #expect(keras.scoreOptions == ScoreOptions(distance: .sumAbsolute, secondEncoder: .generator))
  }

  @Test func `the first score there was has kept its bits`() {
    // Written down by the program as it was before there were other terms, from the same weights and pictures.
    let expected: [Float] = [0.00032787357, 0.0003256178, 0.00033848983, 0.00034195022]
    let model = SampleModel.make()
    let pictures = (0..<4).map { SamplePicture.noise(width: 16, height: 16, seed: UInt64($0)) }
    let scores = Scorer(model: model).makeLane(maximumBatch: 4).scores(of: pictures)
    #expect(scores == expected)
  }
}
