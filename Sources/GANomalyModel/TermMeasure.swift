private import Layers

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
  /// The largest squared difference of a block of the discriminator for picture and reconstruction, in evaluation mode.
  ///
  /// At each position of the block's map the mean over the channels is taken, then smoothed by a box that lies fully
  /// inside the map. Blocks count from 1.
  case localFeatures(block: Int, side: Int)

  /// Sides of boxes that every training measures, as far as the picture has room for them.
  public static let commonLocalSides = [3, 5, 7, 9, 11, 13, 15]

  /// Sides of boxes on the discriminator's maps that every training measures, as far as the map has room for them.
  public static let commonFeatureSides = [1, 3, 5]

  /// Every measure of a network, boxes of the common sides alone, in a fixed order.
  public static func all(for hyperparameters: Hyperparameters) -> [TermMeasure] {
    let latents = ScoreOptions.SecondEncoder.allCases.flatMap { encoder in
      ScoreOptions.Distance.allCases.map { TermMeasure.latent($0, encoder) }
    }
    let locals = ScoreOptions.LocalRule.allCases.flatMap { rule in
      commonLocalSides.filter { $0 <= hyperparameters.size }.map { TermMeasure.local(side: $0, rule: rule) }
    }
    let features = mapSides(of: hyperparameters).enumerated().flatMap { index, mapSide in
      commonFeatureSides.filter { $0 <= mapSide }.map { TermMeasure.localFeatures(block: index + 1, side: $0) }
    }
    return latents + [.reconstruction] + locals + [.features] + features
  }

  /// Sides of the maps of the discriminator's blocks up to its features.
  static func mapSides(of hyperparameters: Hyperparameters) -> [Int] {
    let architecture = Architecture(hyperparameters)
    return architecture.discriminator[...architecture.featureBlock].map(\.outputSide)
  }

  /// Refuses a box that is no box or that its map has no room for, and a block that is not there.
  ///
  /// - Throws: `ScoreOptionsError` with what was found and what is valid.
  public func validate(for hyperparameters: Hyperparameters) throws(ScoreOptionsError) {
    switch self {
    case .latent, .reconstruction, .features: return
    case .local(let side, _):
      guard side >= 3, side <= hyperparameters.size, side % 2 == 1 else {
        throw .localSide(found: side, size: hyperparameters.size)
      }
    case .localFeatures(let block, let side):
      let sides = Self.mapSides(of: hyperparameters)
      guard (1...sides.count).contains(block) else { throw .featureBlock(found: block, count: sides.count) }
      guard side >= 1, side <= sides[block - 1], side % 2 == 1 else {
        throw .featureSide(found: side, block: block, size: sides[block - 1])
      }
    }
  }

  /// The term that it measures.
  public var term: ScoreOptions.Term {
    switch self {
    case .latent: .latent
    case .reconstruction: .reconstruction
    case .local: .local
    case .features: .features
    case .localFeatures: .localFeatures
    }
  }

  /// Its name in model files and tables: `latent.mean-square.own`, `local.smoothed-absolute.5`,
  /// `local-features.2.3`: block, then side of the box.
  public var name: String {
    switch self {
    case .latent(let distance, let encoder): "\(term.rawValue).\(distance.rawValue).\(encoder.rawValue)"
    case .local(let side, let rule): "\(term.rawValue).\(rule.rawValue).\(side)"
    case .localFeatures(let block, let side): "\(term.rawValue).\(block).\(side)"
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
      guard let rule = ScoreOptions.LocalRule(rawValue: parts[1]), let side = Self.number(parts[2]) else { return nil }
      self = .local(side: side, rule: rule)
    case (.localFeatures, 3):
      guard let block = Self.number(parts[1]), let side = Self.number(parts[2]) else { return nil }
      self = .localFeatures(block: block, side: side)
    case (.reconstruction, 1): self = .reconstruction
    case (.features, 1): self = .features
    default: return nil
    }
  }

  /// A number as `name` writes it.
  private static func number(_ text: String) -> Int? { Int(text).flatMap { "\($0)" == text ? $0 : nil } }
}
