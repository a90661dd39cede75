/// The parts of the network that terms need besides the generator's first encoder and decoder.
struct ScoringPasses: OptionSet, Sendable {
  /// One bit a part.
  let rawValue: Int

  /// The second encoder, over the reconstruction.
  static let ownEncoder = ScoringPasses(rawValue: 1)
  /// The first encoder once more, over the reconstruction.
  static let generatorEncoder = ScoringPasses(rawValue: 2)
  /// The discriminator's features, of picture and reconstruction.
  static let features = ScoringPasses(rawValue: 4)

  /// Parts from their bits.
  init(rawValue: Int) { self.rawValue = rawValue }

  /// The parts that some terms need.
  init(_ measures: [TermMeasure]) {
    self = []
    for measure in measures {
      switch measure {
      case .latent(_, let encoder): insert(Self(encoder))
      case .features, .localFeatures: insert(.features)
      case .reconstruction, .local: break
      }
    }
  }

  /// The part that encodes the reconstruction.
  init(_ encoder: ScoreOptions.SecondEncoder) {
    switch encoder {
    case .own: self = .ownEncoder
    case .generator: self = .generatorEncoder
    }
  }
}
