private import Glibc

/// How many of some pictures are hit where the chance of a hit follows a beta distribution: what a calibration does to
/// pictures like its own, of which nobody knows whether it got a strict threshold or a lax one.
public struct BetaBinomial: Sendable, Equatable {
  /// First shape of the chance, above 0.
  public let alpha: Double
  /// Second shape, above 0.
  public let beta: Double
  /// Pictures, 0 or more.
  public let count: Int

  /// A distribution from its parts.
  public init(alpha: Double, beta: Double, count: Int) {
    precondition(alpha > 0 && beta > 0 && count >= 0, "shapes are above 0, and no number of pictures is below it")
    self.alpha = alpha
    self.beta = beta
    self.count = count
  }

  /// The probability of at least so many hits.
  public func atLeast(_ hits: Int) -> Double {
    guard hits > 0 else { return 1 }
    guard hits <= count else { return 0 }
    // Logarithms: the chance of none is no number above 0 where there are many pictures.
    var logarithm = 0.0
    for index in 0..<count { logarithm += log((beta + Double(index)) / (alpha + beta + Double(index))) }
    var sum = 0.0
    for found in 0..<count {
      let left = Double(count - found)
      logarithm += log(left / Double(found + 1) * (alpha + Double(found)) / (beta + left - 1))
      if found + 1 >= hits { sum += exp(logarithm) }
    }
    return min(1, sum)
  }
}
