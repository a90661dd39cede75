/// One update of Adam over a run of values.
///
/// Source: D. Kingma, J. Ba, "Adam" (2015), algorithm 1, with epsilon where PyTorch has it:
/// p -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon).
public struct AdamStep: Sendable {
  private let beta1: Float
  private let beta2: Float
  private let epsilon: Float
  private let stepSize: Float
  private let correction: Float

  /// The constants of step `step` (1 is the first).
  ///
  /// - Parameter correctsEpsilon: divides epsilon by sqrt(1 - beta2^t), which puts it where Keras has it:
  ///   p -= rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).
  public init(
    step: Int, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, correctsEpsilon: Bool = false
  ) {
    precondition(step >= 1, "Adam's steps begin with one")
    func power(_ base: Double, _ exponent: Int) -> Double {
      var result = 1.0
      var factor = base
      var rest = exponent
      while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
      }
      return result
    }
    self.beta1 = Float(beta1)
    self.beta2 = Float(beta2)
    let correction = (1 - power(beta2, step)).squareRoot()
    self.correction = Float(correction)
    self.epsilon = Float(correctsEpsilon ? epsilon / correction : epsilon)
    stepSize = Float(learningRate / (1 - power(beta1, step)))
  }

  /// Updates values and moments in a range.
  ///
  /// - Parameter range: the caller's share; threads take disjoint ones.
  public func update(
    _ range: Range<Int>, values: FloatBuffer, gradient: FloatBuffer, firstMoment: FloatBuffer, secondMoment: FloatBuffer
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count, "range outside of the values")
    precondition(
      gradient.count == values.count && firstMoment.count == values.count && secondMoment.count == values.count,
      "one gradient and two moments a value")
    let rest1 = 1 - beta1
    let rest2 = 1 - beta2
    forEachVector(range.count) { index, lanes in
      let at = range.lowerBound + index
      let g = load(gradient.base + at, lanes)
      let m = load(firstMoment.base + at, lanes) * beta1 + g * rest1
      let v = load(secondMoment.base + at, lanes) * beta2 + g * g * rest2
      let denominator = v.squareRoot() / correction + epsilon
      store(m, firstMoment.base + at, lanes)
      store(v, secondMoment.base + at, lanes)
      store(load(values.base + at, lanes) - m / denominator * stepSize, values.base + at, lanes)
    }
  }
}
