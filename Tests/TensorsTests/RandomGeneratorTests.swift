import Tensors
import Testing

@Suite struct RandomGeneratorTests {
  @Test func `a seed's sequence is fixed for ever`() {
    var random = RandomGenerator(seed: 1)
    // Made by the published algorithms: splitmix64 fills the state, xoshiro256** gives the numbers.
    #expect(
      random.state == [0x910A_2DEC_8902_5CC1, 0xBEEB_8DA1_658E_EC67, 0xF893_A2EE_FB32_555E, 0x71C1_8690_EE42_C90B])
    #expect(
      (0..<3).map { _ in random.next() } == [0xB3F2_AF6D_0FC7_10C5, 0x853B_5596_4736_4CEA, 0x92F8_9756_082A_4514])
  }

  @Test func `a stored state continues the sequence`() throws {
    var random = RandomGenerator(seed: 9)
    _ = random.normal(count: 5, mean: 0, deviation: 1)
    var continued = try #require(RandomGenerator(state: random.state))
    #expect(continued.normal(count: 4, mean: 1, deviation: 2) == random.normal(count: 4, mean: 1, deviation: 2))
    #expect(RandomGenerator(state: [0, 0, 0, 0]) == nil)
    #expect(RandomGenerator(state: [1]) == nil)
  }

  @Test func `normal values have their mean and deviation`() {
    var random = RandomGenerator(seed: 4)
    let values = random.normal(count: 200_001, mean: 3, deviation: 2).map(Double.init)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    // Five standard errors.
    #expect(abs(mean - 3) < 5 * 2 / 447)
    #expect(abs(variance - 4) < 5 * 4 * 1.4143 / 447)
    #expect(values.count { abs($0 - 3) > 4 } > 8_500 && values.count { abs($0 - 3) > 4 } < 9_700)
  }
}
