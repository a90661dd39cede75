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

  /// Whether the oldest picture that is left goes.
  ///
  /// - Parameter total: bytes of all that are left, this one among them.
  public func takes(_ oldest: Item, total: Int64, now: WallTime) -> Bool {
    let isOld = maximumAge.map { Self.age(oldest, now) > $0 } ?? false
    let isTooMuch = maximumBytes.map { total > $0 } ?? false
    return isOld || isTooMuch
  }

  private static func age(_ item: Item, _ now: WallTime) -> Duration {
    let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(item.recorded.nanoseconds)
    return isOverflow ? .zero : .nanoseconds(age)
  }
}
