internal import Linux
private import SystemPackage

/// The watch thread: waits for events, signals and time, and hands out what is ready. It opens, decodes and scores
/// nothing, and never waits for a lane, the disk's flush or the journal. Where nothing is due it sleeps.
final class Watcher {
  let daemon: Daemon
  let pipeline: Pipeline
  private let signals: SignalReceiver?
  let inotify: Inotify
  private var side: SideWatch
  /// What cannot be watched beside the folder, told already.
  private var toldSideFailures: Set<String> = []
  /// A request in the state folder that was answered and cannot be removed.
  private var answeredRequest: FileStatus?
  /// The watched folder; nil while it is lost.
  var incoming: Directory?
  var watch: Int32?
  var intake: Intake
  var housekeeping: Housekeeping
  /// A reading of the folder that is under way.
  var reading: FolderPass?
  /// When the path is looked at next; nil where events and readings of the folder suffice.
  var nextPlaceCheck: ContinuousClock.Instant?
  /// Why a lost folder cannot be watched again, told already.
  var toldPlaceFailure: String?
  /// Names whose status could not be had the last time, told already.
  var unexamined: Set<FileName> = []

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
    (inotify, side) = try onSystem { () throws(LinuxError) in
      (
        try Inotify(),
        try SideWatch(
          incoming: daemon.folders.incomingPath, model: daemon.settings.resolvedModelPath, state: daemon.state.path)
      )
    }
    try onSystem { () throws(LinuxError) in try startWatch(incoming) }
  }

  /// Works until the daemon is stopped.
  func run() {
    // What was asked for while no daemon ran comes by itself: nothing is known yet.
    _ = takeRequest()
    // Ready with the first reading begun, not ended: a full folder would run into the service manager's time-out.
    look()
    housekeeping.announceReady(watchedPath: daemon.folders.incomingPath)
    housekeeping.checkRoom(incoming, at: .now)
    while !daemon.isStopping.value {
      do throws(LinuxError) {
        try turn()
      } catch {
        // Waiting or reading events failed: nothing is lost as long as the folder is read again.
        pipeline.sink.post(.failed, "\(error); the watched folder is read in full instead")
        intake.requestScan()
        _ = try? waitForInput([daemon.wake], timeout: .seconds(1))
      }
    }
  }

  private func turn() throws(LinuxError) {
    let now = ContinuousClock.now
    // With files in line the kernel keeps the events: what waits, waits on the disk, not in memory.
    let isListening = intake.readyCount == 0 && watch != nil
    var sources: [any InputSource] = [daemon.wake, side.inotify]
    if isListening { sources.append(inotify) }
    if let signals { sources.append(signals) }
    let hasInput = try waitForInput(sources, timeout: deadline(now).map { $0 - now })
    if hasInput[0] { daemon.wake.lower() }
    if let signals { answer(signals.read()) }
    let time = ContinuousClock.now
    takeFeedback(at: time)
    if isListening && hasInput[2] { try readEvents(at: time) }
    if hasInput[1] { answer(try side.read(), at: time) }
    if let check = nextPlaceCheck, check <= time { checkPlace() }
    if let rules = housekeeping.takeNewRules() {
      intake.apply(housekeeping.way.adapted(rules), at: time)
    }
    look()
    housekeeping.work(view, incoming: incoming, at: .now)
    if housekeeping.takePlaceLook() { checkPlace() }
    pipeline.upkeep.beginIfDue(now: time, incoming: incoming)
    handOut()
  }

  /// When something is due though nothing happens; nil when nothing is.
  private func deadline(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    if reading != nil { return now }
    let intakeDeadline = incoming == nil ? nil : intake.nextDeadline(at: now)
    return [intakeDeadline, nextPlaceCheck, housekeeping.deadline].compactMap(\.self).min()
  }

  private var view: Housekeeping.View {
    Housekeeping.View(
      pendingCount: intake.pendingCount, readyCount: intake.readyCount, isWatching: incoming != nil,
      ignoredCount: intake.ignoredCount, overflowCount: intake.overflowCount, readingCount: intake.readingCount,
      oldestNoticed: { self.intake.oldestNoticed })
  }

  // MARK: What comes in

  private func takeFeedback(at now: ContinuousClock.Instant) {
    let isRereadingWanted = pipeline.mailbox.takeRereadingWanted()
    let feedback = pipeline.mailbox.take()
    for message in feedback { intake.finish(message.name, message.finding, at: now) }
    if !feedback.isEmpty { housekeeping.noteNews() }
    if isRereadingWanted { intake.forgetKnown() }
  }

  private func readEvents(at now: ContinuousClock.Instant) throws(LinuxError) {
    for event in try inotify.read() {
      let isOurs = event.watch == watch
      if isOurs || event.kinds.contains(.overflow) { intake.notice(event, at: now) }
      if isOurs, !event.kinds.isDisjoint(with: [.folderDeleted, .folderMoved, .watchEnded]) { nextPlaceCheck = now }
    }
  }

  private func answer(_ news: SideWatch.News, at now: ContinuousClock.Instant) {
    if news.contains(.place) { nextPlaceCheck = now }
    if news.contains(.model) { housekeeping.lookForModel(isComplete: true) }
    if news.contains(.request), takeRequest() { intake.forgetKnown() }
  }

  private func answer(_ signals: [Signal]) {
    for signal in signals {
      switch signal {
      case .hangUp: housekeeping.reload()
      case .interrupt, .terminate: daemon.isStopping.change { $0 = true }
      }
    }
  }

  /// Takes a request to look at all files anew out of the state folder; whether there was one.
  func takeRequest() -> Bool {
    guard let status = try? daemon.state.status(of: SideWatch.requestName), status.kind == .regular,
      status != answeredRequest
    else { return false }
    do throws(LinuxError) {
      try daemon.state.remove(SideWatch.requestName)
    } catch {
      // It is answered, and only once: it would have the whole folder looked at anew at every reading.
      answeredRequest = status
      pipeline.sink.post(.failed, "\(error); the files of the watched folder are looked at anew all the same, once")
    }
    return true
  }

  /// Tells of what cannot be watched beside the folder, each once as long as that lasts.
  private func tellSideFailures() {
    let failures = side.failures.map { "\($0)" }
    for failure in Set(failures).subtracting(toldSideFailures).sorted() {
      let rescan = intake.rules.rescan / .seconds(1)
      pipeline.sink.post(
        .failed, priority: 4, "\(failure); changes there are noticed only with the readings, every \(rescan) s")
    }
    toldSideFailures = Set(failures)
  }

  /// What is looked at before every reading of the folder, in case that no event told of it.
  func lookAround() {
    checkPlace()
    side.renew()
    tellSideFailures()
    housekeeping.lookForModel()
    housekeeping.checkRoom(incoming, at: .now)
    if takeRequest() { intake.forgetKnown() }
  }

  // MARK: What goes out

  private func handOut() {
    guard let incoming, !housekeeping.isPaused else { return }
    while let request = intake.nextRequest(at: .now) {
      guard pipeline.jobs.push(LaneJob(request: request, incoming: incoming)) == .added else {
        pipeline.mailbox.awaitRoom()
        return intake.giveBack(request)
      }
    }
  }
}
