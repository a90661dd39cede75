import ArgumentParser
import GANomalyModel

/// What the score is made of, for commands that choose it.
struct ScoreOptionGroup: ParsableArguments {
  /// The names of distances between latent vectors.
  enum DistanceName: String, ExpressibleByArgument, CaseIterable {
    /// Absolute differences.
    case l1
    /// Squared differences.
    case l2
  }

  /// The names of combinations.
  enum CombinationName: String, ExpressibleByArgument, CaseIterable {
    /// The largest term.
    case maximum
    /// A weighted sum.
    case sum
  }

  @Option(
    help: ArgumentHelp(
      "Terms of the score, with commas: latent, reconstruction, local, features, local-features.",
      valueName: "terms")
  )
  var score: String?
  @Option(
    help: ArgumentHelp(
      "Of the term latent: l2 is mean-square; l1 is mean-absolute in variant paper, sum-absolute in keras.",
      valueName: "norm"))
  var distance: DistanceName?
  @Option(
    help: ArgumentHelp("Of the term latent, what encodes the reconstruction: own or generator.", valueName: "which"))
  var secondEncoder: ScoreOptions.SecondEncoder?
  @Option(
    help: ArgumentHelp(
      "Of the term local: side of the box in pixels, odd, from 3; 5 where none was chosen.", valueName: "pixels"))
  var localSide: Int?
  @Option(
    help: ArgumentHelp(
      "Of the term local: smoothed-absolute (where none was chosen), smoothed-square, or absolute-smoothed, in "
        + "which noise cancels.",
      valueName: "rule"
    ))
  var localRule: ScoreOptions.LocalRule?
  @Option(
    help: ArgumentHelp(
      "Of the term features: the discriminator's block, counted from 1; the last before its prediction where none was "
        + "chosen.",
      valueName: "number"))
  var featuresBlock: Int?
  @Option(
    help: ArgumentHelp(
      "Of the term local-features: the discriminator's block, counted from 1; 2 where none was chosen.",
      valueName: "number"))
  var localFeaturesBlock: Int?
  @Option(
    help: ArgumentHelp(
      "Of the term local-features: side of the box on the block's map, odd; 3 where none was chosen.",
      valueName: "positions"))
  var localFeaturesSide: Int?
  @Option(
    help: ArgumentHelp(
      "Of local and local-features: what is left out at each edge, in sixteenths of the side, 0 to 7; 0 where none "
        + "was chosen.",
      valueName: "number"))
  var localMargin: Int?
  @Option(
    help: ArgumentHelp(
      "Of several terms, each standardised on the validation pictures: maximum (where none was chosen) or "
        + "sum.", valueName: "how"))
  var combination: CombinationName?
  @Option(
    help: ArgumentHelp(
      "Of several terms, what is standardised: plain (where none was chosen), or logarithm, in which single large "
        + "values weigh less.",
      valueName: "kind"))
  var standardisation: ScoreOptions.Standardisation?
  @Option(
    help: ArgumentHelp(
      "Of a sum: weights in the order of the terms, with commas; 1 each where none were chosen.", valueName: "numbers"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "Of a model that looks at windows, how their scores become the picture's: maximum (where none was chosen), top-K for "
        + "the mean of the K highest, or quantile-Q with Q between 0 and 1.",
      valueName: "rule"),
    transform: WindowPooling.option)
  var windowScore: WindowPooling?

  /// Whether any of the options was given.
  var isEmpty: Bool {
    score == nil && distance == nil && secondEncoder == nil && localSide == nil && localRule == nil
      && featuresBlock == nil && localFeaturesBlock == nil && localFeaturesSide == nil && localMargin == nil
      && standardisation == nil
      && combination == nil && weights == nil && windowScore == nil
  }

  /// The options that were given, over those that are there.
  ///
  /// - Parameters:
  ///   - current: what holds where nothing was given; new terms are combined anew.
  ///   - hyperparameters: of the network.
  ///   - hasWindows: whether the model looks at windows.
  /// - Throws: `CommandError` for options that no score has, or that contradict each other.
  func options(
    changing current: ScoreOptions, for hyperparameters: Hyperparameters, hasWindows: Bool = false
  ) throws(CommandError) -> ScoreOptions {
    var options = current
    if let windowScore {
      guard hasWindows else {
        throw CommandError(
          "--window-score belongs to models that look at windows, and this one sees pictures whole: leave it out, or train "
            + "with --window")
      }
      options.windowPooling = windowScore
    }
    let named = try score.map(Self.terms)
    if let named {
      options.terms = ScoreOptions.Term.allCases.filter(named.contains)
      // What the new terms make no use of is not kept either.
      options.combination = .maximum
      options = options.withoutUnused
    }
    try requireUse(by: options.terms)
    if let distance { options.distance = Self.distance(distance, for: hyperparameters.variant) }
    options.secondEncoder = secondEncoder ?? options.secondEncoder
    options.localSide = localSide ?? options.localSide
    options.localRule = localRule ?? options.localRule
    options.featuresBlock = featuresBlock ?? options.featuresBlock
    options.localFeaturesBlock = localFeaturesBlock ?? options.localFeaturesBlock
    options.localFeaturesSide = localFeaturesSide ?? options.localFeaturesSide
    options.margin = localMargin ?? options.margin
    options.standardisation = standardisation ?? options.standardisation
    options.combination = try combination(of: options.terms, named: named, current: current)
    do {
      try options.validate(for: hyperparameters)
    } catch {
      throw CommandError("cannot take this score: \(error)")
    }
    return options
  }

  /// Refuses options that the terms make no use of.
  private func requireUse(by terms: [ScoreOptions.Term]) throws(CommandError) {
    let (latent, local, several) = (terms.contains(.latent), terms.contains(.local), terms.count > 1)
    let maps = terms.contains(.localFeatures)
    for (option, isGiven, isUsed, owner) in [
      ("distance", distance != nil, latent, "the term 'latent'"),
      ("second-encoder", secondEncoder != nil, latent, "the term 'latent'"),
      ("local-side", localSide != nil, local, "the term 'local'"),
      ("local-rule", localRule != nil, local, "the term 'local'"),
      ("features-block", featuresBlock != nil, terms.contains(.features), "the term 'features'"),
      ("local-features-block", localFeaturesBlock != nil, maps, "the term 'local-features'"),
      ("local-features-side", localFeaturesSide != nil, maps, "the term 'local-features'"),
      ("local-margin", localMargin != nil, local || maps, "the terms 'local' and 'local-features'"),
      ("combination", combination != nil, several, "two terms or more"),
      ("standardisation", standardisation != nil, several, "two terms or more"),
      ("weights", weights != nil, several, "two terms or more"),
    ] where isGiven && !isUsed {
      throw CommandError(
        "--\(option) belongs to \(owner), and the score is '\(terms.map(\.rawValue).joined(separator: ","))': "
          + "name the terms with --score, or leave it out")
    }
  }

  private func combination(
    of terms: [ScoreOptions.Term], named: [ScoreOptions.Term]?, current: ScoreOptions
  ) throws(CommandError) -> ScoreOptions.Combination {
    var currentWeights: [Float]?
    if named == nil, case .sum(let weights) = current.combination { currentWeights = weights }
    let isSum = combination.map { $0 == .sum } ?? (currentWeights != nil)
    guard isSum else {
      guard weights == nil else { throw CommandError("--weights belongs to --combination sum; a maximum has none") }
      return .maximum
    }
    guard let weights else {
      return .sum(weights: currentWeights ?? [Float](repeating: 1, count: terms.count))
    }
    let parts = weights.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0) }
    guard numbers.count == parts.count else {
      throw CommandError("--weights '\(weights)' is not possible, expected numbers with commas between them")
    }
    let order = named ?? terms
    guard numbers.count == order.count else {
      throw CommandError("--weights has \(numbers.count) numbers, expected one a term: \(order.count)")
    }
    // As they were named, the weights follow the terms to their places.
    return .sum(weights: terms.map { term in numbers[order.firstIndex(of: term) ?? 0] })
  }

  private static func terms(in text: String) throws(CommandError) -> [ScoreOptions.Term] {
    var terms: [ScoreOptions.Term] = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let term = ScoreOptions.Term(rawValue: String(name)) else {
        let names = ScoreOptions.Term.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandError(
          "--score has the unknown term '\(name)', expected some of \(names), with commas between them")
      }
      guard !terms.contains(term) else { throw CommandError("--score names the term '\(name)' twice") }
      terms.append(term)
    }
    return terms
  }

  private static func distance(_ name: DistanceName, for variant: Variant) -> ScoreOptions.Distance {
    switch (name, variant) {
    case (.l2, _): .meanSquare
    case (.l1, .paper): .meanAbsolute
    case (.l1, .keras): .sumAbsolute
    }
  }
}
