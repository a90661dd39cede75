internal import Linux
internal import SystemPackage

/// What the watch thread does beside the files: model, reload, room on the disk, backlog, status, watchdog, summary.
struct Housekeeping {
  /// Whether the folder is looked at instead of watched.
  var isPolling = false

  private let daemon: Daemon
  private let pipeline: Pipeline
  private let reloader: Reloader
  private let watchdogInterval: Duration?
  private var isDiskLow = false
  private var hasAnnouncedNoModel = false
  private var isBacklogHigh = false
  private var lastWatchdog: ContinuousClock.Instant?
  private var lastSummary = ContinuousClock.now
  private var summarized: [Verdict: Int] = [:]

  /// The first state.
  init(_ daemon: Daemon, _ pipeline: Pipeline) {
    self.daemon = daemon
    self.pipeline = pipeline
    reloader = Reloader(daemon, pipeline)
    watchdogInterval = ServiceManager.watchdogInterval
  }

  /// Whether nothing may be handed out for now.
  var isPaused: Bool { isDiskLow || pipeline.isBlocked.value || pipeline.model.value.judge == nil }

  /// Tells that the daemon is ready.
  mutating func announceReady(watchedPath: FilePath) {
    let model = pipeline.model.value.judge
    let mounts = MountCheck.describe(daemon.folders)
    var text = "ganomalyd \(daemon.environment.versions) is ready: watching '\(escaped(watchedPath))' by "
    text += isPolling ? "looking every 2 s" : "inotify"
    text += ", \(daemon.settings.laneCount) lanes, \(mounts)"
    if daemon.settings.onAnomaly == .leave { text += "; shadow mode: anomalies stay where they are" }
    if pipeline.recoveredCount > 0 { text += "; \(pipeline.recoveredCount) interrupted moves were settled" }
    if let model {
      pipeline.sink.post(
        .modelLoaded, "model '\(escaped(daemon.settings.resolvedModelPath))': \(model.identity.summary)",
        fields: Self.fields(model))
    }
    pipeline.sink.post(.ready, text, fields: model.map(Self.fields) ?? [])
    announceMissingModel()
    pipeline.publisher.publish(snapshot(pendingCount: 0, isWatching: true))
    // READY with the first scan begun, not ended: a full folder would run into the service manager's time-out.
    ServiceManager.notify("READY=1", "STATUS=\(pipeline.publisher.text(snapshot(pendingCount: 0, isWatching: true)))")
  }

  /// Starts reading settings and model again.
  func reload() {
    reloader.start(includingSettings: true)
  }

  /// Rules of new settings, once.
  func takeNewRules() -> IntakeRules? { reloader.takeNewRules() }

  /// Tells something about the intake.
  func announce(_ report: IntakeReport) {
    switch report {
    case .slowWriter(let name):
      pipeline.sink.post(
        .backlog, "'\(name)' has been written for more than a minute; it is inspected when its writer closes it",
        fields: [JournalField("GANOMALY_FILE", daemon.folders.incomingPath.bytes + [UInt8(ascii: "/")] + name.bytes)])
    case .overflow(let count):
      pipeline.sink.post(
        .overflow,
        "the kernel's event queue overflowed (\(count) times so far); the watched folder is read in full, no file is "
          + "lost; raise fs.inotify.max_queued_events if this repeats")
    }
  }

  /// What is due every second.
  mutating func tick(pendingCount: Int, isWatching: Bool, incoming: Directory?) {
    reloader.lookForModel()
    announceMissingModel()
    checkRoom(incoming)
    checkBacklog(pendingCount)
    summarize(pendingCount)
    pipeline.publisher.publish(snapshot(pendingCount: pendingCount, isWatching: isWatching))
    feedWatchdog()
  }

  private mutating func announceMissingModel() {
    guard pipeline.model.value.judge == nil else {
      hasAnnouncedNoModel = false
      return
    }
    if hasAnnouncedNoModel { return }
    hasAnnouncedNoModel = true
    pipeline.sink.post(
      .noModel,
      "no model at '\(escaped(daemon.settings.resolvedModelPath))': images wait; run 'ganomaly install MODEL'")
  }

  private mutating func checkRoom(_ incoming: Directory?) {
    let floor = UInt64(pipeline.settings.value.minimumFreeBytes)
    var lowest: (free: UInt64, path: String)?
    for folder in [incoming, daemon.folders.quarantine, daemon.state].compactMap(\.self) {
      guard let free = try? FileSystem(of: folder).freeBytes else { continue }
      if lowest == nil || free < lowest!.free { lowest = (free, escaped(folder.path)) }
    }
    guard let lowest else { return }
    let isLow = lowest.free < floor
    if isLow == isDiskLow { return }
    isDiskLow = isLow
    pipeline.sink.post(
      .diskFloor, priority: isLow ? 2 : 5,
      isLow
        ? "intake is paused: \(lowest.free) bytes are free at '\(lowest.path)', expected at least \(floor) "
          + "(minimum_free_bytes); it goes on by itself when there is room"
        : "intake goes on: there is room again")
  }

  private mutating func checkBacklog(_ count: Int) {
    let settings = pipeline.settings.value
    let isHigh = isBacklogHigh ? count > settings.backlogLow : count >= settings.backlogHigh
    if isHigh == isBacklogHigh { return }
    isBacklogHigh = isHigh
    pipeline.sink.post(
      .backlog, priority: isHigh ? 4 : 5,
      isHigh ? "\(count) files wait for inspection: more arrive than are inspected" : "the backlog is gone",
      fields: [JournalField("GANOMALY_QUEUE_DEPTH", "\(count)")])
  }

  private mutating func summarize(_ pendingCount: Int) {
    guard .now - lastSummary >= .seconds(600) else { return }
    lastSummary = .now
    let counters = pipeline.metrics.values.verdicts
    if counters == summarized { return }
    var new: [String] = []
    for verdict in Verdict.allCases {
      let count = counters[verdict, default: 0] - summarized[verdict, default: 0]
      new.append("\(count) \(verdict.rawValue)")
    }
    summarized = counters
    pipeline.sink.post(
      .summary, "in the last ten minutes: " + new.joined(separator: ", "),
      fields: [JournalField("GANOMALY_QUEUE_DEPTH", "\(pendingCount)")])
  }

  // MARK: Status and watchdog

  /// What the watch thread knows now.
  private func snapshot(pendingCount: Int, isWatching: Bool) -> WatchSnapshot {
    var snapshot = WatchSnapshot(pendingCount: pendingCount, isWatching: isWatching, isPolling: isPolling)
    if pipeline.model.value.judge == nil { snapshot.pauses.insert(.noModel) }
    if isDiskLow { snapshot.pauses.insert(.diskFloor) }
    if pipeline.isBlocked.value { snapshot.pauses.insert(.ledger) }
    return snapshot
  }

  /// Only when every thread that files pass through has moved on lately; the writer of records does not count.
  private mutating func feedWatchdog() {
    guard let watchdogInterval else { return }
    let now = ContinuousClock.now
    if let lastWatchdog, now - lastWatchdog < watchdogInterval / 4 { return }
    guard pipeline.heartbeats.allSatisfy({ $0.silence(at: now) < .seconds(10) }) else { return }
    lastWatchdog = now
    ServiceManager.notify("WATCHDOG=1")
  }

  static func fields(_ judge: PictureJudge) -> [JournalField] {
    [
      JournalField("GANOMALY_MODEL_SHA256", judge.identity.modelDigest),
      JournalField("GANOMALY_CALIBRATION_ID", judge.identity.calibration),
      JournalField("GANOMALY_THRESHOLD", RecordEntry.nineDigits(judge.identity.threshold)),
    ]
  }
}
