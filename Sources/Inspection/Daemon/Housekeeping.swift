internal import Linux
internal import SystemPackage

/// What the watch thread does beside the files: model, reload, room on the disk, backlog, status, watchdog, summary.
///
/// Nothing here happens by the clock alone unless it is due: `deadline` tells when.
struct Housekeeping {
  /// The watch thread's view of the folder.
  struct View {
    /// Names that wait.
    var pendingCount = 0
    /// Names that a lane could have at once.
    var readyCount = 0
    /// Whether the folder is there.
    var isWatching = true
    /// Names passed over, overflows and readings of the folder since the start.
    var ignoredCount = 0
    var overflowCount = 0
    var readingCount = 0
    /// When the oldest name was noticed; asked for only when it is told.
    var oldestNoticed: () -> ContinuousClock.Instant? = { nil }
  }

  /// How the folder is watched.
  var way = WatchWay(isPolling: false, reason: "")

  private let daemon: Daemon
  private let pipeline: Pipeline
  private let reloader: Reloader
  private var watchdog: Watchdog?
  private var room = RoomCheck()
  private var modelLook: ContinuousClock.Instant?
  private var hasAnnouncedNoModel = false
  private var isBacklogHigh = false
  private var summary = Summary(at: .now)
  private var published: WatchSnapshot?
  private var lastPublished: ContinuousClock.Instant?
  /// The folder's place is to be compared: a mount over it sends no event.
  private var isPlaceLookWanted = false
  /// Something was counted that no snapshot shows.
  private var hasNews = false

  /// The first state.
  init(_ daemon: Daemon, _ pipeline: Pipeline) {
    self.daemon = daemon
    self.pipeline = pipeline
    reloader = Reloader(daemon, pipeline)
    watchdog = ServiceManager.watchdogInterval.map { Watchdog(interval: $0, at: .now) }
  }

  /// Whether nothing may be handed out for now.
  var isPaused: Bool { room.isLow || pipeline.isBlocked.value || pipeline.model.value.judge == nil }

  /// When something is due though nothing happens; nil when nothing is.
  var deadline: ContinuousClock.Instant? {
    // That there is room again is nobody's event.
    let pause = room.isLow ? room.nextLook : nil
    let publication = hasNews ? lastPublished.map { $0 + Self.publicationPause } ?? .now : nil
    return [watchdog?.deadline, pause, modelLook, summary.deadline, publication].compactMap(\.self).min()
  }

  private static let publicationPause = Duration.seconds(1)

  /// What the recovery came to, in words; empty where there was nothing to recover.
  static func recoveryNote(endedCount: Int, waitingCount: Int) -> String {
    (endedCount > 0 ? "; \(endedCount) interrupted moves were settled" : "")
      + (waitingCount > 0 ? "; \(waitingCount) moves still wait, and are tried again" : "")
  }

  /// Tells that the daemon is ready.
  mutating func announceReady(watchedPath: FilePath) {
    let model = pipeline.model.value.judge
    let mounts = MountCheck.describe(daemon.folders)
    var text = "ganomalyd \(daemon.environment.versions) is ready: watching '\(escaped(watchedPath))' by "
    text += "\(way.description), \(daemon.settings.laneCount) lanes, \(mounts)"
    if daemon.settings.onAnomaly == .leave { text += "; shadow mode: anomalies stay where they are" }
    text += Self.recoveryNote(endedCount: pipeline.recoveredCount, waitingCount: pipeline.waitingCount)
    if let model {
      pipeline.sink.post(
        .modelLoaded, "model '\(escaped(daemon.settings.resolvedModelPath))': \(model.identity.summary)",
        fields: Self.fields(model))
    }
    pipeline.sink.post(.ready, text, fields: model.map(Self.fields) ?? [])
    announceMissingModel()
    pipeline.publisher.publish(snapshot(View()))
    // READY with the first scan begun, not ended: a full folder would run into the service manager's time-out.
    ServiceManager.notify("READY=1", "STATUS=\(pipeline.publisher.text(snapshot(View())))")
  }

  /// Starts reading settings and model again.
  func reload() {
    reloader.start(includingSettings: true)
  }

  /// Whether the folder's place is to be compared now, once.
  mutating func takePlaceLook() -> Bool {
    defer { isPlaceLookWanted = false }
    return isPlaceLookWanted
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

  // MARK: In every turn

  /// Something came to an end: counts have changed.
  mutating func noteNews() {
    hasNews = true
    summary.isWanted = true
  }

  /// Does what is due now.
  mutating func work(_ view: View, incoming: Directory?, at now: ContinuousClock.Instant) {
    if let modelLook, modelLook <= now { lookForModel() }
    announceMissingModel()
    if room.isLow || view.readyCount > 0 { checkRoom(incoming, at: now) }
    checkBacklog(view, at: now)
    if let deadline = summary.deadline, deadline <= now { summarize(view, at: now) }
    answerWatchdog(view, at: now)
    publish(view, at: now)
  }

  /// Looks at the model file; again in a moment when somebody may still be writing it.
  ///
  /// - Parameter isComplete: whether its writer was seen to finish it.
  mutating func lookForModel(isComplete: Bool = false) {
    modelLook = reloader.lookForModel(isComplete: isComplete) ? .now + .seconds(1) : nil
  }

  private mutating func announceMissingModel() {
    guard pipeline.model.value.judge == nil else {
      hasAnnouncedNoModel = false
      return
    }
    if hasAnnouncedNoModel { return }
    hasAnnouncedNoModel = true
    // A service that ended instead would stay down when a good one is installed.
    if let refusal = daemon.modelRefusal {
      pipeline.sink.post(
        .modelRefused, priority: 2, "\(refusal); there is no other: images wait; run 'ganomaly install MODEL'")
      return
    }
    pipeline.sink.post(
      .noModel,
      "no model at '\(escaped(daemon.settings.resolvedModelPath))': images wait; run 'ganomaly install MODEL'")
  }

  /// Looks whether there is room for more, at most once a second.
  mutating func checkRoom(_ incoming: Directory?, at now: ContinuousClock.Instant) {
    guard room.nextLook <= now else { return }
    room.note(at: now)
    let floor = UInt64(clamping: pipeline.settings.value.minimumFreeBytes)
    var lowest: (free: UInt64, path: String)?
    let folders = RoomCheck.folders(
      daemon.folders, incoming: incoming, state: daemon.state, settings: pipeline.settings.value)
    for folder in folders {
      guard let free = try? FileSystem(of: folder).freeBytes else { continue }
      if free < lowest?.free ?? .max { lowest = (free, escaped(folder.path)) }
    }
    guard let lowest else { return }
    let isLow = lowest.free < floor
    if isLow == room.isLow { return }
    room.isLow = isLow
    pipeline.sink.post(
      .diskFloor, priority: isLow ? 2 : 5,
      isLow
        ? "intake is paused: \(lowest.free) bytes are free at '\(lowest.path)', expected at least \(floor) "
          + "(minimum_free_bytes); it goes on by itself when there is room"
        : "intake goes on: there is room again")
  }

  private mutating func checkBacklog(_ view: View, at now: ContinuousClock.Instant) {
    let settings = pipeline.settings.value
    let count = view.pendingCount
    let isHigh = isBacklogHigh ? count > settings.backlogLow : count >= settings.backlogHigh
    if isHigh == isBacklogHigh { return }
    isBacklogHigh = isHigh
    pipeline.sink.post(
      .backlog, priority: isHigh ? 4 : 5,
      isHigh ? "\(count) files wait for inspection: more arrive than are inspected" : "the backlog is gone",
      fields: Self.fields(view, at: now))
  }

  private mutating func summarize(_ view: View, at now: ContinuousClock.Instant) {
    guard let report = summary.next(pipeline.metrics.values.verdicts, at: now) else { return }
    pipeline.sink.post(.summary, report.text, fields: report.fields + Self.fields(view, at: now))
  }

  /// What waits, as fields.
  private static func fields(_ view: View, at now: ContinuousClock.Instant) -> [JournalField] {
    let age = view.oldestNoticed().map { max(now - $0, .zero) } ?? .zero
    return [
      JournalField("GANOMALY_QUEUE_DEPTH", "\(view.pendingCount)"),
      JournalField("GANOMALY_QUEUE_OLDEST_USEC", "\(microseconds(age))"),
    ]
  }

  // MARK: Status and watchdog

  /// What the watch thread knows now, without the age of the oldest file.
  private func snapshot(_ view: View) -> WatchSnapshot {
    var snapshot = WatchSnapshot(
      pendingCount: view.pendingCount, isWatching: view.isWatching, isPolling: way.isPolling,
      ignoredCount: view.ignoredCount, overflowCount: view.overflowCount, rescanCount: view.readingCount)
    if pipeline.model.value.judge == nil { snapshot.pauses.insert(.noModel) }
    if room.isLow { snapshot.pauses.insert(.diskFloor) }
    if pipeline.isBlocked.value { snapshot.pauses.insert(.ledger) }
    return snapshot
  }

  /// Tells what has changed, at most once a second.
  private mutating func publish(_ view: View, at now: ContinuousClock.Instant, isWanted: Bool = false) {
    var snapshot = snapshot(view)
    if snapshot != published { hasNews = true }
    guard isWanted || hasNews else { return }
    if !isWanted, let lastPublished, now - lastPublished < Self.publicationPause { return }
    published = snapshot
    lastPublished = now
    hasNews = false
    snapshot.oldestPendingAge = view.oldestNoticed().map { now - $0 }
    pipeline.publisher.publish(snapshot)
    pipeline.drift.look()
  }

  /// Only when every thread that files pass through has moved on lately; the writer of records does not count.
  private mutating func answerWatchdog(_ view: View, at now: ContinuousClock.Instant) {
    switch watchdog?.step(at: now) {
    case .ask?: pipeline.askForSigns()
    case .judge?:
      isPlaceLookWanted = true
      let silences = pipeline.heartbeats.map { (name: $0.name, silence: $0.silence(at: now)) }
      if silences.allSatisfy({ $0.silence < Watchdog.patience }) { ServiceManager.notify("WATCHDOG=1") }
      for (name, silence) in watchdog?.newlySilent(silences) ?? [] {
        pipeline.sink.post(
          .failed,
          "the thread '\(name)' has given no sign of life for \(Int(silence / .seconds(1))) s; if it stays silent the "
            + "service manager starts the daemon anew; a disk that does not answer is the usual reason")
      }
      publish(view, at: now, isWanted: true)
    case nil: break
    }
  }

  static func fields(_ judge: PictureJudge) -> [JournalField] {
    [
      JournalField("GANOMALY_MODEL_SHA256", judge.identity.modelDigest),
      JournalField("GANOMALY_CALIBRATION_ID", judge.identity.calibration),
      JournalField("GANOMALY_THRESHOLD", RecordEntry.nineDigits(judge.identity.threshold)),
    ]
  }
}
