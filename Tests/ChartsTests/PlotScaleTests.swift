import Charts
import Testing

@Suite struct PlotScaleTests {
  @Test(
    arguments: [
      [], [0], [7, 7], [-3, 2], [0.0148, 0.0151], [1e-9, 2e-9], [3e8, 4e8], [-5, -5], [.infinity, 1], [.nan],
      [1e300, -1e300], [5e-324],
    ] as [[Double]], [true, false])
  func `a linear scale covers every finite value between its ends, which are ticks`(
    values: [Double], includesZero: Bool
  ) {
    let scale = PlotScale.linear(values, includesZero: includesZero)
    #expect(scale.lowest < scale.highest && scale.lowest.isFinite && scale.highest.isFinite)
    for value in values where value.isFinite {
      let slack = (scale.highest - scale.lowest) * 1e-9
      #expect((scale.lowest - slack...scale.highest + slack).contains(value), "\(value) in \(scale)")
    }
    #expect(includesZero == false || (scale.lowest <= 0 && scale.highest >= 0))
    #expect((2...12).contains(scale.ticks.count), "\(scale.ticks)")
    #expect(abs((scale.ticks.first?.value ?? .nan) - scale.lowest) <= abs(scale.lowest) * 1e-9)
    #expect(Set(scale.ticks.map(\.label)).count == scale.ticks.count, "labels differ: \(scale.ticks)")
  }

  @Test(arguments: [[], [1], [0, -1], [0.001, 1000], [1e-12, 1e9], [0.9, 1.1], [1e-300, 1e300]] as [[Double]])
  func `a logarithmic scale covers every value above zero, with some ticks`(values: [Double]) {
    let scale = PlotScale.logarithmic(values)
    #expect(scale.isLogarithmic && scale.lowest > 0 && scale.lowest < scale.highest)
    for value in values where value > 0 {
      #expect((scale.lowest * 0.999_999...scale.highest * 1.000_001).contains(value))
    }
    #expect((1...14).contains(scale.ticks.count), "\(scale.ticks)")
  }

  @Test func `shares of a logarithmic scale are equal for equal ratios, and lead back to values`() {
    let scale = PlotScale.logarithmic([0.01, 100])
    #expect(abs(scale.share(of: 1) - 0.5) < 1e-12)
    #expect(abs(scale.share(of: 10) - 0.75) < 1e-12)
    #expect(abs(scale.value(atShare: 0.25) - 0.1) < 1e-12)
    #expect(scale.share(of: -1) == 0 && scale.share(of: 1e9) == 1)
  }
}
