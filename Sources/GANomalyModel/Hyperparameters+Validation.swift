/// Hyperparameters that no network can be built from.
public enum HyperparametersError: Error, Sendable, Equatable {
  /// The size is not one that the variant knows.
  case size(found: Int, variant: Variant)
  /// The channel count is neither 1 nor 3.
  case channelCount(found: Int)
  /// A count lies outside its range, or breaks a rule of its own.
  case count(name: String, found: Int, expected: String)
}

extension HyperparametersError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String { description(ofSizeNamed: "size") }

  /// The sentence for a user who knows the size by another name, such as `--window`.
  public func description(ofSizeNamed name: String) -> String {
    switch self {
    case .size(let found, let variant):
      let sizes = Hyperparameters.validSizes(of: variant)
      let valid = [sizes.last { $0 < found }, sizes.first { $0 > found }].compactMap { $0.map(String.init) }
      let kind = variant == .paper ? "a power of two" : "a multiple of 8"
      return "\(name) \(found) is not \(kind) from \(sizes.first ?? 0) to \(sizes.last ?? 0); "
        + "nearest valid: \(valid.joined(separator: " and "))"
    case .channelCount(let found):
      return "channel count \(found) is not possible, expected 1 (grey) or 3 (colour)"
    case .count(let name, let found, let expected):
      return "\(name) \(found) is not possible, expected \(expected)"
    }
  }
}

extension Hyperparameters {
  /// Sides of the input, ascending: powers of two for `paper`, whose code never ends on others; multiples of 8 for
  /// `keras`, whose map is halved three times.
  public static func validSizes(of variant: Variant) -> [Int] {
    switch variant {
    case .paper: (4...10).map { 1 << $0 }
    case .keras: Array(stride(from: 8, through: 1024, by: 8))
    }
  }
  /// Lengths of the latent vector.
  public static let latentCounts = 1...4096
  /// Feature maps after the first convolution.
  public static let featureCounts = 2...1024
  /// Extra layers.
  public static let extraLayerCounts = 0...16
  /// Most feature maps of the widest layer: `featureCount * size / 8` in `paper`, `4 * featureCount` in `keras`.
  public static let maximumWidth = 16_384

  /// Refuses what no network can be built from.
  ///
  /// - Throws: `HyperparametersError` with what was found and what is valid.
  public func validate() throws(HyperparametersError) {
    guard Self.validSizes(of: variant).contains(size) else { throw .size(found: size, variant: variant) }
    guard channelCount == 1 || channelCount == 3 else { throw .channelCount(found: channelCount) }
    try Self.check("latent length", latentCount, in: Self.latentCounts)
    try Self.check("feature count", featureCount, in: Self.featureCounts)
    try Self.check("extra layer count", extraLayerCount, in: Self.extraLayerCounts)
    if variant == .keras {
      try validateKeras()
      return
    }
    // The authors' decoder halves and doubles it: an odd count would end with another number of maps.
    guard featureCount % 2 == 0 else {
      throw .count(name: "feature count", found: featureCount, expected: "an even number")
    }
    guard featureCount * size / 8 <= Self.maximumWidth else {
      let most = Self.maximumWidth * 8 / size
      throw .count(name: "feature count", found: featureCount, expected: "at most \(most) at size \(size)")
    }
  }

  /// What variant `keras` fixes: the latent vector is the mean of the last map.
  private func validateKeras() throws(HyperparametersError) {
    guard latentCount == Self.kerasLatentCount(featureCount: featureCount) else {
      throw .count(
        name: "latent length", found: latentCount,
        expected: "4 x \(featureCount) features = \(Self.kerasLatentCount(featureCount: featureCount)) "
          + "in variant 'keras'")
    }
    guard extraLayerCount == 0 else {
      throw .count(name: "extra layer count", found: extraLayerCount, expected: "0 in variant 'keras'")
    }
  }

  /// Length of the latent vector in variant `keras`.
  public static func kerasLatentCount(featureCount: Int) -> Int { 4 * featureCount }

  private static func check(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(HyperparametersError) {
    guard range.contains(value) else {
      throw .count(name: name, found: value, expected: "\(range.lowerBound) to \(range.upperBound)")
    }
  }
}
