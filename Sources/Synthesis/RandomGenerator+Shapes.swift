internal import Tensors

extension RandomGenerator {
  /// Uniform between two values.
  mutating func between(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * Float(uniform())
  }

  /// A unit vector, all directions alike.
  mutating func direction() -> Point {
    while true {
      let candidate = Point(x: between(-1, 1), y: between(-1, 1))
      let length = candidate.length
      if length > 0.1 && length <= 1 { return candidate * (1 / length) }
    }
  }

  /// Nearly normal noise of deviation 1: the sum of four uniform numbers of 16 bits.
  mutating func noise() -> Float {
    let bits = next()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + bits >> 48
    return (Float(sum) / 65_535 - 2) * 1.732_050_8
  }
}
