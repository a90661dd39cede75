/// What the score is made of: terms, each a distance between a picture and what the generator makes of it.
///
/// One term is the score as it is. Several are standardised, each by its mean and deviation on the validation pictures,
/// and combined: no labels are needed for it.
public struct ScoreOptions: Sendable, Equatable {
  /// The distance between the two latent vectors.
  public enum Distance: String, Sendable, CaseIterable {
    /// The mean of squared differences (the authors' code).
    case meanSquare = "mean-square"
    /// The mean of absolute differences (the paper's text, divided by the vector's length).
    case meanAbsolute = "mean-absolute"
    /// The sum of absolute differences (variant `keras`).
    case sumAbsolute = "sum-absolute"
  }

  /// Which encoder sees the reconstruction.
  public enum SecondEncoder: String, Sendable, CaseIterable {
    /// The second encoder, trained for it (the paper).
    case own
    /// The generator's encoder again (variant `keras`).
    case generator
  }

  /// What the score looks at.
  public enum Term: String, Sendable, CaseIterable {
    /// The distance of the two latent vectors.
    case latent
    /// The mean absolute difference between picture and reconstruction.
    case reconstruction
    /// The largest difference between picture and reconstruction, smoothed by a box.
    case local
    /// The mean squared difference of the discriminator's features of picture and reconstruction.
    case features
    /// The largest squared difference of a block of the discriminator, smoothed by a box.
    case localFeatures = "local-features"
  }

  /// What the box of the term `local` smooths.
  public enum LocalRule: String, Sendable, CaseIterable {
    /// Absolute differences: the largest box(|y - x|).
    case smoothedAbsolute = "smoothed-absolute"
    /// Squared differences, among which large ones count more: the largest box((y - x)^2).
    case smoothedSquare = "smoothed-square"
    /// Signed differences, which noise cancels in: the largest |box(y - x)|.
    case absoluteSmoothed = "absolute-smoothed"
  }

  /// What is standardised where terms are combined.
  public enum Standardisation: String, Sendable, CaseIterable {
    /// The term: (t - mean) / deviation.
    case plain
    /// Its logarithm, whose distribution has no heavy tail: (ln t - mean) / deviation, of ln t.
    case logarithm
  }

  /// How several standardised terms become one number.
  public enum Combination: Sendable, Equatable {
    /// The largest of them.
    case maximum
    /// Their sum, each times a weight above 0, in the order of the terms.
    case sum(weights: [Float])
  }

  /// The distance of the term `latent`.
  public var distance: Distance
  /// The encoder of the reconstruction in the term `latent`.
  public var secondEncoder: SecondEncoder
  /// The terms, each once, in the order of `Term.allCases`.
  public var terms: [Term]
  /// Side of the box of the term `local` in pixels: odd, from 3 to the picture's side.
  public var localSide: Int
  /// What the box smooths.
  public var localRule: LocalRule
  /// The discriminator's block of the term `features`, counted from 1; nil: what the architecture calls its features.
  public var featuresBlock: Int?
  /// The discriminator's block of the term `local-features`, counted from 1, up to that of the features.
  public var localFeaturesBlock: Int
  /// Side of the box of the term `local-features` in positions of that block's map: odd, 1 for none.
  public var localFeaturesSide: Int
  /// What the boxes of `local` and `local-features` leave out at each edge, in sixteenths of the side, 0 to 7.
  public var margin: Int
  /// How several terms are combined; `maximum` where there is one.
  public var combination: Combination
  /// What is standardised where there are several terms; `plain` where there is one.
  public var standardisation: Standardisation
  /// How the scores of windows become the picture's; `maximum` where pictures are seen whole.
  public var windowPooling: WindowPooling

  /// The largest weight of a sum: far larger ones would carry a score out of the numbers there are.
  public static let largestWeight: Float = 1e6

  /// The side of the box where none is chosen.
  public static let defaultLocalSide = 5
  /// The rule of the box where none is chosen.
  public static let defaultLocalRule = LocalRule.smoothedAbsolute
  /// The block of `local-features` where none is chosen.
  public static let defaultLocalFeaturesBlock = 2
  /// The side of its box where none is chosen.
  public static let defaultLocalFeaturesSide = 3

  /// Options, variant `paper`'s where not given.
  public init(
    distance: Distance = .meanSquare, secondEncoder: SecondEncoder = .own, terms: [Term] = [.latent],
    localSide: Int = defaultLocalSide, localRule: LocalRule = defaultLocalRule, featuresBlock: Int? = nil,
    localFeaturesBlock: Int = defaultLocalFeaturesBlock, localFeaturesSide: Int = defaultLocalFeaturesSide,
    margin: Int = 0, combination: Combination = .maximum, standardisation: Standardisation = .plain,
    windowPooling: WindowPooling = .maximum
  ) {
    self.distance = distance
    self.secondEncoder = secondEncoder
    self.terms = terms
    self.localSide = localSide
    self.localRule = localRule
    self.featuresBlock = featuresBlock
    self.localFeaturesBlock = localFeaturesBlock
    self.localFeaturesSide = localFeaturesSide
    self.margin = margin
    self.combination = combination
    self.standardisation = standardisation
    self.windowPooling = windowPooling
  }

  /// The score of a published form: the latent term alone, as its authors take it.
  public static func `default`(for variant: Variant) -> ScoreOptions {
    switch variant {
    case .paper: ScoreOptions(distance: .meanSquare, secondEncoder: .own)
    case .keras: ScoreOptions(distance: .sumAbsolute, secondEncoder: .generator)
    }
  }

  /// The terms with everything that decides their values.
  public var measures: [TermMeasure] { terms.map(measure) }

  /// A term with everything that decides its value, as these options take it.
  public func measure(of term: Term) -> TermMeasure {
    switch term {
    case .latent: .latent(distance, secondEncoder)
    case .reconstruction: .reconstruction
    case .local: .local(side: localSide, rule: localRule, margin: margin)
    case .features: .features(block: featuresBlock)
    case .localFeatures: .localFeatures(block: localFeaturesBlock, side: localFeaturesSide, margin: margin)
    }
  }

  /// Whether the terms make use of a margin.
  public var usesMargin: Bool { terms.contains(.local) || terms.contains(.localFeatures) }

  /// These options, with those that the terms make no use of as they are where nothing is chosen.
  public var withoutUnused: ScoreOptions {
    var options = ScoreOptions(
      distance: distance, secondEncoder: secondEncoder, terms: terms, combination: combination,
      standardisation: isCombination ? standardisation : .plain, windowPooling: windowPooling)
    if terms.contains(.local) { (options.localSide, options.localRule) = (localSide, localRule) }
    if terms.contains(.features) { options.featuresBlock = featuresBlock }
    if terms.contains(.localFeatures) {
      (options.localFeaturesBlock, options.localFeaturesSide) = (localFeaturesBlock, localFeaturesSide)
    }
    if usesMargin { options.margin = margin }
    return options
  }
}
