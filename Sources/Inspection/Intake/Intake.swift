public import Linux

/// Decides which file is ready, which waits, and when the folder must be read again: events, observations and the time
/// go in, requests and reports come out. It touches no file and no clock.
///
/// Per name: noticed (an event, or a reading of the folder) -> observed (its status now) -> ready, or waiting for a
/// close or a time -> requested -> finished, and then known, gone, or waiting again.
public struct Intake: Sendable {
  /// The instant of all decisions, as the caller's clock gives it.
  public typealias Instant = ContinuousClock.Instant

  /// The rules; `apply` changes them at any time.
  public private(set) var rules: IntakeRules
  /// Reports since they were last taken.
  public private(set) var reports: [IntakeReport] = []
  /// Names that were passed over, each once as long as it lies in the folder.
  public internal(set) var ignoredCount = 0
  /// Overflows of the kernel's queue.
  public private(set) var overflowCount = 0
  /// Readings of the folder that have ended.
  public var readingCount: Int { readings.count }

  // What follows is the business of this type and its extensions alone.
  var candidates: [FileName: Candidate] = [:]
  var known = KnownFiles()
  /// Names that were passed over and counted; of more than these the rest is not counted.
  var foreign = KnownFiles(maximumCount: 262_144)
  var abandonTimes: [FileName: Instant] = [:]
  var noticed: [FileName] = []
  var ready = ReadyLine()
  var deadlines = DeadlineHeap()
  var readings = ReadingSchedule()

  /// An intake that has seen nothing; the first reading of the folder is due at once.
  public init(rules: IntakeRules = IntakeRules()) { self.rules = rules }

  /// Takes other rules from now on; a reading of the folder that would come later than they say comes earlier.
  public mutating func apply(_ rules: IntakeRules, at now: Instant) {
    self.rules = rules
    readings.shorten(to: now + rules.rescan)
  }

  /// Files that wait for a lane or are with one.
  public var pendingCount: Int { candidates.count }

  /// Files in the line for the lanes.
  public var readyCount: Int { ready.count }

  /// When the file that has waited longest was noticed; nil where none waits. It looks at every one of them.
  public var oldestNoticed: Instant? { candidates.values.map(\.noticed).min() }

  /// Takes the reports out.
  public mutating func takeReports() -> [IntakeReport] {
    defer { reports = [] }
    return reports
  }

  // MARK: Events

  /// Takes in one event of the watched folder.
  public mutating func notice(_ event: InotifyEvent, at now: Instant) {
    if event.kinds.contains(.overflow) { return noticeOverflow(at: now) }
    guard let name = event.name else { return }
    let kinds = event.kinds
    let isFolder = kinds.contains(.isFolder)
    guard rules.concern(name, isFolder: isFolder) else {
      if !kinds.isDisjoint(with: [.created, .movedIn, .closedAfterWriting, .modified]) { passOver(name) }
      return
    }
    if kinds.isDisjoint(with: [.created, .movedIn, .closedAfterWriting, .modified, .movedOut, .deleted]) { return }
    if kinds.isDisjoint(with: [.created, .movedIn, .closedAfterWriting, .modified]), candidates[name] == nil {
      // Gone, and nothing was planned: only forget it. An exchange sends MOVED_TO before MOVED_FROM, so look first.
      if known.contains(name) { add(name, at: now) }
      return
    }
    guard add(name, at: now) else { return }
    candidates[name]!.update(kinds)
    lookSoon(name)
  }

  private mutating func noticeOverflow(at now: Instant) {
    overflowCount += 1
    reports.append(.overflow(count: overflowCount))
    // What was lost may have been a close: nothing waits for one any more.
    for name in candidates.keys {
      candidates[name]!.isBeingWritten = false
      candidates[name]!.isClosed = false
    }
    readings.overflow(at: now, rescan: rules.rescan)
  }

  /// Makes a name a candidate; false when there are too many, and a later reading of the folder must find it.
  @discardableResult
  mutating func add(_ name: FileName, at now: Instant, age: Duration = .zero) -> Bool {
    if candidates[name] != nil { return true }
    guard candidates.count < rules.maximumPending else {
      readings.hasDroppedNames = true
      return false
    }
    candidates[name] = Candidate(unchangedSince: now - age, settledSince: now, noticed: now)
    noticed.append(name)
    return true
  }

  private mutating func noticeAbandoned(_ name: FileName, at now: Instant) {
    guard known.contains(name) else { return abandonTimes[name] = nil }
    switch candidates[name]?.phase {
    case nil where !add(name, at: now):
      // No room for it now; nothing else would ask for it again.
      let time = now + .seconds(60)
      abandonTimes[name] = time
      deadlines.insert(DeadlineHeap.Entry(time: time, name: name))
      return
    case nil, .noticed, .waiting:
      // Looked at before anything is decided, and forgotten there where it is another file by now.
      candidates[name]!.isAbandoned = true
    case .ready, .requested:
      // It is another file than the one that is known, or its lane tells when it is due.
      break
    }
    abandonTimes[name] = nil
  }

  /// Lets a candidate be looked at in the next turn, or as soon as the lane that has it is done.
  mutating func lookSoon(_ name: FileName) {
    switch candidates[name]!.phase {
    case .noticed: break
    case .requested: candidates[name]!.isTouched = true
    case .waiting, .ready:
      candidates[name]!.phase = .noticed
      noticed.append(name)
    }
  }

  // MARK: Looking

  /// Names whose status the caller shall tell now, by `observe`; each once.
  ///
  /// - Parameter maximumCount: most that are given; the rest come the next time.
  public mutating func namesToObserve(at now: Instant, atMost maximumCount: Int = 4096) -> [FileName] {
    while let first = deadlines.first, first.time <= now {
      deadlines.removeFirst()
      if candidates[first.name]?.queuedTime == first.time { wake(first.name, at: now) }
      if abandonTimes[first.name] == first.time { noticeAbandoned(first.name, at: now) }
    }
    var seen: Set<FileName> = []
    let taken = noticed.prefix(maximumCount)
    noticed.removeFirst(taken.count)
    return taken.filter { candidates[$0]?.phase == .noticed && seen.insert($0).inserted }
  }

  private mutating func wake(_ name: FileName, at now: Instant) {
    candidates[name]!.queuedTime = nil
    guard case .waiting(let time) = candidates[name]!.phase else { return }
    if time <= now { lookSoon(name) } else { plan(name, at: time) }
  }

  /// Lets a name wait. An entry that comes earlier is in the line already for a file that is written and written.
  mutating func plan(_ name: FileName, at time: Instant) {
    candidates[name]!.phase = .waiting(until: time)
    if let queued = candidates[name]!.queuedTime, queued <= time { return }
    candidates[name]!.queuedTime = time
    deadlines.insert(DeadlineHeap.Entry(time: time, name: name))
  }

  /// Takes in a name's status.
  ///
  /// - Parameters:
  ///   - status: nil when there is no such name.
  ///   - age: time since its last change by the system's clock, not below zero; used when it is seen the first time.
  public mutating func observe(_ name: FileName, _ status: FileStatus?, age: Duration, at now: Instant) {
    guard var candidate = candidates[name], candidate.phase == .noticed else { return }
    guard let status else {
      known.forget(name)
      candidates[name] = nil
      return
    }
    let isKnown = known.contains(name, status)
    candidate.isAbandoned = candidate.isAbandoned && isKnown
    if isKnown && !candidate.isAbandoned {
      candidates[name] = nil
      return
    }
    if candidate.status != status {
      let isFirst = candidate.status == nil
      candidate.unchangedSince = isFirst && !candidate.isBeingWritten ? now - age : now
      candidate.attempts = 0
      candidate.failures = 0
      candidate.changes = 0
      candidate.status = status
      candidate.settledSince = now
    }
    candidates[name] = candidate
    decide(name, at: now)
  }

  /// A name whose status could not be had is looked at again later.
  public mutating func postpone(_ name: FileName, at now: Instant) {
    guard candidates[name]?.phase == .noticed else { return }
    wait(name, until: now + .seconds(1), at: now)
  }

  private mutating func decide(_ name: FileName, at now: Instant) {
    let candidate = candidates[name]!
    guard let status = candidate.status, status.kind == .regular, !candidate.isAbandoned else {
      return enqueue(name, .settled)
    }
    let tick = rules.tick(of: status)
    let rested = now - candidate.settledSince
    if candidate.isBeingWritten {
      reportSlowWriter(name, at: now)
      // Without a close, only a long rest counts, and only when nobody can be writing.
      if rested >= max(rules.abandon, tick) { return enqueue(name, .settled) }
      if rested >= max(rules.grace, tick), !candidate.mustSettle { return enqueue(name, .stalled) }
      let rest = max(candidate.mustSettle ? rules.abandon : rules.grace, tick)
      return wait(name, until: candidate.settledSince + rest, at: now)
    }
    let isClosed = candidate.isClosed && !candidate.mustSettle
    let rest = isClosed ? tick : max(rules.settle, tick)
    if rested >= rest { return enqueue(name, isClosed ? .closed : .settled) }
    if !isClosed { reportSlowWriter(name, at: now) }
    wait(name, until: candidate.settledSince + rest, at: now)
  }

  /// Tells once of a file whose writer takes long.
  mutating func reportSlowWriter(_ name: FileName, at now: Instant) {
    guard !candidates[name]!.isReported, now - candidates[name]!.noticed >= rules.slowWriter else { return }
    candidates[name]!.isReported = true
    reports.append(.slowWriter(name))
  }

  private mutating func wait(_ name: FileName, until time: Instant, at now: Instant) {
    var time = max(time, now + .milliseconds(1))
    // The report of a slow writer has its own time.
    if !candidates[name]!.isReported {
      time = min(time, max(candidates[name]!.noticed + rules.slowWriter, now + .seconds(1)))
    }
    plan(name, at: time)
  }

  private mutating func enqueue(_ name: FileName, _ readiness: Readiness) {
    candidates[name]!.phase = .ready
    candidates[name]!.readiness = readiness
    ready.append(name)
  }
}
