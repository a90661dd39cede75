/// What was inspected lately, told every ten minutes in which something was.
struct Summary {
  /// How much time one tells of.
  static let interval = Duration.seconds(600)

  /// Something was counted since the last one.
  var isWanted = false
  private var last: ContinuousClock.Instant
  private var told: [Verdict: Int] = [:]

  /// Nothing to tell yet.
  init(at now: ContinuousClock.Instant) { last = now }

  /// When the next one is due; nil when there is nothing to tell.
  var deadline: ContinuousClock.Instant? { isWanted ? last + Self.interval : nil }

  /// The next one's text; nil when nothing has changed.
  ///
  /// - Parameter counts: inspections by verdict, since the start.
  mutating func next(_ counts: [Verdict: Int], at now: ContinuousClock.Instant) -> String? {
    last = now
    isWanted = false
    if counts == told { return nil }
    let new = Verdict.allCases.map { "\(counts[$0, default: 0] - told[$0, default: 0]) \($0.rawValue)" }
    told = counts
    return "in the last ten minutes: " + new.joined(separator: ", ")
  }
}
