private import GANomalyModel
internal import Linux
private import SystemPackage

/// Reads settings and model again, on a thread of its own, and swaps them in between batches.
final class Reloader: Sendable {
  private struct State: Sendable {
    var isRunning = false
    /// Whether another round was asked for while one runs, and whether with the settings.
    var isWanted = false
    var areSettingsWanted = false
    var newRules: IntakeRules?
    /// The model file as it was loaded, or refused.
    var seen: FileStatus?
    /// The model file as it was a second ago.
    var last: FileStatus?
    /// No file was there at the last look, and that was told.
    var isMissing = false
    var isMissingTold = false
  }

  /// Starts a thread, where the system allows another one.
  typealias ThreadStart = @Sendable (String, @escaping @Sendable () -> Void) throws(LinuxError) -> Void

  private let daemon: Daemon
  private let model: Shared<CurrentModel>
  private let settings: Shared<Settings>
  private let jobs: BoundedQueue<LaneJob>
  private let sink: RecordSink
  private let metrics: Metrics
  private let publisher: StatusPublisher
  private let drift: DriftWatch
  private let state: Shared<State>
  private let startThread: ThreadStart

  /// A reloader for a running pipeline.
  init(
    _ daemon: Daemon, _ pipeline: Pipeline,
    startThread: @escaping ThreadStart = { name, body throws(LinuxError) in _ = try PlainThread(trying: name, body) }
  ) {
    self.startThread = startThread
    self.daemon = daemon
    model = pipeline.model
    settings = pipeline.settings
    jobs = pipeline.jobs
    sink = pipeline.sink
    metrics = pipeline.metrics
    publisher = pipeline.publisher
    drift = pipeline.drift
    state = Shared(State(seen: daemon.modelStatus))
  }

  /// Rules of new settings, once.
  func takeNewRules() -> IntakeRules? {
    state.change { state in
      defer { state.newRules = nil }
      return state.newRules
    }
  }

  /// Loads the model when its file is another one than before, and has stopped changing.
  ///
  /// - Parameter isComplete: whether the file is known to be whole, because it was renamed to its place or closed by its
  ///   writer; else it must look the same twice.
  /// - Returns: whether another look is worth it in a moment.
  func lookForModel(isComplete: Bool = false) -> Bool {
    let now = FileStatus(path: daemon.settings.resolvedModelPath)
    if now == nil { return lookForMissing() }
    let (isNew, isChanging) = state.change { state in
      defer { state.last = now }
      (state.isMissing, state.isMissingTold) = (false, false)
      guard now != state.seen else { return (false, false) }
      let isStill = isComplete || now == state.last
      return (isStill, !isStill)
    }
    if isNew { start(includingSettings: false) }
    return isChanging
  }

  /// Tells once of a model's file that is gone at two looks; one alone may fall into the replacing of the file.
  private func lookForMissing() -> Bool {
    let (isNews, isWorthALook) = state.change { state in
      defer { state.isMissing = true }
      state.last = nil
      guard state.seen != nil else { return (false, false) }
      guard state.isMissing else { return (false, true) }
      // Whatever comes there now is new.
      state.seen = nil
      defer { state.isMissingTold = true }
      return (!state.isMissingTold, false)
    }
    if isNews { tellOfMissing() }
    return isWorthALook
  }

  private func tellOfMissing() {
    guard model.value.judge != nil else { return metrics.forgetModelRefusal() }
    let text = "no model at '\(escaped(daemon.settings.resolvedModelPath))' any more; the loaded one stays in use"
    metrics.noteModelMissing(text)
    sink.post(.modelRefused, text)
    publisher.publishAgain()
  }

  /// Starts a reload; one that is asked for while another runs follows it.
  func start(includingSettings: Bool) {
    let isFirst = state.change { state in
      if state.isRunning {
        // A model that is being loaded may be the one before; its settings are read with the next round.
        state.isWanted = true
        state.areSettingsWanted = state.areSettingsWanted || includingSettings
        return false
      }
      state.isRunning = true
      return true
    }
    guard isFirst else { return }
    let work: @Sendable () -> Void = { [self] in
      var withSettings = includingSettings
      while true {
        reload(withSettings: withSettings)
        let next: (isWanted: Bool, withSettings: Bool) = state.change { state in
          defer { (state.isWanted, state.areSettingsWanted) = (false, false) }
          state.isRunning = state.isWanted
          return (state.isWanted, state.areSettingsWanted)
        }
        guard next.isWanted else { return }
        withSettings = next.withSettings
      }
    }
    do throws(LinuxError) {
      try startThread("reload", work)
    } catch {
      state.change { ($0.isRunning, $0.isWanted, $0.areSettingsWanted) = (false, false, false) }
      sink.post(
        .configuration, priority: 3,
        includingSettings
          ? "\(error): the configuration was not read again, the old one stays; ask again when there is room"
          : "\(error): the new model waits for the next reading of the watched folder")
    }
  }

  private func reload(withSettings: Bool) {
    // Whatever comes of it, READY follows: the service manager would wait for it until its time-out.
    if withSettings { ServiceManager.notifyReloading() }
    if withSettings { readSettings() }
    loadModel(isForced: withSettings)
    if withSettings { ServiceManager.notify("READY=1") }
    daemon.wake.raise()
    publisher.publishAgain()
  }

  private func readSettings() {
    do {
      let new = try daemon.environment.readSettings()
      try new.checkReload(from: settings.value)
      settings.change { $0 = new }
      state.change { $0.newRules = IntakeRules(new) }
      sink.post(.configuration, "the configuration was read again")
    } catch {
      sink.post(.configuration, priority: 3, "the configuration was refused, the old one stays: \(error)")
    }
  }

  private func loadModel(isForced: Bool) {
    let path = daemon.settings.resolvedModelPath
    let status = FileStatus(path: path)
    let isSeen = state.change { state in
      defer { state.seen = status }
      return state.seen == status
    }
    if isSeen && !isForced { return }
    guard status != nil else {
      state.change { ($0.isMissing, $0.isMissingTold) = (true, true) }
      return tellOfMissing()
    }
    // Another judge for the same bytes would only be as much memory again, until it is found to be the same.
    if isInUse(path) { return noteSameModel() }
    // What loading took, and the old model where no lane has it.
    defer { CurrentProcess.returnFreedMemory() }
    do {
      let judge = try daemon.environment.loadJudge(path)
      // Where the file came to its place after it was looked at.
      if model.value.judge?.identity == judge.identity { return noteSameModel() }
      model.change {
        $0.judge = judge
        $0.loadCount += 1
        $0.generation += 1
      }
      // Lanes that wait for work let the old one go.
      jobs.nudge()
      drift.look()
      metrics.countModelLoad()
      sink.post(
        .modelLoaded, "model '\(escaped(path))': \(judge.identity.summary)", fields: Housekeeping.fields(judge))
    } catch {
      // What may pass is tried again at the next look.
      if error.mayPass { state.change { $0.seen = nil } }
      metrics.countModelRefusal("\(error)")
      sink.post(
        .modelRefused, model.value.judge == nil ? "\(error)" : "\(error); the model that was in use stays in use")
    }
  }

  /// Whether the file is, byte for byte, the one that the model in use was loaded from; not where it cannot be read: why,
  /// loading it tells.
  private func isInUse(_ path: FilePath) -> Bool {
    guard let digest = model.value.judge?.identity.modelDigest else { return false }
    return (try? ModelFile.digest(of: BytePath(bytes: path.bytes))) == digest
  }

  /// A reload that finds the model in use is one all the same: it ends what was told of its file, and an alarm of drift.
  private func noteSameModel() {
    model.change { $0.loadCount += 1 }
    drift.look()
    metrics.forgetModelRefusal()
  }
}

extension Settings {
  /// Refuses new settings that a running daemon cannot take.
  func checkReload(from old: Settings) throws(InspectionError) {
    let isKept = [
      ("spool", spool == old.spool), ("model", modelPath == old.modelPath), ("state", statePath == old.statePath),
      ("metrics", resolvedMetricsPath == old.resolvedMetricsPath), ("names", names == old.names),
      ("watch", watch == old.watch), ("records", records == old.records),
      ("queue", queue == old.queue), ("batch", batch == old.batch), ("lanes", lanes == old.lanes),
    ]
    if let (key, _) = isKept.first(where: { !$0.1 }) {
      throw .configuration("'\(key)' cannot change while the daemon runs; restart it for that")
    }
  }
}
