/// Why the preparation in a model file cannot be followed.
public struct PreparationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence: the key, what was expected and what was found.
  public let description: String
}

extension Preparation {
  /// What cannot be chosen, by its key: stored, so that a later rule is never mistaken for this one.
  private static let fixedRules: KeyValuePairs = [
    "preparation.grey": "77,150,29/256",
    "preparation.resampling": "area-bilinear",
    "preparation.aspect": "stretch",
    "preparation.range": "-1,1",
  ]

  /// The keys of a normalisation; a file without them has none.
  private static let normalisationKey = "preparation.normalisation"
  private static let spreadsKey = "preparation.normalisation_spreads"
  private static let offsetKey = "preparation.normalisation_offset"
  private static let rangeKey = "preparation.normalisation_range"
  private static let pictureWord = "picture"
  private static let logarithmWord = "logarithm"

  /// The preparation as the strings of a model file's header, all keys beginning with `preparation.`.
  public var metadata: [String: String] {
    var metadata = [
      "preparation.size": String(size),
      "preparation.channels": String(channelCount),
      "preparation.alpha": alpha.rawValue,
    ]
    for (key, value) in Self.fixedRules { metadata[key] = value }
    switch normalisation {
    case .none: break
    case .picture(let spreads):
      metadata[Self.normalisationKey] = Self.pictureWord
      metadata[Self.spreadsKey] = "\(spreads)"
    case .logarithm(let offset, let range):
      metadata[Self.normalisationKey] = Self.logarithmWord
      metadata[Self.offsetKey] = "\(offset)"
      metadata[Self.rangeKey] = "\(range)"
    }
    return metadata
  }

  /// The preparation that a model file's header states.
  ///
  /// - Parameter metadata: the header's strings; keys that do not begin with `preparation.` are ignored.
  /// - Throws: `PreparationError` when a key is missing, unknown or has a value that this version does not follow.
  public init(metadata: [String: String]) throws(PreparationError) {
    var known = Set(Self.fixedRules.map(\.key))
    known.formUnion(["preparation.size", "preparation.channels", "preparation.alpha", Self.normalisationKey])
    switch metadata[Self.normalisationKey] {
    case Self.pictureWord: known.insert(Self.spreadsKey)
    case Self.logarithmWord: known.formUnion([Self.offsetKey, Self.rangeKey])
    default: break
    }
    for key in metadata.keys.sorted() where key.hasPrefix("preparation.") && !known.contains(key) {
      throw PreparationError(description: "unknown key '\(key)'; use the version of ganomaly that wrote the model")
    }
    for (key, value) in Self.fixedRules {
      _ = try Self.value(of: key, in: metadata, expected: "'\(value)'") { $0 == value ? $0 : nil }
    }
    let sizes = Self.sizes
    self.init(
      size: try Self.value(
        of: "preparation.size", in: metadata,
        expected: "a number of pixels from \(sizes.lowerBound) to \(sizes.upperBound)"
      ) { text in Self.number(text).flatMap { sizes.contains($0) ? $0 : nil } },
      channelCount: try Self.value(of: "preparation.channels", in: metadata, expected: "1 or 3") { text in
        Self.number(text).flatMap { $0 == 1 || $0 == 3 ? $0 : nil }
      },
      alpha: try Self.value(of: "preparation.alpha", in: metadata, expected: "'black' or 'white'") {
        Alpha(rawValue: $0)
      },
      normalisation: try Self.normalisation(in: metadata))
  }

  private static func normalisation(in metadata: [String: String]) throws(PreparationError) -> Normalisation {
    guard metadata[normalisationKey] != nil else { return .none }
    let word = try value(
      of: normalisationKey, in: metadata, expected: "'\(pictureWord)', '\(logarithmWord)' or no such key"
    ) { [pictureWord, logarithmWord].contains($0) ? $0 : nil }
    if word == pictureWord { return .picture(spreads: try range(of: spreadsKey, in: metadata)) }
    let offsets = Normalisation.offsets
    let offset = try value(
      of: offsetKey, in: metadata, expected: "a number from \(offsets.lowerBound) to \(offsets.upperBound)"
    ) { text in number(text).flatMap { offsets.contains($0) ? $0 : nil } }
    return .logarithm(offset: offset, range: try range(of: rangeKey, in: metadata))
  }

  private static func range(of key: String, in metadata: [String: String]) throws(PreparationError) -> Double {
    let ranges = Normalisation.ranges
    return try value(
      of: key, in: metadata, expected: "a number from \(ranges.lowerBound) to \(ranges.upperBound)"
    ) { text in Double(text).flatMap { ranges.contains($0) && "\($0)" == text ? $0 : nil } }
  }

  /// The parsed value of one key.
  private static func value<Value>(
    of key: String, in metadata: [String: String], expected: String, parse: (String) -> Value?
  ) throws(PreparationError) -> Value {
    guard let text = metadata[key] else {
      throw PreparationError(description: "'\(key)' is missing, expected \(expected)")
    }
    guard let value = parse(text) else {
      throw PreparationError(description: "'\(key)' is '\(text)', expected \(expected)")
    }
    return value
  }

  /// A number written as `metadata` writes it: digits only, no sign, no leading zero.
  private static func number(_ text: String) -> Int? {
    Int(text).flatMap { String($0) == text ? $0 : nil }
  }
}
