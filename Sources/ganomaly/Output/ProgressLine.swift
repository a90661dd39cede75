import Linux
import Synchronization

/// How far a command is, on one line of a terminal; nothing elsewhere. Work may report from several threads.
final class ProgressLine: Sendable {
  private let title: String
  private let isShown = StandardStream.error.isTerminal
  private let shownAt = Mutex<ContinuousClock.Instant?>(nil)

  /// A line.
  init(_ title: String) {
    self.title = title
  }

  /// Shows how far the work is, at most ten times a second.
  func show(done: Int, of total: Int) {
    guard isShown else { return }
    shownAt.withLock { shownAt in
      let now = ContinuousClock.now
      if let shownAt, now - shownAt < .milliseconds(100), done < total { return }
      shownAt = now
      try? StandardStream.error.write("\r\(title) \(done) of \(total)")
    }
  }

  /// Removes the line.
  func clear() {
    shownAt.withLock { if $0 != nil { try? StandardStream.error.write("\r\u{1B}[K") } }
  }
}
