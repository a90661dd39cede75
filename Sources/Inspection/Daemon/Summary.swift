internal import Linux

/// What was inspected lately, told every ten minutes in which something was.
struct Summary {
  /// What one tells.
  struct Report: Sendable, Equatable {
    /// One sentence.
    let text: String
    /// The same as numbers.
    let fields: [JournalField]
  }

  /// Something was counted since the last one.
  var isWanted = false
  private let interval: Duration
  private var last: ContinuousClock.Instant
  private var told: [Verdict: Int] = [:]

  /// Nothing to tell yet.
  ///
  /// - Parameter interval: how much time one tells of.
  init(at now: ContinuousClock.Instant, interval: Duration = .seconds(600)) {
    last = now
    self.interval = interval
  }

  /// When the next one is due; nil when there is nothing to tell.
  var deadline: ContinuousClock.Instant? { isWanted ? last + interval : nil }

  /// The next one; nil when nothing has changed.
  ///
  /// - Parameter counts: inspections by verdict, since the start.
  mutating func next(_ counts: [Verdict: Int], at now: ContinuousClock.Instant) -> Report? {
    let minutes = Int((now - last) / .seconds(60))
    last = now
    isWanted = false
    if counts == told { return nil }
    let new = Verdict.allCases.map { ($0, counts[$0, default: 0] - told[$0, default: 0]) }
    told = counts
    return Report(
      text: "in the last \(minutes) minutes: " + new.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", "),
      fields: new.map { JournalField("GANOMALY_COUNT_\($0.0.rawValue.uppercased())", "\($0.1)") })
  }
}
