internal import Linux
private import SystemPackage

/// The threads behind the watch thread, and the queues between them.
final class Pipeline {
  let jobs: BoundedQueue<LaneJob>
  let mailbox: Mailbox
  let sink: RecordSink
  let model: Shared<CurrentModel>
  let settings: Shared<Settings>
  let metrics = Metrics()
  let publisher: StatusPublisher
  /// Compares the line with its calibration.
  let drift: DriftWatch
  let isBlocked = Shared(false)
  /// The watched folder where it has just come back, for the recorder.
  private let returned = Shared<Directory?>(nil)
  let heartbeats: [Heartbeat]
  /// What is due once an hour.
  let upkeep: Upkeep
  /// How many moves the recovery at the start has brought to their end.
  let recoveredCount: Int
  /// How many it has not.
  let waitingCount: Int

  let results: BoundedQueue<Inspected>
  private let laneEnd: ThreadGroup
  private let recorderEnd: ThreadGroup
  private let writerEnd: ThreadGroup

  /// Inspected files that wait for the recorder, or are recorded in one commit: at least, and at most.
  static let resultCapacities = 128...512

  /// Settles what a crash left behind, then starts the threads.
  init(_ daemon: Daemon, incoming: Directory) throws(Faults.SimulatedCrash) {
    let settings = Shared(daemon.settings)
    let spool = daemon.settings.spool.bytes
    jobs = BoundedQueue(capacity: daemon.settings.queue)
    results = BoundedQueue(capacity: daemon.resultCapacity)
    mailbox = Mailbox(wake: daemon.wake)
    let judge = daemon.firstJudge.take()
    model = Shared(CurrentModel(generation: judge == nil ? 0 : 1, judge: judge))
    if judge != nil { metrics.countModelLoad() }
    if let refusal = daemon.modelRefusal { metrics.countModelRefusal(refusal) }
    self.settings = settings
    sink = RecordSink(
      ways: RecordSink.Ways(
        daemon.settings.records, isPresent: SystemJournal.isPresent, isTerminal: CurrentProcess.standardErrorIsTerminal),
      metrics: metrics, makeID: Daemon.makeID)
    if sink.ways.journal && !SystemJournal.isPresent {
      daemon.environment.printLine(
        "ganomalyd: there is no journal here; entries about pictures are kept in the ledger and written to it later")
    }
    if let note = daemon.ledgerNote { sink.post(.ledgerDamaged, note) }
    let recorderBeat = Heartbeat(name: "recorder")
    let start = StartExtension()
    defer { start.end() }
    let sign = SignOfLife {
      recorderBeat.beat()
      start.note()
    }
    let mover = Mover(folders: daemon.folders, faults: daemon.environment.faults, sign: sign)
    let damage = Shared<LedgerDamage?>(nil)
    // The recorder is there before there is anything to show.
    let shown = Shared<StatusPublisher?>(nil)
    let surroundings = Recorder.Surroundings(
      results: results, ledger: daemon.ledger, mover: mover, sink: sink, mailbox: mailbox, settings: settings,
      metrics: metrics, isStopping: daemon.isStopping, returned: returned, isBlocked: isBlocked,
      faults: daemon.environment.faults,
      spool: spool, damage: damage, repair: Self.repair(daemon, sink, mailbox),
      publish: { shown.value?.publishAgain() })
    let sink = sink
    let recorder = Recorder(surroundings, heartbeat: recorderBeat)
    recoveredCount = try recorder.recover(incoming: incoming)
    let (retries, unrecovered) = (recorder.retries, recorder.unrecovered)
    waitingCount = retries.entries.count
    let notes = Tidying.run(
      daemon.ledger.value, daemon.folders, state: daemon.state, incoming: incoming, faults: daemon.environment.faults,
      sign: sign)
    for note in notes { sink.post(note) }
    upkeep = Upkeep(
      ledger: daemon.ledger, folders: daemon.folders, state: daemon.state, settings: settings, sink: sink,
      isStopping: daemon.isStopping, faults: daemon.environment.faults)

    let printLine = daemon.environment.printLine
    writerEnd = ThreadGroup(name: "records", count: 1) { _ in
      RecordWriter(sink: sink, ledger: daemon.ledger, spool: spool, printLine: printLine).run()
    }
    recorderEnd = ThreadGroup(name: "recorder", count: 1) { _ in
      Recorder(surroundings, heartbeat: recorderBeat, retries: retries, unrecovered: unrecovered).run()
    }
    let laneBeats = (0..<daemon.settings.laneCount).map { Heartbeat(name: "lane \($0 + 1)") }
    let laneSurroundings = Lane.Surroundings(
      jobs: jobs, results: results, mailbox: mailbox, model: model, settings: settings, ledger: daemon.ledger,
      damage: damage, isStopping: daemon.isStopping, makeID: Daemon.makeID, laneCount: laneBeats.count,
      team: daemon.environment.team)
    laneEnd = ThreadGroup(name: "lane", count: laneBeats.count) {
      Lane(laneSurroundings, heartbeat: laneBeats[$0]).run()
    }
    heartbeats = laneBeats + [recorderBeat]
    publisher = StatusPublisher(
      StatusPublisher.Subject(
        state: daemon.state, folders: daemon.folders, metrics: metrics, model: model, settings: settings,
        sink: sink, version: daemon.environment.versions, metricsPath: daemon.settings.resolvedMetricsPath,
        watchdogInterval: ServiceManager.watchdogInterval))
    shown.change { [publisher] in $0 = publisher }
    drift = DriftWatch(
      DriftKeeper.Surroundings(
        ledger: daemon.ledger, model: model, state: daemon.state, metrics: metrics, sink: sink,
        publish: { [publisher] in publisher.publishAgain() }))
  }

  private static func repair(
    _ daemon: Daemon, _ sink: RecordSink, _ mailbox: Mailbox
  ) -> @Sendable (String) -> Bool {
    let faults = daemon.environment.faults
    let hasFailed = Shared(false)
    return {
      [state = daemon.state, folders = daemon.folders, ledger = daemon.ledger, settings = daemon.settings] reason in
      do {
        let (new, note) = try LedgerRepair.beginAnew(
          state, folders, damaged: ledger.value, reason: reason, readerCount: settings.laneCount + 3, faults: faults)
        ledger.change { $0 = new }
        hasFailed.change { $0 = false }
        sink.post(.ledgerDamaged, note)
        // The new ledger knows nothing of the files that lie in the watched folder.
        mailbox.requestRereading()
        return true
      } catch {
        // Tried again and again: told once as long as it lasts.
        let isNews = hasFailed.change { hasFailed in
          defer { hasFailed = true }
          return !hasFailed
        }
        if isNews {
          sink.post(.ledgerDamaged, "the ledger is damaged (\(reason)), and could not be begun anew: \(error)")
        }
        return false
      }
    }
  }

  /// Tells the recorder that the watched folder is back: it may have work there that was interrupted.
  func announceReturn(of folder: Directory) {
    returned.change { $0 = folder }
    results.nudge()
  }

  /// Asks every thread that files pass through for a sign of life, where it waits for work.
  func askForSigns() {
    jobs.nudge()
    results.nudge()
  }

  /// Ends the threads in the order of the files' way: what a lane has in hand is finished and recorded, what only waits
  /// stays where it lies.
  func finish() {
    jobs.close()
    laneEnd.wait(atMost: .seconds(600))
    results.close()
    recorderEnd.wait(atMost: .seconds(600))
    drift.finish()
  }

  /// Ends the writing of records; a journal that takes none does not hold up the end.
  func finishRecords() {
    sink.queue.close()
    writerEnd.wait(atMost: .seconds(2))
    // What it did not take by now is lost with the process, and the last status says how much.
    metrics.countJournal(replayed: 0, lost: sink.unwrittenCount)
  }
}

/// Threads of one kind, and a wait for their end that need not succeed.
final class ThreadGroup: Sendable {
  private let ends: BoundedQueue<Int>
  private let count: Int

  /// Starts the threads.
  ///
  /// - Parameter body: called on each with its number.
  init(name: String, count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let ends = BoundedQueue<Int>(capacity: count)
    for number in 0..<count {
      _ = PlainThread(name: count == 1 ? name : "\(name) \(number + 1)") {
        body(number)
        _ = ends.push(number)
      }
    }
    self.ends = ends
    self.count = count
  }

  /// Waits until all have ended, or the time is over.
  func wait(atMost timeout: Duration) {
    let deadline = ContinuousClock.now + timeout
    var ended = 0
    while ended < count, ContinuousClock.now < deadline {
      ended += ends.pop(atMost: count, waitingAtMost: deadline - .now)?.count ?? 0
    }
  }
}
