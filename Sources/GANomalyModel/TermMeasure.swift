/// A term with everything that decides its value: two equal measures give the same number for the same picture.
public enum TermMeasure: Sendable, Hashable {
  /// The distance of the latent vectors of picture and reconstruction.
  case latent(ScoreOptions.Distance, ScoreOptions.SecondEncoder)
  /// The mean absolute difference between picture and reconstruction, in input units (0 to 2).
  case reconstruction
  /// The largest difference of picture and reconstruction smoothed by a box that lies fully inside, in input units.
  ///
  /// Each channel is smoothed by itself; the mean of the channels' absolute values is taken at each position.
  case local(side: Int, rule: ScoreOptions.LocalRule)
  /// The mean squared difference of the discriminator's features of picture and reconstruction, in evaluation mode.
  case features

  /// Sides of boxes that every training measures, as far as the picture has room for them.
  public static let commonLocalSides = [3, 5, 7, 9, 11, 13, 15]

  /// Every measure of a network, boxes of the common sides alone, in a fixed order.
  public static func all(for hyperparameters: Hyperparameters) -> [TermMeasure] {
    let latents = ScoreOptions.SecondEncoder.allCases.flatMap { encoder in
      ScoreOptions.Distance.allCases.map { TermMeasure.latent($0, encoder) }
    }
    let locals = ScoreOptions.LocalRule.allCases.flatMap { rule in
      commonLocalSides.filter { $0 <= hyperparameters.size }.map { TermMeasure.local(side: $0, rule: rule) }
    }
    return latents + [.reconstruction] + locals + [.features]
  }

  /// The term that it measures.
  public var term: ScoreOptions.Term {
    switch self {
    case .latent: .latent
    case .reconstruction: .reconstruction
    case .local: .local
    case .features: .features
    }
  }

  /// Its name in model files and tables: `latent.mean-square.own`, `local.smoothed-absolute.5`.
  public var name: String {
    switch self {
    case .latent(let distance, let encoder): "\(term.rawValue).\(distance.rawValue).\(encoder.rawValue)"
    case .local(let side, let rule): "\(term.rawValue).\(rule.rawValue).\(side)"
    case .reconstruction, .features: term.rawValue
    }
  }

  /// The measure of a name; nil where there is none.
  public init?(name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch (ScoreOptions.Term(rawValue: parts[0]), parts.count) {
    case (.latent, 3):
      guard let distance = ScoreOptions.Distance(rawValue: parts[1]),
        let encoder = ScoreOptions.SecondEncoder(rawValue: parts[2])
      else { return nil }
      self = .latent(distance, encoder)
    case (.local, 3):
      guard let rule = ScoreOptions.LocalRule(rawValue: parts[1]), let side = Int(parts[2]), "\(side)" == parts[2],
        side >= 3, side % 2 == 1
      else { return nil }
      self = .local(side: side, rule: rule)
    case (.reconstruction, 1): self = .reconstruction
    case (.features, 1): self = .features
    default: return nil
    }
  }
}
