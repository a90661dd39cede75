/// The score in a model file's header: texts whose keys begin with `score.`.
///
/// Format version 1 knows the latent term alone, by `score.distance` and `score.second_encoder`. A score of other terms
/// is format version 2, so that a reader that would take the latent term for the whole score refuses the file:
/// `score.terms` names them, and the other keys stand there exactly where the terms make use of them. `score.windows` stands
/// there where the scores of windows are not joined by their maximum; readers that know no windows refuse the preparation.
extension ScoreOptions {
  /// The keys of a file's header and what they hold.
  enum Key {
    static let prefix = "score."
    static let distance = "score.distance"
    static let secondEncoder = "score.second_encoder"
    static let terms = "score.terms"
    static let localSide = "score.local.side"
    static let localRule = "score.local.rule"
    static let featuresBlock = "score.features.block"
    static let localFeaturesBlock = "score.local_features.block"
    static let localFeaturesSide = "score.local_features.side"
    static let margin = "score.margin"
    static let standardisation = "score.standardisation"
    static let combination = "score.combination"
    static let weights = "score.weights"
    static let windows = "score.windows"
    /// Those of format version 2.
    static let ofTerms = [
      terms, localSide, localRule, featuresBlock, localFeaturesBlock, localFeaturesSide, margin, standardisation,
      combination,
      weights,
    ]
    static let statisticsPrefix = "score.statistics."
    static let statisticsPictures = "score.statistics.images"
  }

  /// The words of a combination.
  enum CombinationWord: String, CaseIterable {
    case maximum
    case sum
  }

  /// Whether a file with this score is of format version 1.
  var isLatentAlone: Bool { terms == [.latent] }

  /// The options as texts of the header.
  public var metadata: [String: String] {
    var texts = [Key.distance: distance.rawValue, Key.secondEncoder: secondEncoder.rawValue]
    if windowPooling != .maximum { texts[Key.windows] = windowPooling.text }
    if isLatentAlone { return texts }
    texts[Key.terms] = terms.map(\.rawValue).joined(separator: " ")
    if terms.contains(.local) {
      texts[Key.localSide] = "\(localSide)"
      texts[Key.localRule] = localRule.rawValue
    }
    if terms.contains(.features) { texts[Key.featuresBlock] = featuresBlock.map { "\($0)" } }
    if terms.contains(.localFeatures) {
      texts[Key.localFeaturesBlock] = "\(localFeaturesBlock)"
      texts[Key.localFeaturesSide] = "\(localFeaturesSide)"
    }
    if usesMargin { texts[Key.margin] = "\(margin)" }
    guard isCombination else { return texts }
    texts[Key.standardisation] = standardisation.rawValue
    switch combination {
    case .maximum: texts[Key.combination] = CombinationWord.maximum.rawValue
    case .sum(let weights):
      texts[Key.combination] = CombinationWord.sum.rawValue
      texts[Key.weights] = weights.map { "\($0)" }.joined(separator: " ")
    }
    return texts
  }

  /// The options that a header states.
  ///
  /// - Throws: `ModelFileError.Cause`: a text that is missing, wrong, unknown, or has nothing to say for these terms.
  init(_ header: ModelHeader, for hyperparameters: Hyperparameters) throws(ModelFileError.Cause) {
    self.init(distance: try header.choice(Key.distance), secondEncoder: try header.choice(Key.secondEncoder))
    var known: Set = [Key.distance, Key.secondEncoder, Key.windows]
    if let found = header.texts[Key.windows] {
      guard let pooling = WindowPooling(text: found), pooling != .maximum else {
        throw .wrongText(
          key: Key.windows, expected: "\(WindowPooling.expected), 'maximum' by leaving it out", found: found)
      }
      windowPooling = pooling
    }
    if header.texts["format_version"] != ModelFile.formatVersion(of: self) {
      known.formUnion(Key.ofTerms)
      try readTerms(header)
    }
    for key in header.texts.keys.sorted()
    where key.hasPrefix(Key.prefix) && !key.hasPrefix(Key.statisticsPrefix) && !known.contains(key) {
      throw .unknownText(key: key)
    }
    do {
      try validate(for: hyperparameters)
    } catch {
      throw .score(error)
    }
  }

  /// The texts of format version 2.
  private mutating func readTerms(_ header: ModelHeader) throws(ModelFileError.Cause) {
    let words = try header.text(Key.terms)
    terms = []
    for word in words.split(separator: " ", omittingEmptySubsequences: false) {
      guard let term = Term(rawValue: String(word)) else {
        let names = Term.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        throw .wrongText(key: Key.terms, expected: "words of \(names) between single blanks", found: words)
      }
      terms.append(term)
    }
    guard terms == Term.allCases.filter(terms.contains) else { throw .score(.order(found: terms)) }
    // Such a file is of version 1: two ways to say the same would be two files for one model.
    guard !isLatentAlone else {
      throw .wrongText(key: "format_version", expected: "'1' for the term 'latent' alone", found: "2")
    }
    if terms.contains(.local) {
      localSide = try header.integer(Key.localSide)
      localRule = try header.choice(Key.localRule)
    } else {
      try header.refuse([Key.localSide, Key.localRule], because: "the score has no term 'local'")
    }
    if terms.contains(.features) {
      featuresBlock = header.has(Key.featuresBlock) ? try header.integer(Key.featuresBlock) : nil
    } else {
      try header.refuse([Key.featuresBlock], because: "the score has no term 'features'")
    }
    if terms.contains(.localFeatures) {
      localFeaturesBlock = try header.integer(Key.localFeaturesBlock)
      localFeaturesSide = try header.integer(Key.localFeaturesSide)
    } else {
      try header.refuse(
        [Key.localFeaturesBlock, Key.localFeaturesSide], because: "the score has no term 'local-features'")
    }
    if usesMargin {
      margin = try header.integer(Key.margin)
    } else {
      try header.refuse([Key.margin], because: "the score has no local term")
    }
    guard isCombination else {
      return try header.refuse([Key.standardisation, Key.combination, Key.weights], because: "the score has one term")
    }
    standardisation = try header.choice(Key.standardisation)
    switch try header.choice(Key.combination) as CombinationWord {
    case .maximum: try header.refuse([Key.weights], because: "a maximum has no weights")
    case .sum: combination = .sum(weights: try header.numbers(Key.weights, counts: [terms.count]))
    }
  }
}

extension TermStatistics {
  /// The statistics as texts of the header: mean and deviation of a term, and, where there are any, of its logarithm.
  var metadata: [String: String] {
    var texts = [ScoreOptions.Key.statisticsPictures: "\(pictureCount)"]
    for (measure, moments) in moments {
      texts[ScoreOptions.Key.statisticsPrefix + measure.name] =
        ([moments.pair] + [moments.logarithm].compactMap(\.self))
        .map { "\($0.mean) \($0.deviation)" }.joined(separator: " ")
    }
    return texts
  }

  /// The statistics that a header states; nil where there are none.
  init?(_ header: ModelHeader, for hyperparameters: Hyperparameters) throws(ModelFileError.Cause) {
    let prefix = ScoreOptions.Key.statisticsPrefix
    guard header.hasKeys(withPrefix: prefix) else { return nil }
    pictureCount = try header.integer(ScoreOptions.Key.statisticsPictures)
    guard pictureCount >= 2 else {
      throw .wrongText(
        key: ScoreOptions.Key.statisticsPictures, expected: "a whole number of at least 2", found: "\(pictureCount)")
    }
    moments = [:]
    for key in header.texts.keys.sorted()
    where key.hasPrefix(prefix) && key != ScoreOptions.Key.statisticsPictures {
      guard let measure = TermMeasure(name: String(key.dropFirst(prefix.count))) else { throw .unknownText(key: key) }
      do { try measure.validate(for: hyperparameters) } catch { throw .score(error) }
      let numbers = try header.numbers(key, counts: [2, 4])
      guard numbers[1] >= 0, numbers.count == 2 || numbers[3] >= 0 else {
        throw .wrongText(key: key, expected: "means and deviations of at least 0", found: try header.text(key))
      }
      let logarithm = numbers.count == 2 ? nil : Moments.Pair(mean: numbers[2], deviation: numbers[3])
      moments[measure] = Moments(mean: numbers[0], deviation: numbers[1], logarithm: logarithm)
    }
  }
}
