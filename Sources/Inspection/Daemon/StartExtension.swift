internal import Linux
private import Synchronization

/// Asks the service manager for more time at the start, as long as what an earlier end left is being settled: copies to
/// another file system may take longer than a start may.
///
/// Source: sd_notify(3), EXTEND_TIMEOUT_USEC.
final class StartExtension: Sendable {
  /// When it is asked again: a pure decision.
  struct Turn {
    /// Time between two requests at the least.
    static let pause = Duration.seconds(5)
    /// The time that is asked for.
    static let span = Duration.seconds(60)

    private var last: ContinuousClock.Instant

    /// A start that begins now.
    init(at now: ContinuousClock.Instant) { last = now }

    /// Notes that the work has moved on.
    ///
    /// - Returns: whether more time is to be asked for.
    mutating func note(at now: ContinuousClock.Instant) -> Bool {
      guard now - last >= Self.pause else { return false }
      last = now
      return true
    }
  }

  /// Nil once the start is over.
  private let turn: Mutex<Turn?>
  private let notify: @Sendable (String) -> Void

  /// The extension of a start that begins now.
  init(notify: @escaping @Sendable (String) -> Void = { ServiceManager.notify($0) }) {
    turn = Mutex(Turn(at: .now))
    self.notify = notify
  }

  /// Notes that the work has moved on by a piece.
  func note(at now: ContinuousClock.Instant = .now) {
    guard turn.withLock({ $0?.note(at: now) ?? false }) else { return }
    notify("EXTEND_TIMEOUT_USEC=\(microseconds(Turn.span))")
  }

  /// Ends it: the watchdog counts from here on.
  func end() { turn.withLock { $0 = nil } }
}
