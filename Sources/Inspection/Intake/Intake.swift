public import Linux

/// Decides which file is ready, which waits, and when the folder must be read again: events, observations and the time
/// go in, requests and reports come out. It touches no file and no clock.
///
/// Per name: noticed (an event, or a reading of the folder) -> observed (its status now) -> ready, or waiting for a
/// close or a time -> requested -> finished, and then known, gone, or waiting again.
public struct Intake: Sendable {
  /// The instant of all decisions, as the caller's clock gives it.
  public typealias Instant = ContinuousClock.Instant

  /// The rules; may be changed at any time.
  public var rules: IntakeRules
  /// Reports since they were last taken.
  public private(set) var reports: [IntakeReport] = []
  /// Names that were not ours, counted for the summary.
  public private(set) var ignoredCount = 0
  /// Overflows of the kernel's queue.
  public private(set) var overflowCount = 0

  private(set) var candidates: [FileName: Candidate] = [:]
  private var known: [FileName: FileStatus] = [:]
  private var abandonTimes: [FileName: Instant] = [:]
  private var noticed: [FileName] = []
  private var ready: [FileName] = []
  private var readyStart = 0
  private(set) var deadlines = DeadlineHeap()
  private var scanTime: Instant?
  private var isScanUrgent = false
  private var overflowsInARow = 0
  private var lastOverflow: Instant?
  private var droppedNames = false

  /// An intake that has seen nothing; the first scan is due at once.
  public init(rules: IntakeRules = IntakeRules()) {
    self.rules = rules
    isScanUrgent = true
  }

  /// Files that wait for a lane or are with one.
  public var pendingCount: Int { candidates.count }

  /// Files in the line for the lanes.
  public var readyCount: Int { ready.count - readyStart }

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
    let isFolder = event.kinds.contains(.isFolder)
    guard rules.concern(name, isFolder: isFolder) else {
      ignoredCount += 1
      return
    }
    let kinds = event.kinds
    if kinds.isDisjoint(with: [.created, .movedIn, .closedAfterWriting, .modified, .movedOut, .deleted]) { return }
    if kinds.isDisjoint(with: [.created, .movedIn, .closedAfterWriting, .modified]), candidates[name] == nil {
      // Gone, and nothing was planned: only forget it. An exchange sends MOVED_TO before MOVED_FROM, so look first.
      if known[name] != nil { add(name, at: now) }
      return
    }
    guard add(name, at: now) else { return }
    candidates[name]!.update(kinds)
    lookSoon(name)
  }

  private mutating func noticeOverflow(at now: Instant) {
    overflowCount += 1
    if let lastOverflow, now - lastOverflow > .seconds(60) { overflowsInARow = 0 }
    lastOverflow = now
    overflowsInARow += 1
    reports.append(.overflow(count: overflowCount))
    // What was lost may have been a close: nothing waits for one any more.
    for name in candidates.keys {
      candidates[name]!.isBeingWritten = false
      candidates[name]!.isClosed = false
    }
    // Reading a full folder over and over would keep the lanes from the work that ends the overflow.
    let longestPause = Duration.seconds(10)
    let pause: Duration =
      overflowsInARow == 1 ? .zero : min(.seconds(1 << min(overflowsInARow - 1, 6)), longestPause, rules.rescan)
    scanTime = min(scanTime ?? now + pause, now + pause)
  }

  /// Makes a name a candidate; false when there are too many, and a later reading of the folder must find it.
  @discardableResult
  private mutating func add(_ name: FileName, at now: Instant, age: Duration = .zero) -> Bool {
    if candidates[name] != nil { return true }
    guard candidates.count < rules.maximumPending else {
      droppedNames = true
      return false
    }
    candidates[name] = Candidate(unchangedSince: now - age, settledSince: now, noticed: now)
    noticed.append(name)
    return true
  }

  private mutating func noticeAbandoned(_ name: FileName, at now: Instant) {
    abandonTimes[name] = nil
    guard known[name] != nil, candidates[name] == nil, add(name, at: now) else { return }
    candidates[name]!.isAbandoned = true
  }

  private mutating func lookSoon(_ name: FileName) {
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
  private mutating func plan(_ name: FileName, at time: Instant) {
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
    candidate.isAbandoned = candidate.isAbandoned && known[name] == status
    guard let status, known[name] != status || candidate.isAbandoned else {
      if status == nil { known[name] = nil }
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
    if candidate.status?.kind != .regular || candidate.isAbandoned { return enqueue(name, .settled) }
    if candidate.isBeingWritten {
      reportSlowWriter(name, at: now)
      // Without a close, only a long rest counts, and only when nobody can be writing.
      let rested = now - candidate.settledSince
      if rested >= rules.abandon { return enqueue(name, .settled) }
      if rested >= rules.grace, !candidate.mustSettle { return enqueue(name, .stalled) }
      return wait(name, until: candidate.settledSince + (candidate.mustSettle ? rules.abandon : rules.grace), at: now)
    }
    if candidate.isClosed && !candidate.mustSettle { return enqueue(name, .closed) }
    if now - candidate.settledSince >= rules.settle { return enqueue(name, .settled) }
    reportSlowWriter(name, at: now)
    wait(name, until: candidate.settledSince + rules.settle, at: now)
  }

  private mutating func reportSlowWriter(_ name: FileName, at now: Instant) {
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

  // MARK: Requests

  /// The next file for a lane; nil when none is ready. `giveBack` undoes it.
  public mutating func nextRequest(at now: Instant) -> InspectionRequest? {
    while readyStart < ready.count {
      let name = ready[readyStart]
      readyStart += 1
      if readyStart > 1024 && readyStart * 2 > ready.count {
        ready.removeFirst(readyStart)
        readyStart = 0
      }
      guard var candidate = candidates[name], candidate.phase == .ready, let status = candidate.status else {
        continue
      }
      candidate.phase = .requested
      candidate.isTouched = false
      candidate.attempts += 1
      candidates[name] = candidate
      return InspectionRequest(
        name: name, status: status, readiness: candidate.readiness,
        isFinal: now - candidate.unchangedSince >= rules.grace,
        isFinished: candidate.isClosed || candidate.isAbandoned, isAbandoned: candidate.isAbandoned,
        attempt: candidate.attempts, noticed: candidate.noticed)
    }
    return nil
  }

  /// Takes back a request that found no room; it is the next one again.
  public mutating func giveBack(_ request: InspectionRequest) {
    guard candidates[request.name]?.phase == .requested else { return }
    candidates[request.name]!.phase = .ready
    candidates[request.name]!.attempts -= 1
    if readyStart > 0 {
      readyStart -= 1
      ready[readyStart] = request.name
    } else {
      ready.insert(request.name, at: 0)
    }
  }

  /// Takes in what became of a request.
  public mutating func finish(_ name: FileName, _ finding: InspectionFinding, at now: Instant) {
    guard let candidate = candidates[name], candidate.phase == .requested else { return }
    let wasTouched = candidate.isTouched
    candidates[name]!.isTouched = false
    switch finding {
    case .recorded(let status):
      known[name] = status
      if wasTouched { again(name) } else { candidates[name] = nil }
    case .unfinished(let status):
      known[name] = status
      let time = candidate.unchangedSince + rules.abandon
      if wasTouched {
        again(name)
      } else {
        candidates[name] = nil
        abandonTimes[name] = time
        deadlines.insert(DeadlineHeap.Entry(time: time, name: name))
      }
    case .gone:
      known[name] = nil
      if wasTouched { again(name) } else { candidates[name] = nil }
    case .changed:
      candidates[name]!.mustSettle = !wasTouched
      candidates[name]!.changes += 1
      // A file that changes without ever looking different from here is not asked for without end.
      if wasTouched || candidate.changes == 0 {
        again(name)
      } else {
        retry(name, candidate.changes, first: rules.settle, longest: max(rules.settle, .seconds(5)), at: now)
      }
    case .busy:
      if wasTouched {
        again(name)
      } else {
        retry(name, candidate.attempts, first: .milliseconds(200), longest: .seconds(5), at: now)
      }
    case .unknownWriters:
      candidates[name]!.mustSettle = true
      // It was no attempt at the content.
      candidates[name]!.attempts -= 1
      again(name)
    case .incomplete:
      if wasTouched {
        again(name)
      } else {
        retry(name, candidate.attempts, first: .milliseconds(250), longest: rules.grace, at: now)
      }
    case .failing:
      candidates[name]!.failures += 1
      if wasTouched {
        again(name)
      } else {
        retry(name, candidate.failures + 1, first: .seconds(60), longest: .seconds(3600), at: now)
      }
    }
  }

  private mutating func again(_ name: FileName) {
    candidates[name]!.phase = .noticed
    noticed.append(name)
  }

  /// Waits longer each time, but not past the moment at which a failure becomes final.
  ///
  /// - Parameter count: 1 for the first time.
  private mutating func retry(_ name: FileName, _ count: Int, first: Duration, longest: Duration, at now: Instant) {
    var pause = min(first * (1 << min(max(count - 1, 0), 12)), longest)
    let final = candidates[name]!.unchangedSince + rules.grace
    if final > now { pause = min(pause, final - now) }
    plan(name, at: now + pause)
  }

  // MARK: Reading the folder

  /// When something has to be done without an event; nil when nothing is planned.
  public func nextDeadline(at now: Instant) -> Instant? {
    if !noticed.isEmpty || isScanUrgent { return now }
    return [deadlines.first?.time, scanTime].compactMap(\.self).min()
  }

  /// Whether the folder is to be read in full now.
  public func isScanDue(at now: Instant) -> Bool {
    if isScanUrgent { return true }
    if let scanTime, scanTime <= now { return true }
    return droppedNames && candidates.count < rules.maximumPending / 2
  }

  /// Asks for a reading of the folder as soon as may be, such as after it was lost and found.
  public mutating func requestScan() { isScanUrgent = true }

  /// Puts the reading of the folder off, when it failed.
  public mutating func postponeScan(until time: Instant) {
    isScanUrgent = false
    droppedNames = false
    scanTime = time
  }

  /// Takes in all that is in the folder.
  ///
  /// - Parameter entries: every name with its status; a name whose status could not be had is left out.
  public mutating func scan(
    _ entries: [(name: FileName, status: FileStatus)], now: Instant, age: (FileStatus) -> Duration
  ) {
    isScanUrgent = false
    droppedNames = false
    scanTime = now + rules.rescan
    var remembered: [FileName: FileStatus] = [:]
    for (name, status) in entries {
      let isFolder = status.kind == .directory
      guard rules.concern(name, isFolder: isFolder) else { continue }
      if let seen = known[name] {
        remembered[name] = seen
        if seen == status || (isFolder && seen.inode == status.inode && seen.device == status.device) { continue }
      }
      if candidates[name] == nil { add(name, at: now, age: age(status)) } else { lookAfterScan(name, status) }
    }
    known = remembered
    abandonTimes = abandonTimes.filter { remembered[$0.key] != nil }
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
    known = [:]
    abandonTimes = [:]
    noticed = []
    ready = []
    readyStart = 0
    deadlines = DeadlineHeap()
    isScanUrgent = true
  }
}
