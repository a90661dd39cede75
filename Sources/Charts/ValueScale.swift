private import Foundation

/// A linear axis over some values, with ticks at 1, 2 or 5 times a power of ten.
struct ValueScale {
  /// Lower end: a tick.
  let lowest: Double
  /// Upper end: a tick.
  let highest: Double
  private let step: Double

  /// An axis from zero, or below where a value is, to above the largest finite value.
  init(_ values: [Double]) {
    let finite = values.filter(\.isFinite)
    let (low, high) = (min(0, finite.min() ?? 0), finite.max() ?? 1)
    let span = high > low ? high - low : 1
    let rough = span / 5
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? 10 * power
    self.step = step
    lowest = (low / step).rounded(.down) * step
    let top = (high / step).rounded(.up) * step
    highest = top > lowest ? top : lowest + step
  }

  /// The ticks, ascending.
  var ticks: [Double] { (0...Int(((highest - lowest) / step).rounded())).map { lowest + Double($0) * step } }

  /// Where a value lies between the ends: 0 to 1.
  func share(of value: Double) -> Double { (value - lowest) / (highest - lowest) }

  /// A tick's label with the decimals that the step needs.
  func text(of tick: Double) -> String {
    let decimals = max(0, Int(-log10(step).rounded(.down)))
    return String(format: "%.\(decimals)f", abs(tick) < step / 2 ? 0 : tick)
  }
}
