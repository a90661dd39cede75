public import GANomalyModel
public import Imaging

/// Settings that go together, by name, for those who do not want to find them.
public enum TrainingPreset: String, Sendable, CaseIterable {
  /// What the variant's authors published.
  case authors
  /// What was found best for textured surfaces with small, local defects under uneven light.
  ///
  /// Measured on magnetic tiles: Documentation/Results/surfaces.md.
  case surfaces

  /// Options by their names on the command line; those that are given go before them.
  public var texts: [String: String] {
    switch self {
    case .authors: [:]
    case .surfaces:
      [
        "size": "64", "features": "16", "latent": "256", "batch": "64", "learning-rate": "0.001",
        "average-weights": "true",
      ]
    }
  }

  /// When a training ends where the command line does not say it.
  public var lengthTexts: [String: String] {
    switch self {
    case .authors: [:]
    case .surfaces: ["steps": "2000"]
    }
  }

  /// How pixels become input.
  public var normalisation: Preparation.Normalisation {
    switch self {
    case .authors: .none
    case .surfaces: .logarithm
    }
  }

  /// What the score is made of; nil: the variant's own.
  public var scoreOptions: ScoreOptions? {
    switch self {
    case .authors: nil
    case .surfaces:
      ScoreOptions(
        terms: [.local, .features, .localFeatures], localSide: 7, localRule: .smoothedSquare, featuresBlock: 2,
        localFeaturesBlock: 1, localFeaturesSide: 3, margin: 1, combination: .maximum, standardisation: .logarithm)
    }
  }
}
