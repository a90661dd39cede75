/// A term with everything that decides its value: two equal measures give the same number for the same picture.
public enum TermMeasure: Sendable, Hashable {
  /// The distance of the latent vectors of picture and reconstruction.
  case latent(ScoreOptions.Distance, ScoreOptions.SecondEncoder)
  /// The mean absolute difference between picture and reconstruction, in input units (0 to 2).
  case reconstruction
  /// The largest difference of picture and reconstruction, smoothed by a box that lies fully inside what the margin
  /// leaves of the picture, in input units (their square for `smoothedSquare`).
  ///
  /// Each channel is smoothed by itself; the mean of the channels' absolute values is taken at each position.
  case local(side: Int, rule: ScoreOptions.LocalRule, margin: Int)
  /// The mean squared difference of the discriminator for picture and reconstruction, in evaluation mode: after a block
  /// that counts from 1, or, where nil, of what the architecture calls its features.
  case features(block: Int?)
  /// The largest squared difference of a block of the discriminator for picture and reconstruction, in evaluation mode.
  ///
  /// At each position of the block's map the mean over the channels is taken, then smoothed by a box that lies fully
  /// inside what the margin leaves of the map. Blocks count from 1.
  case localFeatures(block: Int, side: Int, margin: Int)

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

  /// Whether it needs the discriminator's weights.
  public var usesDiscriminator: Bool { term == .features || term == .localFeatures }

  /// Side and margin of its box; nil where it has none.
  public var box: (side: Int, margin: Int)? {
    switch self {
    case .local(let side, _, let margin), .localFeatures(_, let side, let margin): (side, margin)
    case .latent, .reconstruction, .features: nil
    }
  }

  /// Whether it is another one for the side or margin of its box, and for nothing else.
  public func differsInBox(from other: TermMeasure) -> Bool {
    switch (self, other) {
    case (.local(_, let rule, _), .local(_, let otherRule, _)): rule == otherRule && self != other
    case (.localFeatures(let block, _, _), .localFeatures(let otherBlock, _, _)): block == otherBlock && self != other
    default: false
    }
  }

  /// Pixels, or positions of a map, that a margin leaves out at each edge: sixteenths of the side, rounded down.
  ///
  /// - Parameters:
  ///   - margin: in sixteenths of the side, 0 to 7.
  ///   - side: of the picture or map.
  public static func marginWidth(_ margin: Int, ofSide side: Int) -> Int { side * margin / 16 }

  /// Its name in model files and tables: `latent.mean-square.own`, `local.smoothed-absolute.5` (side of the box),
  /// `features.3` (block), `local-features.2.3` (block, side of the box); with `.margin-1` behind where there is one.
  public var name: String {
    switch self {
    case .latent(let distance, let encoder): "\(term.rawValue).\(distance.rawValue).\(encoder.rawValue)"
    case .local(let side, let rule, let margin): "\(term.rawValue).\(rule.rawValue).\(side)\(Self.suffix(margin))"
    case .features(let block): block.map { "\(term.rawValue).\($0)" } ?? term.rawValue
    case .localFeatures(let block, let side, let margin): "\(term.rawValue).\(block).\(side)\(Self.suffix(margin))"
    case .reconstruction: term.rawValue
    }
  }

  /// The measure of a name; nil where there is none.
  public init?(name: String) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let term = ScoreOptions.Term(rawValue: parts[0]) else { return nil }
    var margin = 0
    if let last = parts.last, last.hasPrefix(Self.marginWord) {
      guard term == .local || term == .localFeatures,
        let found = Self.number(String(last.dropFirst(Self.marginWord.count))), found > 0
      else { return nil }
      margin = found
      parts.removeLast()
    }
    switch (term, parts.count) {
    case (.latent, 3):
      guard let distance = ScoreOptions.Distance(rawValue: parts[1]),
        let encoder = ScoreOptions.SecondEncoder(rawValue: parts[2])
      else { return nil }
      self = .latent(distance, encoder)
    case (.local, 3):
      guard let rule = ScoreOptions.LocalRule(rawValue: parts[1]), let side = Self.number(parts[2]) else { return nil }
      self = .local(side: side, rule: rule, margin: margin)
    case (.localFeatures, 3):
      guard let block = Self.number(parts[1]), let side = Self.number(parts[2]) else { return nil }
      self = .localFeatures(block: block, side: side, margin: margin)
    case (.features, 2):
      guard let block = Self.number(parts[1]) else { return nil }
      self = .features(block: block)
    case (.features, 1): self = .features(block: nil)
    case (.reconstruction, 1): self = .reconstruction
    default: return nil
    }
  }

  private static let marginWord = "margin-"

  private static func suffix(_ margin: Int) -> String { margin == 0 ? "" : ".\(marginWord)\(margin)" }

  /// A number as `name` writes it.
  private static func number(_ text: String) -> Int? { Int(text).flatMap { "\($0)" == text ? $0 : nil } }
}
