internal import Linux
internal import SystemPackage

/// Tells the outside what the daemon is doing: the service manager's STATUS, `status.json` and the metrics.
///
/// Files are written on a thread of its own, so that no disk holds up the watch thread; of several snapshots that come
/// meanwhile the newest counts. A file that cannot be written is reported once, and nothing else depends on it.
final class StatusPublisher: Sendable {
  /// What it tells of.
  struct Subject: Sendable {
    let state: Directory
    let folders: SpoolFolders
    let metrics: Metrics
    let model: Shared<CurrentModel>
    let settings: Shared<Settings>
    let sink: RecordSink
    /// The program's version.
    let version: String
    /// Where the metrics go; nil: nowhere.
    let metricsPath: FilePath?
    /// Told to the service manager.
    var notify: @Sendable (String) -> Void = { ServiceManager.notify($0) }
    /// How often the service manager wants to hear of the daemon.
    var watchdogInterval: Duration?
  }

  private let subject: Subject
  /// Nil until the watch thread has said how it is.
  private let newest = Shared<WatchSnapshot?>(nil)
  private let wanted = BoundedQueue<Bool>(capacity: 1)
  private let end: Shared<ThreadGroup?>

  /// A publisher that has told nothing yet.
  init(_ subject: Subject) {
    self.subject = subject
    end = Shared(nil)
    let (newest, wanted) = (newest, wanted)
    let group = ThreadGroup(name: "status", count: 1) { _ in
      var teller = StatusTeller(subject)
      // Where an entry is on its way to the journal, another look tells whether that hangs: nothing else may happen.
      while let marks = wanted.pop(
        atMost: 1, waitingAtMost: teller.isSending ? MetricsValues.journalPatience + .milliseconds(100) : nil)
      {
        if let snapshot = newest.value, !marks.isEmpty || teller.isSending { teller.tell(snapshot) }
      }
      teller.finish(newest.value ?? WatchSnapshot())
    }
    end.change { $0 = group }
  }

  /// Leaves a snapshot to be told; never waits. Called on the watch thread when something changed, at most once a second,
  /// and whenever it answers the watchdog.
  func publish(_ snapshot: WatchSnapshot) {
    newest.change { $0 = snapshot }
    publishAgain()
  }

  /// Tells the last snapshot again, because something else has changed; callable from any thread. Before the first
  /// snapshot there is nothing to tell: that one tells all.
  func publishAgain() { _ = wanted.push(true) }

  /// Ends the thread after what was left to tell, and says that the daemon has stopped.
  func finish() {
    wanted.close()
    end.value?.wait(atMost: .seconds(2))
  }

  /// What the daemon is doing, in a line for the service manager.
  func text(_ snapshot: WatchSnapshot) -> String { subject.text(snapshot) }
}

extension StatusPublisher.Subject {
  /// What the daemon is doing, in a line for the service manager.
  func text(_ snapshot: WatchSnapshot) -> String {
    let values = metrics.values
    var text = Verdict.allCases.map { "\(values.count($0)) \($0.rawValue)" }.joined(separator: ", ")
    text += "; \(snapshot.pendingCount) waiting"
    if model.value.judge == nil { text = "no model: run ganomaly install; " + text }
    if snapshot.pauses.contains(.diskFloor) { text = "paused: no room on the disk; " + text }
    if snapshot.pauses.contains(.ledger) { text = "paused: the ledger cannot be written; " + text }
    if !snapshot.isWatching { text = "the watched folder is lost; " + text }
    return text
  }

  /// The same in full.
  func status(_ snapshot: WatchSnapshot, isRunning: Bool, at now: WallTime) -> DaemonStatus {
    let values = metrics.values
    let settings = settings.value
    let identity = model.value.judge?.identity
    func failure(_ failure: MetricsValues.Failure?) -> DaemonStatus.Failure? {
      failure.map { DaemonStatus.Failure(time: $0.time.iso, text: $0.text) }
    }
    return DaemonStatus(
      isRunning: isRunning, process: CurrentProcess.identifier, version: version, started: values.started.iso,
      time: now.iso, renewalSeconds: renewal(settings, isPolling: snapshot.isPolling) / .seconds(1),
      status: isRunning ? text(snapshot) : "stopped",
      queue: DaemonStatus.Queue(
        files: snapshot.pendingCount, oldestSeconds: snapshot.oldestPendingAge.map { $0 / .seconds(1) },
        highMark: settings.backlogHigh),
      watch: DaemonStatus.Watch(
        folder: escaped(settings.spool.appending("incoming")), isUp: snapshot.isWatching,
        isPolling: snapshot.isPolling, ignoredNames: snapshot.ignoredCount, overflows: snapshot.overflowCount,
        rescans: snapshot.rescanCount),
      paused: PauseReason.allCases.filter(snapshot.pauses.contains).map(\.rawValue),
      inspections: DaemonStatus.Inspections(
        total: values.total,
        verdicts: Dictionary(uniqueKeysWithValues: Verdict.allCases.map { ($0.rawValue, values.count($0)) }),
        lastMinute: metrics.recentCount, lastTime: values.lastImage?.iso),
      model: DaemonStatus.ModelInUse(
        path: escaped(settings.resolvedModelPath), sha256: identity?.modelDigest, calibration: identity?.calibration,
        threshold: identity?.threshold, summary: identity?.summary, since: values.modelLoaded?.iso,
        refusals: values.modelRefusalCount, refused: failure(values.modelRefusal)),
      moves: DaemonStatus.Moves(
        quarantineFiles: values.quarantine?.fileCount, quarantineBytes: values.quarantine?.byteCount,
        waiting: values.waitingMoveCount),
      drift: values.drift.map {
        DaemonStatus.Drift(
          pictures: $0.count, evidence: $0.logarithm, alarmAt: MetricsValues.Drift.alarmScale, alarm: failure($0.alarm),
          note: $0.note)
      },
      journal: DaemonStatus.Journal(
        isUsed: sink.ways.journal, isFailing: values.isJournalFailing, waiting: sink.queue.count,
        sendingSeconds: values.journalSilence(at: .now).map { $0 / .seconds(1) },
        replayed: values.journalReplayedCount, lost: values.journalLostCount),
      lastError: failure(values.lastFailure))
  }

  /// After which time a status is written again although nothing happens: by the watchdog's wake-ups, else by the
  /// periodic reading of the folder.
  private func renewal(_ settings: Settings, isPolling: Bool) -> Duration {
    let rescan = isPolling ? min(settings.rescan, .seconds(2)) : settings.rescan
    return min(rescan, watchdogInterval ?? rescan)
  }
}

/// The publisher's thread: writes what is to be told.
private struct StatusTeller {
  private let subject: StatusPublisher.Subject
  private var meter: QuarantineMeter
  private var lastText: String?
  private var hasFailed = false
  /// Whether an entry was on its way to the journal at the last look.
  private(set) var isSending = false

  init(_ subject: StatusPublisher.Subject) {
    self.subject = subject
    meter = QuarantineMeter { [folders = subject.folders] in folders.quarantine }
  }

  mutating func tell(_ snapshot: WatchSnapshot) {
    let text = subject.text(snapshot)
    if text != lastText { subject.notify("STATUS=\(text)") }
    lastText = text
    if let content = meter.readIfDue() { subject.metrics.setQuarantine(content) }
    isSending = subject.metrics.values.journalSendStart != nil
    let now = WallTime.now
    var failure = meter.failure
    do throws(LinuxError) { try write(subject.status(snapshot, isRunning: true, at: now)) } catch { failure = error }
    do throws(LinuxError) { try writeMetrics(snapshot, at: now) } catch { failure = error }
    if let failure, !hasFailed {
      subject.sink.post(
        .failed, priority: 4, "\(failure); what shows the daemon's state from outside is out of date, for now")
    }
    hasFailed = failure != nil
  }

  /// The last words: the metrics of a daemon that has stopped would only look like those of one that hangs.
  func finish(_ snapshot: WatchSnapshot) {
    try? write(subject.status(snapshot, isRunning: false, at: .now))
    guard let (folder, name) = try? metricsPlace() else { return }
    try? folder.remove(name)
  }

  private func write(_ status: DaemonStatus) throws(LinuxError) {
    try subject.state.write(status.encoded, to: DaemonStatus.fileName, mode: 0o644, durability: .none)
  }

  private func writeMetrics(_ snapshot: WatchSnapshot, at now: WallTime) throws(LinuxError) {
    guard let (folder, name) = try metricsPlace() else { return }
    let values = subject.metrics.values
    let isHanging = values.journalSilence(at: .now).map { $0 >= MetricsValues.journalPatience } ?? false
    let report = MetricsReport(
      values: values, snapshot: snapshot, model: subject.model.value.judge?.identity,
      journalWaitingCount: subject.sink.queue.count, isJournalHanging: isHanging, version: subject.version, time: now)
    try folder.write(Array(report.text.utf8), to: name, mode: 0o644, durability: .none)
  }

  private func metricsPlace() throws(LinuxError) -> (Directory, FileName)? {
    guard let path = subject.metricsPath, let last = path.lastComponent, let name = FileName(last.string) else {
      return nil
    }
    return (try Directory(path: path.removingLastComponent()), name)
  }
}
