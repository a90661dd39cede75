internal import CMatrixKernel

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
    _ range: Range<Int>, values: FloatBuffer, gradient: FloatBuffer, firstMoment: FloatBuffer,
    secondMoment: FloatBuffer,
    instructionSet: InstructionSet = .best
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count, "range outside of the values")
    precondition(
      gradient.count == values.count && firstMoment.count == values.count && secondMoment.count == values.count,
      "one gradient and two moments a value")
    let first = range.lowerBound
    var update = cmk_adam(
      count: range.count, values: values.base + first, gradient: gradient.base + first,
      first_moment: firstMoment.base + first, second_moment: secondMoment.base + first, beta1: beta1, beta2: beta2,
      correction: correction, epsilon: epsilon, step_size: stepSize)
    cmk_adam_update(instructionSet.code, &update)
  }
}
