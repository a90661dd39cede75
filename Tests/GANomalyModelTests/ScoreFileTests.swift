import Imaging
import Tensors
import TestSupport
import Testing

@testable import GANomalyModel

/// The score in the model file.
struct ScoreFileTests {
  /// A model with statistics of every term.
  private func model(_ options: ScoreOptions) throws -> Model {
    var model = SampleModel.make()
    let pictures = (0..<4).map { SamplePicture.noise(width: 16, height: 16, seed: UInt64($0)) }
    try model.measureScore(options, pictureCount: 4, pool: ThreadPool(threadCount: 1)) { $0.map { pictures[$0] } }
    return model
  }

  private static let combined = ScoreOptions(
    distance: .sumAbsolute, secondEncoder: .generator, terms: [.latent, .local, .features, .localFeatures],
    localSide: 7, localRule: .absoluteSmoothed, featuresBlock: 1, localFeaturesBlock: 1,
    localFeaturesSide: 5, margin: 1,
    combination: .sum(weights: [0.1, 1, 3.5, 7]),
    standardisation: .logarithm)

  @Test(arguments: [
    (ScoreOptions(), "1"), (ScoreOptions(distance: .meanAbsolute, secondEncoder: .generator), "1"),
    (ScoreOptions(terms: [.reconstruction]), "2"), (ScoreOptions(terms: [.local], localSide: 15), "2"),
    (ScoreOptions(terms: [.features]), "2"), (ScoreOptions(terms: [.localFeatures]), "2"),
    (ScoreOptions(terms: [.latent, .reconstruction]), "2"), (combined, "2"),
    (ScoreOptions(terms: ScoreOptions.Term.allCases), "2"),
  ])
  func `every score survives writing and reading, and is the same`(options: ScoreOptions, version: String) throws {
    let model = try model(options)
    let bytes = model.encoded()
    #expect(try SafeTensors(bytes: bytes).metadata["format_version"] == version)
    let read = try Model(bytes: bytes, name: "m")
    #expect(read.scoreOptions == options)
    #expect(read.termStatistics == model.termStatistics)
    #expect(read.encoded() == bytes)
    let pictures = (10..<15).map { SamplePicture.noise(width: 16, height: 16, seed: UInt64($0)) }
    let scores = Scorer(model: read).makeLane(maximumBatch: 5).scores(of: pictures)
    #expect(scores == Scorer(model: model).makeLane(maximumBatch: 2).scores(of: pictures))
    #expect(scores.allSatisfy { $0.isFinite })
  }

  @Test func `a file of before has two texts for its score, and reads as that score`() throws {
    let container = SampleModel.make().safeTensors()
    let texts = container.metadata.filter { $0.key.hasPrefix("score.") || $0.key == "format_version" }
    #expect(texts == ["format_version": "1", "score.distance": "mean-square", "score.second_encoder": "own"])
    let read = try Model(bytes: container.encoded(), name: "m")
    #expect(read.scoreOptions == ScoreOptions())
    #expect(read.termStatistics == nil)
  }

  @Test(arguments: [
    ("score.terms", "latent", "expected '1' for the term 'latent' alone"),
    ("score.terms", "latent  local features local-features", "between single blanks"),
    ("score.terms", "", "'reconstruction'"),
    ("score.terms", "latent local colour", "'reconstruction'"),
    ("score.terms", "local latent features local-features", "in this order"),
    ("score.terms", "latent local local local-features", "at most once"),
    ("score.terms", "latent features local-features", "no term 'local'"),
    ("score.terms", "latent local features", "no term 'local-features'"),
    ("score.terms", "latent local", "no term 'features'"), ("score.terms", nil, "no 'score.terms'"),
    ("score.distance", "l1", "'mean-absolute'"), ("score.distance", nil, "no 'score.distance'"),
    ("score.second_encoder", "third", "'generator'"),
    ("score.local.side", "4", "odd number from 3 to 14"), ("score.local.side", "17", "odd number from 3 to 14"),
    ("score.local.side", "-3", "at least 0"), ("score.local.side", "five", "whole number"),
    ("score.local.side", "99999999999999999999", "whole number"), ("score.local.side", nil, "no 'score.local.side'"),
    ("score.local.side", "13", "local.absolute-smoothed.13.margin-1"),
    ("score.local.rule", "median", "'smoothed-absolute'"), ("score.local.rule", nil, "no 'score.local.rule'"),
    ("score.features.block", "0", "expected 1 to 2"), ("score.features.block", "3", "expected 1 to 2"),
    ("score.features.block", "x", "whole number"), ("score.local_features.block", "0", "expected 1 to 2"),
    ("score.local_features.block", "3", "expected 1 to 2"),
    ("score.local_features.block", nil, "no 'score.local_features.block'"),
    ("score.local_features.side", "4", "from 1 to 8"), ("score.local_features.side", "9", "from 1 to 8"),
    ("score.local_features.side", nil, "no 'score.local_features.side'"),
    ("score.margin", "8", "expected 0 to 7"), ("score.margin", "-1", "at least 0"),
    ("score.margin", nil, "no 'score.margin'"),
    ("score.margin", "2", "no mean and deviation"),
    ("score.standardisation", "rank", "'logarithm'"), ("score.standardisation", nil, "no 'score.standardisation'"),
    ("score.statistics.features.1", "1 1 1 0", "deviation is 0"),
    ("score.statistics.features.1", "1 1", "no mean and deviation"),
    ("score.statistics.features.1", "1 1 1 -1", "at least 0"),
    ("score.statistics.features.1", "1 1 1 nan", "2 or 4 finite numbers"),
    ("score.combination", "mean", "'maximum'"), ("score.combination", "maximum", "a maximum has no weights"),
    ("score.combination", nil, "no 'score.combination'"),
    ("score.weights", "1 2", "4 finite numbers"), ("score.weights", "1 2 3 4 5", "4 finite numbers"),
    ("score.weights", "1 2 3 nan", "finite numbers"), ("score.weights", "1 2 3 inf", "finite numbers"),
    ("score.weights", "1  2 3 4", "finite numbers"), ("score.weights", "1 2 3 0", "above 0"),
    ("score.weights", "1 -2 3 4", "above 0"), ("score.weights", "1 x 3 4", "finite numbers"),
    ("score.weights", nil, "no 'score.weights'"), ("score.other", "1", "unknown 'score.other'"),
    ("score.statistics.features.1", "1 0 1 0", "deviation is 0"), ("score.statistics.features", "1 -1", "at least 0"),
    ("score.statistics.features", "nan 1", "2 or 4 finite numbers"),
    ("score.statistics.features", "1 inf", "2 or 4 finite numbers"),
    ("score.statistics.features", "1", "2 or 4 finite numbers"),
    ("score.statistics.features", "1 2 3", "2 or 4 finite numbers"),
    ("score.statistics.features.1", nil, "no mean and deviation"),
    ("score.statistics.reconstruction", "1 -0.5", "at least 0"),
    ("score.statistics.colour", "1 1", "unknown 'score.statistics.colour'"),
    ("score.statistics.local.smoothed-absolute.4", "1 1", "odd number"),
    ("score.statistics.local-features.3.1", "1 1", "expected 1 to 2"),
    ("score.statistics.local-features.2.5", "1 1", "from 1 to 4"),
    ("score.statistics.local.smoothed-absolute.17", "1 1", "from 3 to 16"),
    ("score.statistics.images", "1", "at least 2"), ("score.statistics.images", "-4", "at least 0"),
    ("score.statistics.images", nil, "no 'score.statistics.images'"),
    ("format_version", "1", "unknown 'score.combination'"), ("format_version", "3", "expected '1' or '2'"),
  ])
  func `a score that cannot be is refused with what was expected`(key: String, text: String?, words: String) throws {
    var container = try model(Self.combined).safeTensors()
    if key == "score.local.side", text == "13" {
      container.metadata["score.statistics.local.absolute-smoothed.13.margin-1"] = nil
    }
    container.metadata[key] = text
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test func `one term with a combination is refused`() throws {
    var container = try model(ScoreOptions(terms: [.local])).safeTensors()
    container.metadata["score.combination"] = "maximum"
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)".contains("none: the score has one term"), "\(error)")
  }

  @Test func `one term needs no statistics, and a constant one may be there unused`() throws {
    var container = try model(ScoreOptions(terms: [.local])).safeTensors()
    container.metadata["score.statistics.features"] = "1.0 0.0"
    #expect(throws: Never.self) { try Model(bytes: container.encoded(), name: "m") }
    for key in container.metadata.keys where key.hasPrefix("score.statistics.") { container.metadata[key] = nil }
    #expect(try Model(bytes: container.encoded(), name: "m").termStatistics == nil)
  }

  @Test func `a version 2 file that says no terms is refused, so is a latent score that calls itself 2`() throws {
    var container = SampleModel.make().safeTensors()
    container.metadata["format_version"] = "2"
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)".contains("no 'score.terms'"), "\(error)")
  }
}
