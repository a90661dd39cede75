import Linux

/// How far a command is, on one line of a terminal; nothing elsewhere.
struct ProgressLine {
  private let title: String
  private let total: Int
  private let isShown: Bool
  private var done = 0
  private var shownAt: ContinuousClock.Instant?

  /// A line for a number of pictures.
  init(_ title: String, total: Int) {
    self.title = title
    self.total = total
    isShown = StandardStream.error.isTerminal
  }

  /// Counts one more; the line is drawn anew at most ten times a second.
  mutating func advance() {
    done += 1
    guard isShown else { return }
    let now = ContinuousClock.now
    if let shownAt, now - shownAt < .milliseconds(100), done < total { return }
    shownAt = now
    try? StandardStream.error.write("\r\(title) \(done) of \(total)")
  }

  /// Removes the line.
  func clear() {
    if isShown, shownAt != nil { try? StandardStream.error.write("\r\u{1B}[K") }
  }
}
