import Glibc
import Testing

@testable import GANomalyModel

/// From terms to the score.
struct ScoreRuleTests {
  private let shape = Hyperparameters(size: 16, latentCount: 4, featureCount: 2)
  private let statistics = TermStatistics(
    pictureCount: 5,
    moments: [
      .latent(.meanSquare, .own): .init(mean: 1, deviation: 0.5), .reconstruction: .init(mean: 2, deviation: 4),
      .features(block: nil): .init(mean: 3, deviation: 0),
    ])

  @Test func `one term is the score as it is, with or without statistics`() throws {
    for statistics in [nil, statistics] {
      let rule = try ScoreRule(ScoreOptions(terms: [.features]), for: shape, statistics: statistics)
      #expect(rule.score([7.25]) == 7.25)
    }
  }

  @Test func `several terms are standardised, then the largest or the weighted sum counts`() throws {
    var options = ScoreOptions(terms: [.latent, .reconstruction])
    let maximum = try ScoreRule(options, for: shape, statistics: statistics)
    #expect(maximum.score([2, 2]) == 2)
    #expect(maximum.score([0, 14]) == 3)
    options.combination = .sum(weights: [0.5, 3])
    let sum = try ScoreRule(options, for: shape, statistics: statistics)
    #expect(sum.score([2, 14]) == 0.5 * 2 + 3 * 3)
    #expect(sum.name == "sum(0.5 latent, 3.0 reconstruction)")
    #expect(maximum.name == "maximum(latent, reconstruction)")
  }

  @Test func `logarithms are standardised by their own mean and deviation, 0 by the least there is`() throws {
    let statistics = TermStatistics(
      pictureCount: 5,
      moments: [
        .reconstruction: .init(mean: 9, deviation: 9, logarithm: .init(mean: 1, deviation: 2)),
        .features(block: nil): .init(mean: 9, deviation: 9, logarithm: .init(mean: -1, deviation: 0.5)),
      ])
    let options = ScoreOptions(
      terms: [.reconstruction, .features], combination: .sum(weights: [1, 1]), standardisation: .logarithm)
    let rule = try ScoreRule(options, for: shape, statistics: statistics)
    for (first, second) in [(Float(0.5), Float(3)), (1, 1), (1e-20, 1e20)] {
      let standardised: [Double] = [(log(Double(first)) - 1) / 2, (log(Double(second)) + 1) / 0.5]
      let expected = standardised[0] + standardised[1]
      #expect(abs(Double(rule.score([first, second])) - expected) < 1e-5 * abs(expected))
    }
    #expect(rule.score([0, 1]) == rule.score([1e-30, 1]))
    #expect(rule.score([0, 1]).isFinite)
    #expect(rule.name == "logarithmic sum(reconstruction, features)")
    #expect(throws: ScoreOptionsError.noLogarithm(.reconstruction)) {
      try ScoreRule(options, for: shape, statistics: self.statistics)
    }
  }

  @Test func `a term that is no number makes the score none`() throws {
    let statistics = TermStatistics(
      pictureCount: 5,
      moments: [
        .latent(.meanSquare, .own): .init(mean: 1, deviation: 1, logarithm: .init(mean: 1, deviation: 1)),
        .reconstruction: .init(mean: 1, deviation: 1, logarithm: .init(mean: 1, deviation: 1)),
      ])
    for combination in [ScoreOptions.Combination.maximum, .sum(weights: [1, 1])] {
      for standardisation in ScoreOptions.Standardisation.allCases {
        let options = ScoreOptions(
          terms: [.latent, .reconstruction], combination: combination, standardisation: standardisation)
        let rule = try ScoreRule(options, for: shape, statistics: statistics)
        #expect(rule.score([.nan, 1]).isNaN)
        #expect(rule.score([1, .nan]).isNaN)
      }
    }
  }

  @Test func `a combination without a deviation above zero is refused`() {
    #expect(throws: ScoreOptionsError.noStatistics(.reconstruction, known: [])) {
      try ScoreRule(
        ScoreOptions(distance: .meanSquare, terms: [.latent, .reconstruction]), for: shape,
        statistics: TermStatistics(
          pictureCount: 2, moments: [.latent(.meanSquare, .own): .init(mean: 0, deviation: 1)]))
    }
    #expect(throws: ScoreOptionsError.noStatistics(.latent(.meanSquare, .generator), known: [])) {
      try ScoreRule(
        ScoreOptions(secondEncoder: .generator, terms: [.latent, .reconstruction]), for: shape, statistics: statistics)
    }
    #expect(throws: ScoreOptionsError.constant(.features(block: nil))) {
      try ScoreRule(ScoreOptions(terms: [.reconstruction, .features]), for: shape, statistics: statistics)
    }
    #expect(throws: ScoreOptionsError.noStatistics(.reconstruction, known: nil)) {
      try ScoreRule(ScoreOptions(terms: [.reconstruction, .features]), for: shape, statistics: nil)
    }
  }

  @Test func `a box without statistics is refused with the boxes that there are`() throws {
    func local(_ side: Int, _ margin: Int, _ rule: ScoreOptions.LocalRule = .smoothedSquare) -> TermMeasure {
      .local(side: side, rule: rule, margin: margin)
    }
    let moments = TermStatistics.Moments(mean: 1, deviation: 1, logarithm: .init(mean: 1, deviation: 1))
    var statistics = TermStatistics(
      pictureCount: 5, moments: [.reconstruction: moments, .latent(.meanSquare, .own): moments])
    for measure in [local(5, 0), local(3, 0), local(7, 1), local(11, 0, .absoluteSmoothed)] {
      statistics.moments[measure] = moments
    }
    statistics.moments[local(9, 0)] = .init(mean: 1, deviation: 1)
    let beginning = "cannot be combined: the model has no mean and deviation of it on validation pictures"
    for (options, found, words) in [
      (
        ScoreOptions(terms: [.latent, .local], localSide: 13, localRule: .smoothedSquare, standardisation: .logarithm),
        "local.smoothed-square.13",
        ", but of it with sides 3, 5 with margin 0; side 7 with margin 1; take one of these, train with this score"
      ),
      (
        ScoreOptions(terms: [.latent, .local], localSide: 3, localRule: .smoothedSquare, margin: 2),
        "local.smoothed-square.3.margin-2",
        ", but of it with sides 3, 5, 9 with margin 0; side 7 with margin 1; take one of these, train with this score"
      ),
      (ScoreOptions(terms: [.latent, .localFeatures]), "local-features.2.3", "; train with this score"),
    ] {
      let error = try #require(throws: ScoreOptionsError.self) {
        try ScoreRule(options, for: shape, statistics: statistics)
      }
      #expect("\(error)" == "term '\(found)' \(beginning)\(words), or take one term alone")
    }
    let none = try #require(throws: ScoreOptionsError.self) {
      try ScoreRule(ScoreOptions(terms: [.latent, .local]), for: shape, statistics: nil)
    }
    #expect("\(none)".hasSuffix("; train with at least two validation pictures, or take one term alone"), "\(none)")
    let plain = try #require(throws: ScoreOptionsError.self) {
      try ScoreRule(
        ScoreOptions(terms: [.latent, .local], localSide: 9, localRule: .smoothedSquare, standardisation: .logarithm),
        for: shape, statistics: statistics)
    }
    #expect(plain == .noLogarithm(local(9, 0)) && "\(plain)".contains("take the standardisation 'plain'"), "\(plain)")
  }

  @Test(arguments: [
    (ScoreOptions(terms: []), "at least one term"),
    (ScoreOptions(terms: [.local, .latent]), "in this order"),
    (ScoreOptions(terms: [.latent, .latent]), "at most once"),
    (ScoreOptions(terms: [.local], localSide: 4), "odd number from 3 to 16"),
    (ScoreOptions(terms: [.local], localSide: 1), "odd number from 3 to 16"),
    (ScoreOptions(terms: [.local], localSide: 17), "odd number from 3 to 16"),
    (ScoreOptions(terms: [.local], localSide: -5), "odd number from 3 to 16"),
    (ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 0), "expected 1 to 2"),
    (ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 3), "expected 1 to 2"),
    (ScoreOptions(terms: [.localFeatures], localFeaturesSide: 2), "block 2, expected an odd number from 1 to 4"),
    (ScoreOptions(terms: [.localFeatures], localFeaturesSide: 5), "block 2, expected an odd number from 1 to 4"),
    (ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 1, localFeaturesSide: 9), "from 1 to 8"),
    (ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 1, localFeaturesSide: 7, margin: 7), "from 1 to 2"),
    (ScoreOptions(terms: [.features], featuresBlock: 3), "expected 1 to 2"),
    (ScoreOptions(terms: [.local], margin: 8), "expected 0 to 7"),
    (ScoreOptions(terms: [.local], margin: -1), "expected 0 to 7"),
    (ScoreOptions(terms: [.local], localSide: 15, margin: 1), "from 3 to 14"),
    (ScoreOptions(standardisation: .logarithm), "two terms or more"),
    (ScoreOptions(combination: .sum(weights: [1])), "two terms or more"),
    (ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [1])), "one a term: 2"),
    (ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [1, 0])), "above 0"),
    (ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [1, -1])), "above 0"),
    (ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [.infinity, 1])), "a number above 0, at most"),
    (ScoreOptions(terms: [.latent, .local], combination: .sum(weights: [.nan, 1])), "a number above 0, at most"),
  ])
  func `options that no score has are refused with what was expected`(options: ScoreOptions, words: String) throws {
    let error = try #require(throws: ScoreOptionsError.self) { try options.validate(for: shape) }
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test func `every measure has a name of its own that leads back to it`() {
    let measures =
      TermMeasure.all(for: Hyperparameters(size: 16)) + [.local(side: 99, rule: .absoluteSmoothed, margin: 5)]
    #expect(Set(measures.map(\.name)).count == measures.count)
    for measure in measures { #expect(TermMeasure(name: measure.name) == measure) }
    for name in [
      "", ".", "latent", "latent.own", "latent.mean-square", "latent.mean-square.own.5", "latent.cosine.own", "local",
      "local.smoothed-absolute.05", "local.smoothed-absolute.", "local.smoothed-absolute.99999999999999999999",
      "local-features", "local-features.2", "local-features.2.x", "reconstruction.",
      "features.x", "images", "local.smoothed-absolute.5.margin-0", "local.smoothed-absolute.5.margin-01", "margin-1",
      "local.smoothed-absolute.5.margin-", "features.margin-1", "latent.mean-square.own.margin-1",
    ] {
      #expect(TermMeasure(name: name) == nil, "'\(name)'")
    }
    #expect(
      TermMeasure.all(for: Hyperparameters.keras(size: 8, channelCount: 1, featureCount: 2)).count == 6 + 1 + 3 * 3 + 5
        + 7)
  }
}
