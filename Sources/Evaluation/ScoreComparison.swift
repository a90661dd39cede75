public import GANomalyModel
internal import Imaging

/// How well each term, and each combination, tells anomalous pictures from normal ones: overall and for each kind.
public struct ScoreComparison: Sendable {
  /// Pictures of one kind of anomaly.
  public struct Kind: Sendable {
    /// Its name.
    public let name: String
    /// The places of its pictures among the anomalous ones.
    public let places: [Int]

    /// A kind from its parts.
    public init(name: String, places: [Int]) {
      self.name = name
      self.places = places
    }
  }

  /// How well one score does on some pictures; nil where a list is empty or a value is no number.
  public struct Figures: Sendable, Equatable {
    /// The area under the receiver operating characteristic.
    public let areaUnderROC: Double?
    /// The average precision.
    public let averagePrecision: Double?
  }

  /// One score.
  public struct Row: Sendable {
    /// A measure's name, or a combination's: `maximum(local, features)`.
    public let name: String
    /// Whether it is the model's own.
    public let isOwn: Bool
    /// Against all anomalous pictures.
    public let overall: Figures
    /// Against those of each kind, in the kinds' order.
    public let kinds: [Figures]
  }

  /// Pictures known to be normal.
  public let normalCount: Int
  /// Pictures known to be anomalous.
  public let anomalousCount: Int
  /// The kinds of anomaly.
  public let kinds: [Kind]
  /// The scores: terms first, then combinations.
  public let rows: [Row]
  /// Why there are no combinations; nil where there are.
  public let missingCombinations: ScoreOptionsError?

  /// Compares scores.
  ///
  /// Combinations are of all terms, as the model takes each of them: their maximum, and their sum with equal weights,
  /// of the terms and of their logarithms.
  ///
  /// - Parameters:
  ///   - model: whose statistics standardise the terms.
  ///   - normal: what each of `candidates(of:)` makes of pictures known to be normal, one list a picture.
  ///   - anomalous: the same of pictures known to be anomalous.
  ///   - kinds: parts of the anomalous pictures.
  public init(model: Model, normal: [[Float]], anomalous: [[Float]], kinds: [Kind]) {
    normalCount = normal.count
    anomalousCount = anomalous.count
    self.kinds = kinds
    let (rules, missing) = Self.rules(of: model)
    missingCombinations = missing
    let candidates = Self.candidates(of: model, rules)
    let own = (try? model.scoreRule).map {
      ScoreCandidate(rule: $0, pooling: model.scoreOptions.windowPooling)
    }
    rows = candidates.enumerated().map { index, candidate in
      let (normal, anomalous) = (normal.map { $0[index] }, anomalous.map { $0[index] })
      return Row(
        name: candidate.name, isOwn: candidate == own, overall: Self.figures(normal, anomalous),
        kinds: kinds.map { kind in Self.figures(normal, kind.places.map { anomalous[$0] }) })
    }
  }

  /// The scores that are compared, in the order of the rows: of a model with windows each rule with several ways to join
  /// them; of it, scores whose margins its stride does not allow are left out.
  public static func candidates(of model: Model) -> [ScoreCandidate] { candidates(of: model, rules(of: model).rules) }

  private static func candidates(of model: Model, _ rules: [ScoreRule]) -> [ScoreCandidate] {
    guard let windows = model.preparation.windows else { return rules.map { ScoreCandidate(rule: $0) } }
    let own = model.scoreOptions.windowPooling
    let compared = ScoreCandidate.comparedPoolings
    let poolings = compared + (compared.contains(own) ? [] : [own])
    // A score that leaves out pixels between windows is none that the model could be given.
    let possible = rules.filter {
      windows.stride <= TermMeasure.largestStride(of: $0.measures, for: model.hyperparameters)
    }
    return possible.flatMap { rule in poolings.map { ScoreCandidate(rule: rule, pooling: $0) } }
  }

  /// Each term alone, the four combinations of all terms, and the model's own score where it is none of them.
  private static func rules(of model: Model) -> (rules: [ScoreRule], missing: ScoreOptionsError?) {
    var rules = TermMeasure.all(of: model).map(ScoreRule.init(single:))
    var missing: ScoreOptionsError?
    let terms = ScoreOptions.Term.allCases.filter {
      model.hasDiscriminator || !model.scoreOptions.measure(of: $0).usesDiscriminator
    }
    let weights = [Float](repeating: 1, count: terms.count)
    let combinations = ScoreOptions.Standardisation.allCases.flatMap { standardisation in
      [ScoreOptions.Combination.maximum, .sum(weights: weights)].map { (standardisation, $0) }
    }
    for (standardisation, combination) in combinations {
      var options = model.scoreOptions
      options.standardisation = standardisation
      options.terms = terms
      options.combination = combination
      do throws(ScoreOptionsError) {
        rules.append(
          try ScoreRule(options, for: model.hyperparameters, statistics: model.termStatistics))
      } catch {
        missing = error
      }
    }
    if let own = try? model.scoreRule, !rules.contains(own) { rules.append(own) }
    return (rules, missing)
  }

  private static func figures(_ normal: [Float], _ anomalous: [Float]) -> Figures {
    guard !(normal + anomalous).contains(where: \.isNaN) else {
      return Figures(areaUnderROC: nil, averagePrecision: nil)
    }
    let evaluation = Evaluation(normal: normal, anomalous: anomalous)
    return Figures(areaUnderROC: evaluation.areaUnderROC, averagePrecision: evaluation.averagePrecision)
  }
}
