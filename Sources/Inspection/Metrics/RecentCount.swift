/// How often something happened in the last minute, by the second.
struct RecentCount: Sendable, Equatable {
  private static let span = 60
  private var counts = [Int](repeating: 0, count: span)
  /// The second that was counted last.
  private var newest = 0

  /// Counts one.
  ///
  /// - Parameter second: of a clock that does not jump.
  mutating func add(at second: Int) {
    advance(to: second)
    counts[second % Self.span] += 1
  }

  /// The number of the sixty seconds that end with this one.
  func count(at second: Int) -> Int {
    var copy = self
    copy.advance(to: second)
    return copy.counts.reduce(0, +)
  }

  private mutating func advance(to second: Int) {
    guard second > newest else { return }
    for passed in max(newest + 1, second - Self.span + 1)...second { counts[passed % Self.span] = 0 }
    newest = second
  }
}
