private import Glibc

/// The standard normal distribution, as far as intervals need it.
enum NormalDistribution {
  /// The value that is not exceeded with a probability, found by halving to the last bit.
  ///
  /// - Parameter probability: above 0 and below 1.
  static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a probability lies between 0 and 1")
    // Below the middle `erfc` keeps its digits; above it the other side is taken.
    guard probability <= 0.5 else { return -quantile(1 - probability) }
    var (low, high) = (-39.0, 0.0)
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return high }
      if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
    }
  }
}
