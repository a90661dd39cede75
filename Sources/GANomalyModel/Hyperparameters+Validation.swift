/// Hyperparameters that no network can be built from.
public enum HyperparametersError: Error, Sendable, Equatable {
  /// The size is not a power of two within the limits.
  case size(found: Int)
  /// The channel count is neither 1 nor 3.
  case channelCount(found: Int)
  /// A count lies outside its range, or breaks a rule of its own.
  case count(name: String, found: Int, expected: String)
}

extension HyperparametersError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .size(let found):
      let valid = Hyperparameters.validSizes(nearest: found).map(String.init).joined(separator: " and ")
      return "size \(found) is not a power of two from \(Hyperparameters.sizes.lowerBound) to "
        + "\(Hyperparameters.sizes.upperBound); nearest valid: \(valid)"
    case .channelCount(let found):
      return "channel count \(found) is not possible, expected 1 (grey) or 3 (colour)"
    case .count(let name, let found, let expected):
      return "\(name) \(found) is not possible, expected \(expected)"
    }
  }
}

extension Hyperparameters {
  /// Sides of the input: the authors' code never ends on sizes that are not powers of two.
  public static let sizes = 16...1024
  /// Lengths of the latent vector.
  public static let latentCounts = 1...4096
  /// Feature maps after the first convolution.
  public static let featureCounts = 2...1024
  /// Extra layers.
  public static let extraLayerCounts = 0...16
  /// Most feature maps of the widest layer, `featureCount * size / 8`.
  public static let maximumWidth = 16_384

  /// Refuses what no network can be built from.
  ///
  /// - Throws: `HyperparametersError` with what was found and what is valid.
  public func validate() throws(HyperparametersError) {
    guard Self.sizes.contains(size), size & (size - 1) == 0 else { throw .size(found: size) }
    guard channelCount == 1 || channelCount == 3 else { throw .channelCount(found: channelCount) }
    try Self.check("latent length", latentCount, in: Self.latentCounts)
    try Self.check("feature count", featureCount, in: Self.featureCounts)
    try Self.check("extra layer count", extraLayerCount, in: Self.extraLayerCounts)
    // The authors' decoder halves and doubles it: an odd count would end with another number of maps.
    guard featureCount % 2 == 0 else {
      throw .count(name: "feature count", found: featureCount, expected: "an even number")
    }
    guard featureCount * size / 8 <= Self.maximumWidth else {
      let most = Self.maximumWidth * 8 / size
      throw .count(name: "feature count", found: featureCount, expected: "at most \(most) at size \(size)")
    }
  }

  /// The valid sizes next to one that is not: below and above, or the limit where one lies outside.
  static func validSizes(nearest size: Int) -> [Int] {
    let valid = (4...10).map { 1 << $0 }
    let below = valid.last { $0 < size }
    let above = valid.first { $0 > size }
    return [below, above].compactMap(\.self)
  }

  private static func check(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(HyperparametersError) {
    guard range.contains(value) else {
      throw .count(name: name, found: value, expected: "\(range.lowerBound) to \(range.upperBound)")
    }
  }
}
