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
  private static let pictureWord = "picture"

  /// The preparation as the strings of a model file's header, all keys beginning with `preparation.`.
  public var metadata: [String: String] {
    var metadata = [
      "preparation.size": String(size),
      "preparation.channels": String(channelCount),
      "preparation.alpha": alpha.rawValue,
    ]
    for (key, value) in Self.fixedRules { metadata[key] = value }
    if case .picture(let spreads) = normalisation {
      metadata[Self.normalisationKey] = Self.pictureWord
      metadata[Self.spreadsKey] = "\(spreads)"
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
    if metadata[Self.normalisationKey] != nil { known.insert(Self.spreadsKey) }
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
    _ = try value(of: normalisationKey, in: metadata, expected: "'\(pictureWord)' or no such key") {
      $0 == pictureWord ? $0 : nil
    }
    let spreads = try value(
      of: spreadsKey, in: metadata, expected: "a number from \(spreads.lowerBound) to \(spreads.upperBound)"
    ) { text in Double(text).flatMap { Self.spreads.contains($0) && "\($0)" == text ? $0 : nil } }
    return .picture(spreads: spreads)
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
