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
    /// Its size, with that of what lies beside it.
    public let bytes: Int64

    /// An item from its parts.
    public init(recorded: WallTime, bytes: Int64) {
      self.recorded = recorded
      self.bytes = bytes
    }
  }

  /// What a rule says of a picture.
  public enum Decision: Sendable {
    /// It goes.
    case takes
    /// It stays, and with it all that are younger.
    case keeps
    /// It stays because nobody knows how old it is; a younger one may go.
    case undated
  }

  /// The start of 2020: what was recorded earlier was recorded by a clock that was not set yet.
  static let beginning = WallTime(nanoseconds: 1_577_836_800 * 1_000_000_000)

  /// Decides about the oldest picture that is left.
  ///
  /// - Parameter total: bytes of all that are left, this one among them.
  public func decision(_ oldest: Item, total: Int64, now: WallTime) -> Decision {
    if let maximumBytes, total > maximumBytes { return .takes }
    guard let maximumAge else { return .keeps }
    if oldest.recorded < Self.beginning { return .undated }
    // What lies in the future is not old, whatever the clock was.
    let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(oldest.recorded.nanoseconds)
    return !isOverflow && .nanoseconds(age) > maximumAge ? .takes : .keeps
  }
}

/// The time that ages are counted by: the wall clock, but never further on than a clock that nobody sets.
///
/// A wall clock that is set forward makes nothing old: pictures of minutes ago are not from last year.
struct SteadyTime: Sendable {
  private let start: WallTime
  private let startInstant: ContinuousClock.Instant

  /// A time that begins at a moment.
  init(_ start: WallTime = .now, at instant: ContinuousClock.Instant = .now) {
    self.start = start
    startInstant = instant
  }

  /// The time at a moment.
  func now(_ wall: WallTime = .now, at instant: ContinuousClock.Instant = .now) -> WallTime {
    let passed = Int64(clamping: Int128((instant - startInstant) / .nanoseconds(1)))
    let (steady, isOverflow) = start.nanoseconds.addingReportingOverflow(passed)
    return isOverflow ? wall : min(wall, WallTime(nanoseconds: steady))
  }
}
