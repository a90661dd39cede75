private import Glibc

/// A generalised Pareto distribution fitted to the scores above a level: what lies beyond the highest score that was seen
/// is read off it.
///
/// The fit is the maximum of the likelihood over shapes of at least -1: below, the likelihood has no maximum. No finite
/// number of scores gives a promise: the threshold is as good as the tail's form and the few scores it is fitted to.
///
/// Source: Grimshaw, "Computing maximum likelihood estimates for the generalized Pareto distribution", Technometrics 35
/// (1993); its use for thresholds: Siffer et al., KDD 2017, 3.2.
public struct ParetoTail: Sendable, Equatable {
  /// Fewest scores above the level: with ten the shape has a standard deviation of 0.3 already.
  public static let fewestExcesses = 10
  /// Most scores above the level: the shape is known to 0.005 then, and a model file is fitted again whenever it is read.
  public static let mostExcesses = 50_000

  /// The level above which the tail is fitted: an order statistic of the scores.
  public let level: Float
  /// How many scores lie above it, strictly.
  public let excessCount: Int
  /// All scores.
  public let count: Int
  /// gamma: 0 is an exponential tail, above it a heavier one, below it one that ends.
  public let shape: Double
  /// sigma, above 0, in units of the score.
  public let scale: Double

  /// Why no threshold can be read off.
  public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// No finite threshold follows.
    case endless(shape: Double)
    /// Far more scores lie above the threshold than the rate allows.
    case misfit(above: Int, count: Int, rate: Double)

    /// The sentence.
    public var description: String {
      switch self {
      case .endless(let shape):
        "the tail of the scores is too heavy for a threshold (shape \(shape)): use method 'conformal'"
      case .misfit(let above, let count, let rate):
        "the fitted tail does not describe the scores: \(above) of \(count) lie above its threshold, expected about "
          + "\((Double(count) * rate).rounded()); scores with few different values, or "
          + "with many near the highest, have no such tail: use method 'conformal'"
      }
    }
  }

  /// A tail from its parts.
  init(level: Float, excessCount: Int, count: Int, shape: Double, scale: Double) {
    self.level = level
    self.excessCount = excessCount
    self.count = count
    self.shape = shape
    self.scale = scale
  }

  /// Fits a tail.
  ///
  /// - Parameters:
  ///   - scores: all scores, ascending and finite.
  ///   - initialQuantile: the share of scores at or below the level, between 0 and 1.
  /// - Throws: `CalibrationError.tooFewExcesses` and `.tooManyExcesses`; `.tail` where no maximum is found.
  public init(scores: [Float], initialQuantile: Double) throws(CalibrationError) {
    count = scores.count
    let place = Self.levelPlace(count: scores.count, initialQuantile: initialQuantile)
    guard place >= 1 else {
      throw .tooFewExcesses(
        found: 0, count: scores.count, needed: Self.neededCount(initialQuantile: initialQuantile),
        initialQuantile: initialQuantile)
    }
    let level = scores[place - 1]
    let excesses = scores[place...].filter { $0 > level }.map { Double($0) - Double(level) }
    guard excesses.count >= Self.fewestExcesses else {
      throw .tooFewExcesses(
        found: excesses.count, count: scores.count, needed: Self.neededCount(initialQuantile: initialQuantile),
        initialQuantile: initialQuantile)
    }
    guard excesses.count <= Self.mostExcesses else {
      throw .tooManyExcesses(found: excesses.count, initialQuantile: initialQuantile)
    }
    self.level = level
    excessCount = excesses.count
    (shape, scale) = try Self.fit(excesses)
  }

  /// The standard deviation of the shape, as many scores have it; nil for a shape of -0.5 or less, where it is not known.
  public var shapeDeviation: Double? {
    shape > -0.5 ? (1 + shape) / Double(excessCount).squareRoot() : nil
  }

  /// The value above which a new score lies with a probability, if the tail is right.
  ///
  /// - Parameter rate: above 0 and below the share of scores above the level.
  public func quantile(rate: Double) -> Double {
    let exponent = -log(rate * Double(count) / Double(excessCount))
    let distance = shape == 0 ? exponent : expm1(shape * exponent) / shape
    return Double(level) + scale * distance
  }

  /// The place of the level, counted from 1: the smallest whose share of the scores is the quantile.
  private static func levelPlace(count: Int, initialQuantile: Double) -> Int {
    var place = Int(initialQuantile * Double(count))
    // The product may be off by one rounding, the comparison decides.
    while place > 0, Double(place - 1) / Double(count) >= initialQuantile { place -= 1 }
    while place < count, Double(place) / Double(count) < initialQuantile { place += 1 }
    return place
  }

  /// The fewest scores, all different, that give enough excesses; nil past 10^9.
  static func neededCount(initialQuantile: Double) -> Int? {
    let estimate = Double(fewestExcesses) / (1 - initialQuantile)
    guard estimate < 1e9 else { return nil }
    var count = max(1, Int(estimate) - 2)
    while count - levelPlace(count: count, initialQuantile: initialQuantile) < fewestExcesses
      || levelPlace(count: count, initialQuantile: initialQuantile) < 1
    { count += 1 }
    return count
  }
}

extension ParetoTail {
  /// Points between which the likelihood's slope is looked at, on each side of zero.
  private static let gridCount = 400
  /// The largest shape that is looked for: from 1 on the mean does not exist.
  private static let largestShape = 5.0

  /// The shape and scale with the greatest likelihood.
  ///
  /// With theta = shape / scale, the shape is the mean of ln(1 + theta y): one number is left to search.
  static func fit(_ excesses: [Double]) throws(CalibrationError) -> (shape: Double, scale: Double) {
    let mean = excesses.reduce(0, +) / Double(excesses.count)
    guard mean.isFinite, mean > 0 else { throw .tail(.endless(shape: .infinity)) }
    let values = excesses.map { $0 / mean }
    let lowest = theta(ofShape: -1, values, between: -1 / (values.max() ?? 1), and: 0)
    let highest = theta(ofShape: largestShape, values, between: 0, and: 1e300)
    // Evenly on the side of tails that end; by powers on the other, where theta spans many of them.
    var grid = (0..<gridCount).map { lowest * (1 - Double($0) / Double(gridCount)) } + [0]
    let smallest = min(1e-4, highest)
    grid += (0...gridCount).map { smallest * pow(highest / smallest, Double($0) / Double(gridCount)) }

    var candidates: [Double] = []
    let slopes = grid.map { slope(at: $0, values) }
    for index in 1..<grid.count where slopes[index - 1] > 0 && slopes[index] <= 0 {
      var (low, high) = (grid[index - 1], grid[index])
      while true {
        let middle = low + (high - low) / 2
        guard middle > low, middle < high else { break }
        if slope(at: middle, values) > 0 { low = middle } else { high = middle }
      }
      candidates.append(high)
    }
    // On the edge, with a shape of -1, the likelihood is greatest where the tail ends at the highest value.
    let end = values.max() ?? 1
    var best = (shape: -1.0, scale: end, likelihood: -log(end) as Double)
    for theta in candidates {
      let found = likelihood(at: theta, values)
      guard found > best.likelihood else { continue }
      let (shape, scale) = parameters(at: theta, values)
      best = (shape, scale, found)
    }
    if let last = slopes.last, last > 0, likelihood(at: highest, values) > best.likelihood {
      throw .tail(.endless(shape: largestShape))
    }
    return (best.shape, best.scale * mean)
  }

  /// Shape and scale that belong to a theta.
  private static func parameters(at theta: Double, _ values: [Double]) -> (shape: Double, scale: Double) {
    // The values' mean is 1.
    guard theta != 0 else { return (0, 1) }
    let shape = values.reduce(0) { $0 + log1p(theta * $1) } / Double(values.count)
    return (shape, shape / theta)
  }

  /// The theta that belongs to a shape: the shape rises with it.
  private static func theta(
    ofShape shape: Double, _ values: [Double], between start: Double, and end: Double
  ) -> Double {
    var (low, high) = (start, end)
    while true {
      // Above zero by powers: the range spans hundreds of them.
      let middle = start < 0 ? low + (high - low) / 2 : max(low, 1e-12).squareRoot() * high.squareRoot()
      guard middle > low, middle < high else { return high }
      if parameters(at: middle, values).shape < shape { low = middle } else { high = middle }
      if start >= 0, high / max(low, 1e-12) < 1 + 1e-9 { return high }
    }
  }

  /// The mean logarithm of the likelihood.
  private static func likelihood(at theta: Double, _ values: [Double]) -> Double {
    let (shape, scale) = parameters(at: theta, values)
    return -log(scale) - shape - 1
  }

  /// A number with the sign of the likelihood's slope in theta.
  ///
  /// In Grimshaw's words (1 + mean ln(1 + theta y)) mean(1 / (1 + theta y)) - 1, divided by theta squared; written so that
  /// nothing cancels near theta = 0, where it is half the mean square less the squared mean.
  private static func slope(at theta: Double, _ values: [Double]) -> Double {
    let count = Double(values.count)
    guard theta != 0 else { return values.reduce(0) { $0 + $1 * $1 } / count / 2 - 1 }
    var (differences, shape, share) = (0.0, 0.0, 0.0)
    for value in values {
      let product = theta * value
      differences += logarithmLessShare(product)
      shape += log1p(product)
      share += product / (1 + product)
    }
    return (differences / count - (share / count) * (shape / count)) / (theta * theta)
  }

  /// ln(1 + x) - x / (1 + x), by its series where the two are nearly the same.
  private static func logarithmLessShare(_ x: Double) -> Double {
    guard x.magnitude < 0.02 else { return log1p(x) - x / (1 + x) }
    var (sum, power) = (0.0, -x)
    for degree in 2...10 {
      power *= -x
      sum += power * (1 - 1 / Double(degree))
    }
    return sum
  }
}
