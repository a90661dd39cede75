/// Decides when what is known of drift is shown: at once what means something else than before, further pictures at most
/// once a second.
struct DriftDisplay {
  /// For how long further pictures may be compared without being shown: a little less than the second between two looks,
  /// so that no look has to wait for an instant's sake.
  static let pause = Duration.milliseconds(900)

  private var latest: MetricsValues.Drift?
  private var lastShown: ContinuousClock.Instant?
  /// Something is known that is not shown.
  private var isBehind = false

  /// When something is to be shown though nothing happens; nil when nothing is.
  var deadline: ContinuousClock.Instant? { isBehind ? lastShown.map { $0 + Self.pause } : nil }

  /// Whether it is to be shown now; where it is, it counts as shown.
  ///
  /// - Parameter drift: what is known; nil where there is nothing to compare.
  mutating func isDue(_ drift: MetricsValues.Drift?, at now: ContinuousClock.Instant) -> Bool {
    let isOther = Self.isOther(drift, than: latest)
    if drift != latest { isBehind = true }
    latest = drift
    guard isBehind, isOther || lastShown.map({ now - $0 >= Self.pause }) ?? true else { return false }
    (isBehind, lastShown) = (false, now)
    return true
  }

  /// Whether it is more than the same test, some pictures later: an alarm, a beginning, an end.
  private static func isOther(_ drift: MetricsValues.Drift?, than before: MetricsValues.Drift?) -> Bool {
    guard let drift, let before else { return (drift == nil) != (before == nil) }
    return drift.alarm != before.alarm || drift.count < before.count
      || drift.calibrationCount != before.calibrationCount
  }
}
