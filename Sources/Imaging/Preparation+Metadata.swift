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

  /// The preparation as the strings of a model file's header, all keys beginning with `preparation.`.
  public var metadata: [String: String] {
    var metadata = [
      "preparation.size": String(size),
      "preparation.channels": String(channelCount),
      "preparation.alpha": alpha.rawValue,
    ]
    for (key, value) in Self.fixedRules { metadata[key] = value }
    return metadata
  }

  /// The preparation that a model file's header states.
  ///
  /// - Parameter metadata: the header's strings; keys that do not begin with `preparation.` are ignored.
  /// - Throws: `PreparationError` when a key is missing, unknown or has a value that this version does not follow.
  public init(metadata: [String: String]) throws(PreparationError) {
    let known = Set(Self.fixedRules.map(\.key)).union(["preparation.size", "preparation.channels", "preparation.alpha"])
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
      })
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
