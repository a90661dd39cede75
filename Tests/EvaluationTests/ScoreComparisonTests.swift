import GANomalyModel
import Imaging
import Linux
import Tensors
import TestSupport
import Testing

@testable import Evaluation

struct ScoreComparisonTests {
  private func pictures(_ seeds: Range<UInt64>) -> [Image] {
    seeds.map { SamplePicture.noise(width: 16, height: 16, seed: $0) }
  }

  /// A model with statistics on pictures of its own.
  private func model(_ options: ScoreOptions) throws -> Model {
    var model = SampleModel.make()
    let validation = pictures(500..<506)
    try model.measureScore(options, pictureCount: 6, pool: ThreadPool(threadCount: 1)) { $0.map { validation[$0] } }
    return model
  }

  /// What every candidate makes of pictures that are seen whole.
  private func scores(_ model: Model, _ pictures: [Image]) -> [[Float]] {
    let candidates = ScoreComparison.candidates(of: model)
    let measures = Array(Set(candidates.flatMap(\.rule.measures)))
    return Scorer(model: model, measures: measures).makeLane(maximumBatch: 4).terms(of: pictures).map {
      candidates.scores(ofWindows: [$0])
    }
  }

  @Test func `a model without a discriminator is compared without its terms`() throws {
    var model = try model(ScoreOptions())
    for (name, _) in model.hyperparameters.discriminatorShapes { model.state[name] = nil }
    let (normal, anomalous) = (pictures(0..<5), pictures(100..<105))
    let comparison = ScoreComparison(
      model: model, normal: scores(model, normal), anomalous: scores(model, anomalous), kinds: [])
    #expect(comparison.missingCombinations == nil)
    #expect(comparison.rows.count { $0.name.contains("(latent, reconstruction, local)") } >= 2)
    #expect(!comparison.rows.contains { $0.name.contains("features") })
  }

  @Test func `every term and combination has the area that its own scores have`() throws {
    let model = try model(ScoreOptions(terms: [.local, .features], localSide: 11, margin: 2))
    let (normal, anomalous) = (pictures(0..<12), pictures(100..<110))
    let kinds = [ScoreComparison.Kind(name: "crack", places: [0, 3, 9]), .init(name: "stain", places: [1, 2])]
    let comparison = ScoreComparison(
      model: model, normal: scores(model, normal), anomalous: scores(model, anomalous), kinds: kinds)
    #expect(comparison.missingCombinations == nil)
    #expect(comparison.rows.filter(\.isOwn).map(\.name) == ["maximum(local, features)"])
    #expect(Set(comparison.rows.map(\.name)).count == comparison.rows.count)
    for row in comparison.rows {
      // The same score, taken by a scorer that knows no other.
      var other = model
      if let measure = TermMeasure(name: row.name) {
        other.scoreOptions = options(measure)
      } else if !row.isOwn {
        other.scoreOptions.terms = ScoreOptions.Term.allCases
        other.scoreOptions.standardisation = row.name.hasPrefix("logarithmic") ? .logarithm : .plain
        other.scoreOptions.combination = row.name.contains("sum(") ? .sum(weights: [1, 1, 1, 1, 1]) : .maximum
      }
      let lane = Scorer(model: other).makeLane(maximumBatch: 3)
      let (first, second) = (lane.scores(of: normal), lane.scores(of: anomalous))
      let overall = Evaluation(normal: first, anomalous: second)
      #expect(row.overall.areaUnderROC == overall.areaUnderROC, "\(row.name)")
      #expect(row.overall.averagePrecision == overall.averagePrecision)
      for (kind, figures) in zip(kinds, row.kinds) {
        let part = Evaluation(normal: first, anomalous: kind.places.map { second[$0] })
        #expect(figures.areaUnderROC == part.areaUnderROC)
        #expect(figures.averagePrecision == part.averagePrecision)
      }
    }
    for name in [
      "latent.mean-square.own", "latent.sum-absolute.generator", "reconstruction", "local.smoothed-absolute.5",
      "local.absolute-smoothed.3", "features", "features.1", "local-features.2.3",
      "local.smoothed-absolute.11.margin-2",
      "maximum(all terms)",
      "logarithmic sum(all terms)",
    ] {
      #expect(comparison.rows.contains { $0.name == name }, "\(name)")
    }
  }

  /// Options whose one term is a measure.
  private func options(_ measure: TermMeasure) -> ScoreOptions {
    var options = ScoreOptions(terms: [measure.term])
    switch measure {
    case .latent(let distance, let encoder): (options.distance, options.secondEncoder) = (distance, encoder)
    case .local(let side, let rule, let margin):
      (options.localSide, options.localRule, options.margin) = (side, rule, margin)
    case .features(let block): options.featuresBlock = block
    case .localFeatures(let block, let side, let margin):
      (options.localFeaturesBlock, options.localFeaturesSide, options.margin) = (block, side, margin)
    case .reconstruction: break
    }
    return options
  }

  @Test func `without statistics there are terms and a reason, and no combinations`() throws {
    let model = SampleModel.make()
    let comparison = ScoreComparison(
      model: model, normal: scores(model, pictures(0..<3)), anomalous: scores(model, pictures(5..<8)), kinds: [])
    #expect(comparison.missingCombinations != nil)
    #expect(comparison.rows.map(\.name) == TermMeasure.all(of: model).map(\.name))
    #expect(comparison.rows.filter(\.isOwn).map(\.name) == ["latent.mean-square.own"])
  }

  @Test func `a term that is no number for a picture has no figures, the others have`() {
    let model = SampleModel.make()
    let candidates = ScoreComparison.candidates(of: model)
    func values(_ seed: Float) -> [Float] {
      candidates.map { $0.rule.measures == [.reconstruction] ? .nan : seed }
    }
    let comparison = ScoreComparison(model: model, normal: [values(1)], anomalous: [values(2)], kinds: [])
    for row in comparison.rows {
      #expect(row.overall.areaUnderROC == (row.name == "reconstruction" ? nil : 1))
    }
  }

  @Test func `scoring with terms gives the scores of scoring without, in one pass`() throws {
    let folder = try TemporaryFolder()
    for seed in 0..<9 as Range<UInt64> { try folder.write(SamplePicture.noise(seed: seed), to: "\(seed).png") }
    try folder.write([1, 2, 3], to: "5b.png")
    let items = try PictureItem.items(below: BytePath(folder.path))
    let model = try model(ScoreOptions(terms: [.latent, .reconstruction]))
    let candidates = ScoreComparison.candidates(of: model)
    var (plain, detailed): ([PictureScoring.Result], [PictureScoring.Result]) = ([], [])
    PictureScoring(model: model, threadCount: 2, batchSize: 2).run(items) { plain.append($0) }
    PictureScoring(model: model, threadCount: 3, batchSize: 4, candidates: candidates).run(items) {
      detailed.append($0)
    }
    #expect(plain.map(\.outcome) == detailed.map(\.outcome))
    #expect(plain.allSatisfy { $0.candidateScores == nil })
    #expect(detailed.filter { $0.candidateScores == nil }.map(\.item.path.description) == [folder.path("5b.png")])
    let own = try #require(candidates.firstIndex { $0.rule == (try? model.scoreRule) })
    for result in detailed {
      guard case .scored(let score, _) = result.outcome else { continue }
      #expect(result.candidateScores?.count == candidates.count && result.candidateScores?[own] == score)
    }
  }
}
