internal import Linux
private import SystemPackage

/// The watch thread: waits for events, signals and time, and hands out what is ready. It opens, decodes and scores
/// nothing, and never waits for a lane, the disk's flush or the journal.
final class Watcher {
  private let daemon: Daemon
  private let pipeline: Pipeline
  private let signals: SignalReceiver?
  private let inotify: Inotify
  private var incoming: Directory?
  private var watch: Int32?
  private(set) var intake: Intake
  private var housekeeping: Housekeeping
  private var nextTick = ContinuousClock.now
  /// Names whose status could not be had the last time, told already.
  private var unexamined: Set<FileName> = []

  /// A watcher of the folder.
  ///
  /// - Throws: `InspectionError` when the folder cannot be watched.
  init(
    _ daemon: Daemon, _ pipeline: Pipeline, incoming: Directory, signals: SignalReceiver?
  ) throws(InspectionError) {
    self.daemon = daemon
    self.pipeline = pipeline
    self.signals = signals
    self.incoming = incoming
    intake = Intake(rules: IntakeRules(daemon.settings))
    housekeeping = Housekeeping(daemon, pipeline)
    inotify = try onSystem { () throws(LinuxError) in try Inotify() }
    let isHidden = try onSystem { () throws(LinuxError) in try FileSystem(of: incoming).hidesRemoteChanges }
    housekeeping.isPolling = daemon.settings.watch == .poll || (daemon.settings.watch == .auto && isHidden)
    if housekeeping.isPolling { intake.rules.rescan = min(intake.rules.rescan, .seconds(2)) }
    try startWatch(incoming)
  }

  /// Works until the daemon is stopped.
  func run() {
    housekeeping.announceReady(watchedPath: daemon.folders.incomingPath)
    while !daemon.isStopping.value {
      do throws(LinuxError) {
        try turn()
      } catch {
        // Waiting or reading events failed: nothing is lost as long as the folder is read again.
        pipeline.sink.post(.failed, "\(error); the watched folder is read in full instead")
        intake.requestScan()
        nextTick = .now + .seconds(1)
        _ = try? waitForInput([daemon.wake], timeout: .seconds(1))
      }
    }
  }

  private func turn() throws(LinuxError) {
    let now = ContinuousClock.now
    // With files in line the kernel keeps the events: what waits, waits on the disk, not in memory.
    let isListening = intake.readyCount == 0 && watch != nil
    var sources: [any InputSource] = [daemon.wake]
    if let signals { sources.append(signals) }
    if isListening { sources.append(inotify) }
    let deadline = min(nextTick, intakeDeadline(now))
    let hasInput = try waitForInput(sources, timeout: deadline - now)
    if hasInput[0] { daemon.wake.lower() }
    if let signals { answer(signals.read()) }
    let time = ContinuousClock.now
    for feedback in pipeline.mailbox.take() { intake.finish(feedback.name, feedback.finding, at: time) }
    if isListening && hasInput[hasInput.count - 1] { try readEvents(at: time) }
    if ContinuousClock.now >= nextTick { tick() }
    look()
    handOut()
  }

  private func intakeDeadline(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    guard incoming != nil else { return nextTick }
    return intake.nextDeadline(at: now) ?? nextTick
  }

  // MARK: Events

  private func startWatch(_ folder: Directory) throws(InspectionError) {
    guard !housekeeping.isPolling else { return }
    watch = try onSystem { () throws(LinuxError) in
      try inotify.watch(
        folder,
        for: [
          .created, .closedAfterWriting, .movedIn, .movedOut, .modified, .deleted, .folderDeleted, .folderMoved,
        ])
    }
  }

  private func readEvents(at now: ContinuousClock.Instant) throws(LinuxError) {
    for event in try inotify.read() {
      if event.kinds.contains(.overflow) || event.watch == watch {
        intake.notice(event, at: now)
        if event.watch == watch, !event.kinds.isDisjoint(with: [.folderDeleted, .folderMoved, .watchEnded]) {
          nextTick = now
        }
      }
    }
  }

  private func answer(_ signals: [Signal]) {
    for signal in signals {
      switch signal {
      case .hangUp: housekeeping.reload()
      case .interrupt, .terminate: daemon.isStopping.change { $0 = true }
      }
    }
  }

  // MARK: Looking and handing out

  /// Reads the folder where that is due, and looks at the names that want it.
  func look() {
    let now = ContinuousClock.now
    if incoming != nil, intake.isScanDue(at: now) { scan() }
    // The reading may have found another folder at the path: what follows is about that one.
    guard let incoming else { return }
    for name in intake.namesToObserve(at: now) {
      do throws(LinuxError) {
        let status = try incoming.status(of: name)
        intake.observe(name, status, age: status.map(Self.age) ?? .zero, at: ContinuousClock.now)
      } catch {
        intake.postpone(name, at: now)
      }
    }
    for report in intake.takeReports() { housekeeping.announce(report) }
  }

  private func scan() {
    checkPlace()
    guard let incoming else { return }
    do throws(LinuxError) {
      let reading = FolderReading(try incoming.entries(), rules: intake.rules) { name throws(LinuxError) in
        try incoming.status(of: name)
      }
      intake.scan(reading.entries, now: .now, age: Self.age)
      tell(reading.failures)
    } catch {
      pipeline.sink.post(.failed, "\(error); the watched folder is read again in a moment")
      intake.postponeScan(until: .now + .seconds(5))
    }
  }

  /// Tells of names that cannot be examined, each once as long as that lasts.
  private func tell(_ failures: [FolderReading.Failure]) {
    let isNew = failures.contains { !unexamined.contains($0.name) }
    unexamined = Set(failures.map(\.name))
    guard isNew, let first = failures.first else { return }
    pipeline.sink.post(
      .failed,
      "\(first.error); \(failures.count) names of the watched folder cannot be examined and are left out until they can"
    )
  }

  /// Time since a file's last change, by the system's clock; none where its times are beyond counting.
  static func age(_ status: FileStatus) -> Duration {
    let (age, isOverflow) = WallTime.now.nanoseconds
      .subtractingReportingOverflow(max(status.changed, status.modified))
    return isOverflow ? .zero : .nanoseconds(max(0, age))
  }

  private func handOut() {
    guard let incoming, !housekeeping.isPaused else { return }
    while let request = intake.nextRequest(at: .now) {
      guard pipeline.jobs.push(LaneJob(request: request, incoming: incoming)) == .added else {
        return intake.giveBack(request)
      }
    }
  }

  // MARK: Every second

  private func tick() {
    nextTick = .now + .seconds(1)
    if let rules = housekeeping.takeNewRules() {
      intake.rules = rules
      if housekeeping.isPolling { intake.rules.rescan = min(intake.rules.rescan, .seconds(2)) }
    }
    if incoming == nil { findFolder() } else { checkPlace() }
    housekeeping.tick(pendingCount: intake.pendingCount, isWatching: incoming != nil, incoming: incoming)
  }

  /// Notices that the path leads to another folder by now, or to none.
  private func checkPlace() {
    guard let folder = incoming, !folder.isInPlace else { return }
    incoming = nil
    if let watch { inotify.remove(watch: watch) }
    watch = nil
    intake.forgetAll()
    pipeline.sink.post(
      .folderLost,
      "the watched folder '\(escaped(folder.path))' is gone or was replaced; nothing is inspected until it is back")
    findFolder()
  }

  private func findFolder() {
    guard let folder = try? daemon.folders.openIncoming(), folder.isInPlace else { return }
    do {
      try startWatch(folder)
    } catch {
      return
    }
    incoming = folder
    intake.requestScan()
    pipeline.sink.post(.folderBack, "the watched folder '\(escaped(folder.path))' is back; it is read in full")
  }
}
