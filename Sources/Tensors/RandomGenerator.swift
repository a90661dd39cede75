/// A generator of random numbers that gives the same sequence everywhere and whose state can be stored.
///
/// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (xoshiro256**), seeded by splitmix64.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Equatable {
  /// The four words of its state; never all zero.
  public private(set) var state: [UInt64]

  /// A sequence of its own for every seed.
  public init(seed: UInt64) {
    var x = seed
    state = (0..<4).map { _ in
      x &+= 0x9E37_79B9_7F4A_7C15
      var z = x
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Continues from a stored state; nil when it is not one.
  public init?(state: [UInt64]) {
    guard state.count == 4, state.contains(where: { $0 != 0 }) else { return nil }
    self.state = state
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state[1] &* 5, 7) &* 9
    let t = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= t
    state[3] = rotate(state[3], 45)
    return result
  }

  /// Uniform in [0, 1).
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniformly distributed values between -limit and limit.
  public mutating func uniform(count: Int, limit: Float) -> [Float] {
    (0..<count).map { _ in Float(2 * uniform() - 1) * limit }
  }

  /// Normally distributed values, drawn in pairs; an odd count throws one away, so that the state alone continues.
  ///
  /// Source: G. Marsaglia's polar method.
  public mutating func normal(count: Int, mean: Float, deviation: Float) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count + 1)
    while values.count < count {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let s = u * u + v * v
      if s >= 1 || s == 0 { continue }
      let factor = (-2 * ElementaryFunctions.logarithm(s) / s).squareRoot()
      values.append(mean + deviation * Float(u * factor))
      values.append(mean + deviation * Float(v * factor))
    }
    return Array(values.prefix(count))
  }

  /// A random order of 0..<count (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] { (0..<count).shuffled(using: &self) }
}
