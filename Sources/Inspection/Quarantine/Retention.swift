public import Linux

/// Which pictures leave quarantine for good: a pure decision.
public struct Retention: Sendable, Equatable {
  /// Pictures that were recorded longer ago go; nil: age does not matter.
  public var maximumAge: Duration?
  /// The oldest go until all together have at most so many bytes; nil: size does not matter.
  public var maximumBytes: Int64?

  /// A rule from its parts.
  public init(maximumAge: Duration?, maximumBytes: Int64?) {
    self.maximumAge = maximumAge
    self.maximumBytes = maximumBytes
  }

  /// A picture as far as the decision goes.
  public struct Item: Sendable, Equatable {
    /// When it was recorded.
    public let recorded: WallTime
    /// Its size.
    public let bytes: Int64

    /// An item from its parts.
    public init(recorded: WallTime, bytes: Int64) {
      self.recorded = recorded
      self.bytes = bytes
    }
  }

  /// The places of those that go, oldest first.
  public func victims(_ items: [Item], now: WallTime) -> [Int] {
    let order = items.indices.sorted { (items[$0].recorded, $0) < (items[$1].recorded, $1) }
    var total = items.reduce(Int64(0)) { $0.addingReportingOverflow(max(0, $1.bytes)).partialValue }
    var victims: [Int] = []
    for index in order {
      let isOld = maximumAge.map { Self.age(items[index], now) > $0 } ?? false
      let isTooMuch = maximumBytes.map { total > $0 } ?? false
      // All that follow are younger, and the total only falls.
      guard isOld || isTooMuch else { break }
      victims.append(index)
      total -= max(0, items[index].bytes)
    }
    return victims
  }

  private static func age(_ item: Item, _ now: WallTime) -> Duration {
    let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(item.recorded.nanoseconds)
    return isOverflow ? .zero : .nanoseconds(age)
  }
}
