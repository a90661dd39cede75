import Foundation
import Layers
import Tensors
import Testing
import Training

@Suite struct AdamTests {
  @Test func `a hundred gradients from 1e-9 to 1 move a value as the formula says in double precision`() {
    let rate = 1e-3
    let (beta1, beta2, epsilon) = (0.5, 0.999, 1e-8)
    // Ten values in one parameter and an odd length, so that the tail of the vector loop counts as well.
    let parameter = Parameter(count: 11)
    var adam = Adam(learningRate: rate)
    let pool = ThreadPool(threadCount: 2)
    var expected = [Double](repeating: 0, count: 11)
    var first = expected
    var second = expected
    for step in 1...100 {
      for index in 0..<11 {
        let magnitude = Foundation.pow(10, -9 + 9 * Double((step * 7 + index * 13) % 100) / 99)
        let gradient = Float((step + index) % 3 == 0 ? -magnitude : magnitude)
        parameter.gradient[index] = gradient
        let g = Double(gradient)
        first[index] = beta1 * first[index] + (1 - beta1) * g
        second[index] = beta2 * second[index] + (1 - beta2) * g * g
        let m = first[index] / (1 - Foundation.pow(beta1, Double(step)))
        let v = second[index] / (1 - Foundation.pow(beta2, Double(step)))
        expected[index] -= rate * m / (v.squareRoot() + epsilon)
      }
      adam.update([parameter], pool: pool)
    }
    #expect(adam.stepCount == 100)
    for index in 0..<11 {
      // 100 single-precision steps of at most the rate each.
      #expect(abs(Double(parameter.values[index]) - expected[index]) < 1e-5 * rate * 100)
    }
  }

  @Test func `epsilon counts where gradients are tiny`() {
    // One step with gradient g: rate * g / (g + epsilon), so epsilon's size and place show.
    for (gradient, share) in [(Float(1e-8), 0.5), (3e-8, 0.75), (1, 1)] {
      let parameter = Parameter(count: 1)
      parameter.gradient[0] = gradient
      var adam = Adam(learningRate: 1)
      adam.update([parameter], pool: ThreadPool(threadCount: 1))
      #expect(abs(Double(-parameter.values[0]) - share) < 1e-3)
    }
  }
}
