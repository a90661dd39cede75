private import Tensors

/// From the values of the terms to the score, everything resolved: what a scorer, an exporter or a table needs.
public struct ScoreRule: Sendable, Equatable {
  /// The terms in their order.
  public let measures: [TermMeasure]
  /// What each term is standardised by, in the same order; empty where the one term is the score as it is.
  public let moments: [TermStatistics.Moments.Pair]
  /// Whether the terms or their logarithms are standardised, which `moments` are of.
  public let standardisation: ScoreOptions.Standardisation
  /// How the standardised terms become one number.
  public let combination: ScoreOptions.Combination

  /// The rule of some options.
  ///
  /// - Parameters:
  ///   - options: what the score is made of.
  ///   - hyperparameters: of the network.
  ///   - statistics: the terms' means and deviations; needed for a combination.
  /// - Throws: `ScoreOptionsError` where the options cannot be, or a combined term has no deviation above 0.
  public init(
    _ options: ScoreOptions, for hyperparameters: Hyperparameters, statistics: TermStatistics?
  ) throws(ScoreOptionsError) {
    try options.validate(for: hyperparameters)
    measures = options.measures
    combination = options.combination
    standardisation = options.standardisation
    var moments: [TermStatistics.Moments.Pair] = []
    if options.isCombination {
      for measure in measures {
        let found = try Self.moments(of: measure, standardisation, statistics)
        guard found.deviation > 0 else { throw .constant(measure) }
        moments.append(found)
      }
    }
    self.moments = moments
  }

  private static func moments(
    of measure: TermMeasure, _ standardisation: ScoreOptions.Standardisation, _ statistics: TermStatistics?
  ) throws(ScoreOptionsError) -> TermStatistics.Moments.Pair {
    guard let statistics else { throw .noStatistics(measure, known: nil) }
    guard let moments = statistics.moments[measure] else {
      let known = statistics.moments.filter { $0.key.differsInBox(from: measure) }
        .filter { ($0.value.pair(for: standardisation)?.deviation ?? 0) > 0 }
      throw .noStatistics(measure, known: known.keys.sorted { $0.name < $1.name })
    }
    guard let pair = moments.pair(for: standardisation) else { throw .noLogarithm(measure) }
    return pair
  }

  /// The rule of one term alone: its value is the score.
  public init(single measure: TermMeasure) {
    measures = [measure]
    moments = []
    combination = .maximum
    standardisation = .plain
  }

  /// Its name in tables: the measure's, or `maximum(latent, local)`, or `sum(1.0 latent, 2.0 local)`, without weights where
  /// all are 1, `all terms` for all of them, and with `logarithmic` in front where logarithms are standardised.
  public var name: String {
    guard measures.count > 1 else { return measures[0].name }
    let prefix = standardisation == .logarithm ? "logarithmic " : ""
    var names = measures.map(\.term.rawValue)
    switch combination {
    case .sum(let weights) where weights.contains { $0 != 1 }:
      names = zip(weights, names).map { "\($0) \($1)" }
    case .sum, .maximum:
      if measures.count == ScoreOptions.Term.allCases.count { names = ["all terms"] }
    }
    let kind = combination == .maximum ? "maximum" : "sum"
    return "\(prefix)\(kind)(\(names.joined(separator: ", ")))"
  }

  /// The score of one picture from measured terms, among which are those of the rule.
  public func score(_ terms: TermValues) -> Float {
    score(
      measures.map { measure in
        guard let value = terms[measure] else { preconditionFailure("the terms of the score were measured") }
        return value
      })
  }

  /// The least that a logarithm is taken of: a term may be 0 for a picture that was not among those measured.
  public static let leastLogarithmArgument: Float = 1e-30

  /// The score of one picture.
  ///
  /// The order of the arithmetic: (v - mean) / deviation a term, v being the value or, in double precision and then
  /// rounded, its logarithm; the sum adds weight times that in the terms' order.
  ///
  /// - Parameter values: the values of `measures`, in their order.
  /// - Returns: the score; NaN where any value is NaN.
  public func score(_ values: [Float]) -> Float {
    precondition(values.count == measures.count, "a value for each term")
    guard !moments.isEmpty else { return values[0] }
    var result: Float = 0
    for index in values.indices {
      let standardised = (scaled(values[index]) - moments[index].mean) / moments[index].deviation
      switch combination {
      case .sum(let weights):
        let part = weights[index] * standardised
        result = index == 0 ? part : result + part
      case .maximum:
        // Written so that a NaN stays once it is there: a broken score must not be hidden by a sound term.
        if index == 0 || standardised > result || standardised.isNaN { result = standardised }
        if result.isNaN { return result }
      }
    }
    return result
  }

  private func scaled(_ value: Float) -> Float {
    guard standardisation == .logarithm else { return value }
    // A comparison that keeps NaN.
    let argument = value < Self.leastLogarithmArgument ? Self.leastLogarithmArgument : value
    return Float(ElementaryFunctions.logarithm(Double(argument)))
  }
}
