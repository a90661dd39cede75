public import Linux

extension Intake {
  /// When something has to be done without an event; nil when nothing is planned.
  public func nextDeadline(at now: Instant) -> Instant? {
    if !noticed.isEmpty || isScanDue(at: now) { return now }
    return [deadlines.first?.time, readings.time].compactMap(\.self).min()
  }

  /// Whether the folder is to be read in full now.
  public func isScanDue(at now: Instant) -> Bool {
    if readings.isDue(at: now) { return true }
    return readings.hasDroppedNames && !readings.isUnderWay && candidates.count < rules.maximumPending / 2
  }

  /// Asks for a reading of the folder as soon as may be, such as after it was lost and found.
  public mutating func requestScan() { readings.isUrgent = true }

  /// Puts the reading of the folder off, when it failed.
  public mutating func postponeScan(until time: Instant) { readings.postpone(until: time) }

  /// Begins a reading of the folder; `found` and `endScan` follow.
  public mutating func beginScan() {
    readings.begin()
    known.beginReading()
    foreign.beginReading()
    for name in candidates.keys { candidates[name]!.isMissing = true }
  }

  /// Takes in a name that the reading found.
  ///
  /// - Parameter age: time since its last change by the system's clock, not below zero.
  public mutating func found(_ name: FileName, _ status: FileStatus, age: Duration, at now: Instant) {
    guard rules.concern(name, isFolder: status.kind == .directory) else { return passOver(name) }
    if known.contains(name, status) { known.markSeen(name) }
    if candidates[name] != nil {
      candidates[name]!.isMissing = false
      if !known.contains(name, status) { lookAfterScan(name, status) }
    } else if !known.contains(name, status), add(name, at: now, age: age) {
      candidates[name]!.isFromBefore = readings.isFirst
    }
  }

  /// Counts a name that is not looked at, once as long as it stays; names of our own are nobody's business.
  public mutating func passOver(_ name: FileName) {
    if foreign.contains(name) { return foreign.markSeen(name) }
    if !name.isOurOwn, foreign.remember(name) { ignoredCount += 1 }
  }

  /// Ends the reading: known files that it has not found are forgotten.
  public mutating func endScan(at now: Instant) {
    readings.end(at: now, rescan: rules.rescan)
    known.endReading()
    foreign.endReading()
    lookForMissing()
    let known = known
    abandonTimes = abandonTimes.filter { known.contains($0.key) }
  }

  /// Candidates that the reading has not found are looked at: no event need have told that they are gone, and while
  /// nothing is handed out nobody else would find that out.
  private mutating func lookForMissing() {
    for name in candidates.filter({ $0.value.isMissing }).keys {
      candidates[name]!.isMissing = false
      switch candidates[name]!.phase {
      case .waiting, .ready: lookSoon(name)
      case .noticed, .requested: break
      }
    }
    ready.keep { candidates[$0]?.phase == .ready }
  }

  /// A candidate that was found in the folder is looked at again where no event may have come for its change.
  private mutating func lookAfterScan(_ name: FileName, _ status: FileStatus) {
    let candidate = candidates[name]!
    // A permission that was repaired sends no event.
    if let seen = candidate.status, seen != status { return lookSoon(name) }
    if case .waiting = candidate.phase, candidate.attempts == 0 { lookSoon(name) }
  }

  /// Forgets every name that is not with a lane: the folder is another one.
  public mutating func forgetAll() {
    candidates = candidates.filter { $0.value.phase == .requested }
    abandonTimes = [:]
    noticed = []
    foreign.forgetAll()
    ready = ReadyLine()
    deadlines = DeadlineHeap()
    known.forgetAll()
    readings = ReadingSchedule(count: readings.count)
  }

  /// Forgets what needs no work: the ledger is another one, or asks for files to be looked at anew. What a lane has in
  /// hand is looked at again afterwards.
  public mutating func forgetKnown() {
    known.forgetAll()
    abandonTimes = [:]
    for (name, candidate) in candidates where candidate.phase == .requested { candidates[name]!.isForgotten = true }
    readings.isUrgent = true
  }
}

/// When the folder is read in full: at once where that was asked for, after overflows less and less often, and now and
/// then in any case.
struct ReadingSchedule: Sendable {
  /// As soon as may be.
  var isUrgent = true
  /// Whether none has ended yet.
  var isFirst: Bool { count == 0 }
  /// Names were noticed and not taken in: there were too many.
  var hasDroppedNames = false
  /// A reading has begun and not ended.
  private(set) var isUnderWay = false
  /// Readings that have ended.
  private(set) var count = 0
  /// When the next one is due.
  private(set) var time: Intake.Instant?
  private var overflowsInARow = 0
  private var lastOverflow: Intake.Instant?

  /// The first reading is due at once.
  init(count: Int = 0) { self.count = count }

  /// Whether one is to begin now; never while one is under way.
  func isDue(at now: Intake.Instant) -> Bool {
    if isUnderWay { return false }
    return isUrgent || time.map { $0 <= now } == true
  }

  /// Events were lost. Reading a full folder over and over would keep the lanes from the work that ends the overflow.
  mutating func overflow(at now: Intake.Instant, rescan: Duration) {
    if let lastOverflow, now - lastOverflow > .seconds(60) { overflowsInARow = 0 }
    lastOverflow = now
    overflowsInARow += 1
    let pause: Duration =
      overflowsInARow == 1 ? .zero : min(.seconds(1 << min(overflowsInARow - 1, 6)), .seconds(10), rescan)
    time = min(time ?? now + pause, now + pause)
  }

  /// The next one comes at this time at the latest.
  mutating func shorten(to latest: Intake.Instant) { time = time.map { min($0, latest) } }

  /// A reading begins: what asks for one from now on asks for another.
  mutating func begin() {
    isUnderWay = true
    isUrgent = false
    hasDroppedNames = false
    time = nil
  }

  /// A reading has ended; the next one comes after `rescan`, unless something asked for one meanwhile.
  mutating func end(at now: Intake.Instant, rescan: Duration) {
    isUnderWay = false
    count += 1
    time = min(time ?? now + rescan, now + rescan)
  }

  /// A reading failed, or could not begin.
  mutating func postpone(until time: Intake.Instant) {
    isUnderWay = false
    isUrgent = false
    hasDroppedNames = false
    self.time = time
  }
}
