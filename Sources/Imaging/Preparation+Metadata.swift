/// Why the preparation in a model file cannot be followed.
public struct PreparationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence: the key, what was expected and what was found.
  public let description: String

  /// An error with its sentence.
  init(description: String) { self.description = description }
}

extension Preparation {
  /// What cannot be chosen, by its key: stored, so that a later rule is never mistaken for this one.
  private static let fixedRules: KeyValuePairs = [
    "preparation.grey": "77,150,29/256",
    "preparation.resampling": "area-bilinear",
    "preparation.range": "-1,1",
  ]

  /// What becomes of a picture's proportions; a reader that knows no windows refuses the other word.
  private static let aspectKey = "preparation.aspect"
  private static let stretchWord = "stretch"
  private static let windowsWord = "windows"
  private static let scaleKey = "preparation.window_scale"
  private static let strideKey = "preparation.window_stride"
  private static let smallPicturesKey = "preparation.small_pictures"
  private static let regionKey = "preparation.region"
  private static let maskKey = "preparation.mask"

  /// The keys of a normalisation; a file without them has none.
  private static let normalisationKey = "preparation.normalisation"
  private static let spreadsKey = "preparation.normalisation_spreads"
  private static let offsetKey = "preparation.normalisation_offset"
  private static let rangeKey = "preparation.normalisation_range"
  private static let pictureWord = "picture"
  private static let logarithmWord = "logarithm"

  /// The preparation as the strings of a model file's header, all keys beginning with `preparation.`.
  ///
  /// Of a mask its sides are there; its pixels are a tensor of the file.
  public var metadata: [String: String] {
    var metadata = [
      "preparation.size": String(size),
      "preparation.channels": String(channelCount),
      "preparation.alpha": alpha.rawValue,
    ]
    for (key, value) in Self.fixedRules { metadata[key] = value }
    metadata[Self.aspectKey] = windows == nil ? Self.stretchWord : Self.windowsWord
    if let windows {
      metadata[Self.scaleKey] = "\(windows.scale)"
      metadata[Self.strideKey] = "\(windows.stride)"
      metadata[Self.smallPicturesKey] = windows.smallPictures.rawValue
      switch windows.field {
      case .whole: break
      case .region(let box): metadata[Self.regionKey] = box.text
      case .mask(let mask): metadata[Self.maskKey] = "\(mask.width),\(mask.height)"
      }
    }
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
  /// - Parameters:
  ///   - metadata: the header's strings; keys that do not begin with `preparation.` are ignored.
  ///   - mask: the mask that the file holds; nil where it holds none.
  /// - Throws: `PreparationError` when a key is missing, unknown or has a value that this version does not follow, or the
  ///   mask is not the one that the strings tell of.
  public init(metadata: [String: String], mask: RegionMask? = nil) throws(PreparationError) {
    var known = Set(Self.fixedRules.map(\.key))
    known.formUnion([
      "preparation.size", "preparation.channels", "preparation.alpha", Self.normalisationKey, Self.aspectKey,
    ])
    if metadata[Self.aspectKey] == Self.windowsWord {
      known.formUnion([Self.scaleKey, Self.strideKey, Self.smallPicturesKey, Self.regionKey, Self.maskKey])
    }
    switch metadata[Self.normalisationKey] {
    case Self.pictureWord: known.insert(Self.spreadsKey)
    case Self.logarithmWord: known.formUnion([Self.offsetKey, Self.rangeKey])
    default: break
    }
    // First: it decides which keys there may be.
    if metadata[Self.aspectKey] != nil { _ = try Self.aspect(in: metadata) }
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
    windows = try Self.windows(in: metadata, mask: mask)
    try windows?.check(side: size)
  }

  private static func aspect(in metadata: [String: String]) throws(PreparationError) -> String {
    try value(of: aspectKey, in: metadata, expected: "'\(stretchWord)' or '\(windowsWord)'") {
      [stretchWord, windowsWord].contains($0) ? $0 : nil
    }
  }

  private static func windows(
    in metadata: [String: String], mask: RegionMask?
  ) throws(PreparationError) -> WindowPlan? {
    guard try aspect(in: metadata) == windowsWord else {
      if mask != nil { throw PreparationError(description: "there is a mask, expected none: the model has no windows") }
      return nil
    }
    return WindowPlan(
      scale: try value(of: scaleKey, in: metadata, expected: "a number from 1/64 to 1") { text in
        Double(text).flatMap { WindowPlan.scales.contains($0) && "\($0)" == text ? $0 : nil }
      },
      stride: try value(of: strideKey, in: metadata, expected: "a number of pixels, at most the window's side") {
        number($0)
      },
      field: try field(in: metadata, mask: mask),
      smallPictures: try value(of: smallPicturesKey, in: metadata, expected: "'refused' or 'padded'") {
        WindowPlan.SmallPictures(rawValue: $0)
      })
  }

  private static func field(
    in metadata: [String: String], mask: RegionMask?
  ) throws(PreparationError) -> WindowPlan.Field {
    guard metadata[maskKey] != nil else {
      if mask != nil { throw PreparationError(description: "there is a mask, and no '\(maskKey)' that tells of it") }
      guard metadata[regionKey] != nil else { return .whole }
      return .region(
        try value(of: regionKey, in: metadata, expected: "'x,y,width,height' in pixels of the file") { text in
          PixelBox(text: text).flatMap { $0.text == text ? $0 : nil }
        })
    }
    guard metadata[regionKey] == nil else {
      throw PreparationError(description: "there are '\(regionKey)' and '\(maskKey)', expected one of them")
    }
    guard let mask else {
      throw PreparationError(description: "'\(maskKey)' tells of a mask, and the file holds none")
    }
    let sides = "\(mask.width),\(mask.height)"
    _ = try value(of: maskKey, in: metadata, expected: "'\(sides)', the sides of the mask") { $0 == sides ? $0 : nil }
    return .mask(mask)
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
