import Foundation
import Tensors
import Testing

@Suite struct ElementaryFunctionsTests {
  /// Values of every magnitude, both signs.
  static let values: [Float] =
    stride(from: Float(-95), through: 95, by: 0.37).map { $0 }
    + stride(from: Float(-1), through: 1, by: 0.003).map { $0 }
    + [0, -0.0, 1e-30, -1e-30, 1e-10, 0.625, -0.625, 0.62500006, 88, 9, -9]

  @Test func `exp is the double-precision one to 2 units in the last place`() {
    for x in Self.values where x > -87 && x < 88 {
      let found = ElementaryFunctions.exponential(SIMD8(repeating: x))[3]
      let expected = Float(Foundation.exp(Double(x)))
      #expect(abs(found - expected) <= 2 * expected.ulp, "exp(\(x)) is \(found), not \(expected)")
    }
  }

  @Test func `tanh is the double-precision one to 2 units in the last place`() {
    for x in Self.values {
      let found = ElementaryFunctions.hyperbolicTangent(SIMD8(repeating: x))[5]
      let expected = Float(Foundation.tanh(Double(x)))
      #expect(abs(found - expected) <= 2 * expected.ulp, "tanh(\(x)) is \(found), not \(expected)")
    }
  }

  @Test func `the natural logarithm is the C library's to 4e-16 of its magnitude`() {
    for x in [1e-300, 1e-10, 0.3, 0.5, 0.7071, 0.9999999, 1, 1.0000001, 1.4142, 2, 10, 1e10, 1e300] {
      let found = ElementaryFunctions.logarithm(x)
      let expected = Foundation.log(x)
      #expect(abs(found - expected) <= 4e-16 * max(1e-9, abs(expected)) + 1e-22, "ln \(x) is \(found), not \(expected)")
    }
    #expect(ElementaryFunctions.logarithm(0) == -.infinity)
    #expect(ElementaryFunctions.logarithm(-1).isNaN)
    #expect(ElementaryFunctions.logarithm(.nan).isNaN)
  }

  @Test func `extremes and NaN have defined results`() {
    for x: Float in [.infinity, -Float.infinity, 1e38, -1e38] {
      let tanh = ElementaryFunctions.hyperbolicTangent(SIMD8(repeating: x))[0]
      #expect(tanh == (x > 0 ? 1 : -1))
      #expect(ElementaryFunctions.exponential(SIMD8(repeating: x))[0].isFinite)
    }
    #expect(ElementaryFunctions.hyperbolicTangent(SIMD8(repeating: .nan))[0].isNaN)
    #expect(ElementaryFunctions.exponential(SIMD8(repeating: .nan))[0].isNaN)
    #expect(ElementaryFunctions.sigmoid(.nan).isNaN)
    #expect(ElementaryFunctions.sigmoid(0) == 0.5)
    #expect(ElementaryFunctions.sigmoid(100) == 1)
  }
}
