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
}
