private import Foundation

/// Where values lie along an axis, and which of them are labelled.
public struct PlotScale: Sendable, Equatable {
  /// A labelled place.
  public struct Tick: Sendable, Equatable {
    /// The value that is labelled.
    public var value: Double
    /// Its label.
    public var label: String

    /// A tick from its parts.
    public init(value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  /// Value at the beginning.
  public let lowest: Double
  /// Value at the end, above the lowest.
  public let highest: Double
  /// Whether equal ratios have equal lengths; the lowest value is above 0 then.
  public let isLogarithmic: Bool
  /// What is labelled, ascending.
  public let ticks: [Tick]

  /// A linear scale with ticks of one's own.
  public init(from lowest: Double, to highest: Double, ticks: [Tick]) {
    precondition(lowest < highest, "a scale has a length")
    self.lowest = lowest
    self.highest = highest
    self.ticks = ticks
    isLogarithmic = false
  }

  private init(lowest: Double, highest: Double, isLogarithmic: Bool, ticks: [Tick]) {
    self.lowest = lowest
    self.highest = highest
    self.isLogarithmic = isLogarithmic
    self.ticks = ticks
  }

  /// A linear scale over the finite values, its ends being ticks at 1, 2 or 5 times a power of ten.
  ///
  /// - Parameters:
  ///   - values: what it covers.
  ///   - includesZero: whether zero is covered too.
  ///   - intervals: about how many steps.
  public static func linear(_ values: [Double], includesZero: Bool = false, intervals: Int = 5) -> PlotScale {
    let finite = values.filter(\.isFinite)
    var (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    if includesZero { (low, high) = (min(0, low), max(0, high)) }
    // Values of one size still need a length.
    if !(high > low) {
      let half = low == 0 ? 0.5 : low.magnitude * 0.1
      (low, high) = (includesZero ? low : low - half, high + half)
    }
    // A step that a Double can tell from nothing.
    let rough = max((high - low) / Double(intervals), max(low.magnitude, high.magnitude) * 1e-12, .leastNormalMagnitude)
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999_999 } ?? 10 * power
    let first = (low / step).rounded(.down)
    let last = max(first + 1, (high / step).rounded(.up))
    let decimals = max(0, Int(-log10(step * 1.000_001).rounded(.down)))
    let ticks = (0...Int(last - first)).map { index -> Tick in
      let value = (first + Double(index)) * step
      let isPlain = decimals <= 5 && value.magnitude < 1e6
      return Tick(
        value: value,
        label: isPlain
          ? MarkupText.fixed(value.magnitude < step / 2 ? 0 : value, decimals: decimals) : MarkupText.short(value))
    }
    return PlotScale(lowest: first * step, highest: last * step, isLogarithmic: false, ticks: ticks)
  }

  /// A scale of ratios over the finite values above 0, with ticks at powers of ten, and between them where these are few.
  public static func logarithmic(_ values: [Double]) -> PlotScale {
    let positive = values.filter { $0.isFinite && $0 > 0 }
    var (low, high) = (positive.min() ?? 0.1, positive.max() ?? 1)
    low = max(low, 1e-300)
    // At least a factor of two, so that one value stands in the middle of something.
    if high / low < 2 { (low, high) = (low / 1.5, high * 1.5) }
    let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let factors = [1.0, 2, 5]
    let places = decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
    // The ends move out to a round number, as far as one is near.
    let below = places.last { $0 <= low * 1.000_001 } ?? low
    let above = places.first { $0 >= high * 0.999_999 } ?? high
    let every = max(1, (decades.count + 6) / 7)
    let labelled =
      decades.count <= 4
      ? places : decades.filter { ($0 - decades.lowerBound) % every == 0 }.map { pow(10, Double($0)) }
    let ticks = labelled.filter { (below * 0.999_999...above * 1.000_001).contains($0) }
    return PlotScale(
      lowest: below, highest: above, isLogarithmic: true,
      ticks: ticks.map { Tick(value: $0, label: MarkupText.short($0)) })
  }

  /// Where a value lies between the ends, 0 to 1; values beyond an end lie at it.
  public func share(of value: Double) -> Double {
    guard value > lowest else { return 0 }
    guard value < highest else { return 1 }
    return isLogarithmic ? log(value / lowest) / log(highest / lowest) : (value - lowest) / (highest - lowest)
  }

  /// The value at a share of the length, 0 to 1.
  public func value(atShare share: Double) -> Double {
    isLogarithmic ? lowest * pow(highest / lowest, share) : lowest + (highest - lowest) * share
  }
}
