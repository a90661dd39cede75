private import Glibc

/// The beta distribution: what the realised rate of false alarms follows, and what exact binomial intervals are cut from.
public struct BetaDistribution: Sendable, Equatable {
  /// First shape, above 0.
  public let alpha: Double
  /// Second shape, above 0.
  public let beta: Double

  /// A distribution from its shapes.
  public init(alpha: Double, beta: Double) {
    precondition(alpha > 0 && beta > 0, "a beta distribution's shapes are above 0")
    self.alpha = alpha
    self.beta = beta
  }

  /// The probability of a value at or below `x`: the regularised incomplete beta function.
  ///
  /// Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.5.8, evaluated by Lentz's method.
  public func cumulative(_ x: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    let scale = exp(alpha * log(x) + beta * log1p(-x) - Self.logBeta(alpha, beta))
    // The fraction converges fast below the mean; above it, the other tail is taken.
    if x < (alpha + 1) / (alpha + beta + 2) {
      return min(1, scale * Self.fraction(x, alpha, beta) / alpha)
    }
    return max(0, 1 - scale * Self.fraction(1 - x, beta, alpha) / beta)
  }

  /// The value that is not exceeded with a probability, found by halving to the last bit.
  ///
  /// - Parameter probability: 0 to 1.
  public func quantile(_ probability: Double) -> Double {
    precondition(probability >= 0 && probability <= 1, "a probability lies between 0 and 1")
    var (low, high) = (0.0, 1.0)
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return high }
      if cumulative(middle) < probability { low = middle } else { high = middle }
    }
  }

  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func bounded(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / bounded(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / bounded(1 + even * d)
      c = bounded(1 + even / c)
      result *= c * d
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / bounded(1 + odd * d)
      c = bounded(1 + odd / c)
      result *= c * d
      if (c * d - 1).magnitude < 1e-15 { break }
    }
    return result
  }

  private static func logBeta(_ a: Double, _ b: Double) -> Double {
    logGamma(a) + logGamma(b) - logGamma(a + b)
  }

  /// ln of the gamma function by Stirling's series, after shifting the argument to where it is exact to rounding.
  ///
  /// Source: Abramowitz and Stegun, 6.1.41.
  private static func logGamma(_ value: Double) -> Double {
    var (x, shift) = (value, 0.0)
    while x < 15 {
      shift += log(x)
      x += 1
    }
    let inverse = 1 / (x * x)
    let series = (1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse / 1680))) / x
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * Double.pi) + series - shift
  }
}
