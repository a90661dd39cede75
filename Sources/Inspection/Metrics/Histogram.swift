/// How often values fell into ranges: a histogram as Prometheus has them.
struct Histogram: Sendable, Equatable {
  /// Upper bounds, ascending; a value equal to a bound belongs below it.
  let bounds: [Double]
  /// Values in each range; the last is of those above all bounds.
  private(set) var counts: [Int]
  /// Sum of all values.
  private(set) var sum = 0.0
  /// How many values there were.
  var count: Int { counts.reduce(0, +) }

  /// A histogram without values.
  init(bounds: [Double]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds ascend")
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count + 1)
  }

  /// Counts a value; what is no number is in no range and is left out.
  mutating func observe(_ value: Double) {
    guard !value.isNaN else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }
}
