internal import Linux
private import SystemPackage

/// The thread that makes verdicts last: ledger first, then the file, then the record.
final class Recorder {
  /// What it works with.
  struct Surroundings: Sendable {
    let results: BoundedQueue<Inspected>
    let ledger: Shared<Ledger>
    let mover: Mover
    let sink: RecordSink
    let mailbox: Mailbox
    let settings: Shared<Settings>
    let metrics: Metrics
    let isStopping: Shared<Bool>
    /// The watched folder where it has just come back, until the recorder has looked into it.
    let returned: Shared<Directory?>
    /// Raised while the ledger cannot be written: nothing new is handed out meanwhile.
    let isBlocked: Shared<Bool>
    let faults: Faults
    let spool: [UInt8]
    /// What the lanes found of a damaged ledger.
    let damage: Shared<LedgerDamage?>
    /// Replaces a damaged ledger by a new one; false when that failed too.
    let repair: @Sendable (_ reason: String) -> Bool
    /// Called when there is something to show.
    var publish: @Sendable () -> Void = {}
    /// How much room a folder's disk has.
    var freeBytes: @Sendable (Directory) throws(LinuxError) -> UInt64 = { folder throws(LinuxError) in
      try FileSystem(of: folder).freeBytes
    }
  }

  /// A file whose record is in the ledger, on its way to where it goes.
  typealias Moving = (record: InspectionRecord, result: Inspected)

  /// Moves that are tried again, or settled at the start, in one commit, at most.
  static let batchCount = 128
  /// From the beginning of a commit to that of the next, at least, as long as the queue of results is not full: a commit
  /// of many results costs little more than one of a few. A result that comes alone is recorded at once.
  static let pace = Duration.milliseconds(50)

  /// Moves to be tried again.
  var retries: Retries
  let around: Surroundings
  /// Moves files, to the folders that were at the spool's paths at the last look; whoever opens them anew meanwhile.
  private(set) var mover: Mover
  let ledger: LedgerAccess
  let announcer: Announcer
  let heartbeat: Heartbeat
  private var sidecars: SidecarWriter
  private var hasSynchronizationFailed = false
  /// The watched folder as long as the rows that a crash left could not be read.
  var unrecovered: Directory?
  var moveReport = MoveReport()
  /// Whether rows have come to their end while their folder was away, since one was back.
  var hasAwaited = false
  /// What was told last of the folders that files go to.
  private var folderNotes: [String] = []

  /// A recorder, with the moves that another one left to be tried again.
  ///
  /// - Parameter unrecovered: what another one left there.
  init(
    _ surroundings: Surroundings, heartbeat: Heartbeat, retries: Retries = Retries(), unrecovered: Directory? = nil
  ) {
    around = surroundings
    mover = surroundings.mover.pinned()
    self.unrecovered = unrecovered
    self.heartbeat = heartbeat
    self.retries = retries
    ledger = LedgerAccess(
      ledger: around.ledger, sink: around.sink, heartbeat: heartbeat, isStopping: around.isStopping,
      isBlocked: around.isBlocked, damage: around.damage, mailbox: around.mailbox, repair: around.repair)
    announcer = Announcer(
      sink: around.sink, mailbox: around.mailbox, settings: around.settings, metrics: around.metrics,
      spool: around.spool)
    sidecars = SidecarWriter(around.sink, around.faults)
  }

  /// Works until the queue is closed and empty.
  func run() {
    var mark: UInt64 = 0
    around.metrics.setWaitingMoves(retries.entries.count)
    do {
      var nextCommit = ContinuousClock.now
      while let batch = around.results.pop(
        atMost: around.results.capacity, waitingAtMost: patience, gatheringUntil: nextCommit, mark: &mark)
      {
        heartbeat.beat()
        if !batch.isEmpty { nextCommit = .now + Self.pace }
        ledger.attend()
        if let folder = around.returned.take() { try welcome(folder) }
        if let incoming = unrecovered {
          renewFolders()
          _ = try recover(incoming: incoming)
        }
        try retry()
        if !batch.isEmpty { try record(batch) }
        // The watch thread, which has it shown otherwise, sees nothing of a move that has come to its end.
        if around.metrics.setWaitingMoves(retries.entries.count) { around.publish() }
      }
    } catch {
      // A simulated crash: whatever is half done stays so.
    }
  }

  /// How long it may wait for results: until a move is to be tried again, else for ever.
  private var patience: Duration? {
    // Nothing is handed out meanwhile, so nothing else would wake it.
    if unrecovered != nil { return .seconds(1) }
    return retries.entries.map(\.time).min().map { max($0 - .now, .zero) }
  }

  // MARK: One batch

  /// Records a batch: intents, moves, folders, sidecars, done, records.
  func record(_ batch: [Inspected]) throws(Faults.SimulatedCrash) {
    for result in batch where result.kind == .touched { touch(result) }
    try reject(batch.filter { $0.kind == .abandoned })
    let fresh = batch.filter { $0.kind == .fresh }
    if fresh.isEmpty { return }
    // Before the intents, which name the folders: a file goes to no other than its intent says.
    if fresh.contains(where: \.record.action.takesFileAway) { renewFolders() }
    let proposals = fresh.map(proposal)
    guard let begun = ledger.persist({ ledger throws(InspectionError) in try ledger.begin(proposals) }) else { return }
    try around.faults.reach(.afterIntent)

    var moved: [Moving] = []
    var stayed: [Moving] = []
    var resumed: [Moving] = []
    for (result, outcome) in zip(fresh, begun) {
      switch outcome {
      case .known(let record): tell(result, asKnown: record)
      case .resumed(let record): resumed.append((record, result))
      case .inserted(let record):
        // The row of the same file that waited may have ended with that.
        if record.occurrence > 0 { retries.hasten(record.arrival.name) }
        if record.state == .intended { moved.append((record, result)) } else { stayed.append((record, result)) }
      }
    }
    try carryOut(&moved)
    try finish(resumed)
    announcer.announce(stayed)
    announcer.announce(moved)
  }

  /// Moves the files of a batch and writes down what came of it.
  private func carryOut(_ moved: inout [Moving]) throws(Faults.SimulatedCrash) {
    if moved.isEmpty { return }
    renewFolders()
    try move(&moved)
    var records = moved.map(\.record)
    _ = try conclude(&records, moved.map(\.result.incoming), views: moved.map(\.result.view))
    for index in moved.indices { moved[index].record = records[index] }
    for (record, result) in moved where record.state == .intended {
      retries.add(record, incoming: result.incoming)
    }
  }

  /// Brings to its end what was done with the files of a batch: folders, sidecars, ledger, each once.
  ///
  /// - Parameters:
  ///   - records: as they are after the moves; one whose folder or sidecar is not on the disk becomes intended again.
  ///   - folders: the watched folder of each.
  ///   - views: the side picture of each; empty where they went with an attempt before, or with the process.
  ///   - isWaiting: whether the ledger is waited for.
  /// - Returns: whether the ledger took it.
  func conclude(
    _ records: inout [InspectionRecord], _ folders: [Directory], views: [SideView?] = [], isWaiting: Bool = true
  ) throws(Faults.SimulatedCrash) -> Bool {
    try around.faults.reach(.afterMoves)
    synchronize(&records, folders)
    try around.faults.reach(.afterSynchronization)
    try sidecars.write(&records, in: mover.folders.quarantine, sign: mover.sign)
    writeViews(of: records.indices.map { (records[$0], $0 < views.count ? views[$0] : nil) })
    try around.faults.reach(.afterSidecars)
    let ends = records
    let done: Void? = ledger.persist(isWaiting: isWaiting) { ledger throws(InspectionError) in try ledger.finish(ends) }
    try around.faults.reach(.afterDone)
    return done != nil
  }

  /// Writes what shows why pictures are in quarantine.
  private func writeViews(of pictures: [(record: InspectionRecord, view: SideView?)]) {
    let settings = around.settings.value
    let waiting = pictures.lazy.map(\.record).filter { $0.state == .intended }.map(\.arrival.size)
    let room = SideViewAllowance(
      minimumFreeBytes: settings.minimumFreeBytes,
      waiting: retries.entries.map(\.record.arrival.size) + waiting, freeBytes: around.freeBytes)
    around.metrics.count(
      sidecars.writeViews(
        of: pictures, in: mover.folders.quarantine, areWanted: settings.sidePictures == .on, room: room,
        sign: mover.sign))
  }

  /// Sees to it that files go to the folders that have the spool's paths now.
  func renewFolders() {
    let notes = around.mover.folders.renew()
    for note in notes where !folderNotes.contains(note) { around.sink.post(.failed, note) }
    folderNotes = notes
    mover = around.mover.pinned()
  }

  /// Tells of a move that failed, where that is news.
  func report(_ record: InspectionRecord) {
    guard let news = moveReport.note(record) else { return }
    around.sink.post(.failed, news.text, fields: [JournalField("ERRNO", "\(news.errorNumber)")])
  }

  /// The record as it enters the ledger.
  private func proposal(_ result: Inspected) -> InspectionRecord {
    var record = result.record
    record.isJournalled = !announcer.isConfirmationWanted(record)
    return record.action.takesFileAway ? intended(record, from: result.incoming) : record
  }

  /// The record of a file that is to go, before anything was done with it.
  private func intended(_ record: InspectionRecord, from incoming: Directory) -> InspectionRecord {
    var record = record
    record.state = .intended
    guard let target = mover.folders.target(of: record.action) else { return record }
    record.destination = DestinationName.make(for: record.arrival.name, id: record.id, time: record.recorded)
    return record.bound(for: target, from: incoming)
  }

  func settled(
    _ record: InspectionRecord, _ outcome: Mover.Outcome, isElsewhere: Bool = false
  ) -> InspectionRecord {
    record.settled(
      by: outcome, isConfirmationWanted: announcer.isConfirmationWanted(record), isElsewhere: isElsewhere)
  }

  /// Waits until the folders of a batch's moves are on the disk, each once; where that fails, what was done is not
  /// certain, and its records stay intended.
  private func synchronize(_ records: inout [InspectionRecord], _ incoming: [Directory]) {
    var results: [ObjectIdentifier: LinuxError?] = [:]
    var failure: LinuxError?
    for index in records.indices where records[index].state == .done && records[index].action.takesFileAway {
      let target = mover.folders.target(of: records[index].action)
      for folder in [incoming[index], target].compactMap(\.self) {
        let key = ObjectIdentifier(folder)
        if results[key] == nil {
          results[key] = .some(nil)
          do { try folder.synchronizeWherePossible() } catch { results[key] = error }
          heartbeat.beat()
        }
        if let error = results[key] ?? nil {
          failure = error
          records[index].state = .intended
        }
      }
    }
    if let failure, !hasSynchronizationFailed {
      around.sink.post(.failed, "\(failure); whether the last moves would survive a loss of power is not known")
    }
    hasSynchronizationFailed = failure != nil
  }

  // MARK: What is known already

  private func tell(_ result: Inspected, asKnown record: InspectionRecord) {
    if record.verdict == .error { return around.mailbox.post(result.name, .failing) }
    if record.changed != result.status.changed || record.arrival.device != result.status.device {
      _ = ledger.persist { ledger throws(InspectionError) in try ledger.touch(record.id, result.status) }
    }
    around.mailbox.post(result.name, known(record, result.status))
  }

  /// What the intake is told of a file whose row stands: an unreadable one may still be abandoned.
  private func known(_ record: InspectionRecord, _ status: FileStatus) -> InspectionFinding {
    let isUnfinished = record.verdict == .unreadable && record.action == .left && record.state == .done
    return isUnfinished && around.settings.value.onUnreadable == .move ? .unfinished(status) : .recorded(status)
  }

  private func touch(_ result: Inspected) {
    let id = result.record.id
    let done: Void? = ledger.persist { ledger throws(InspectionError) in
      try ledger.touch(id, result.status)
    }
    around.mailbox.post(result.name, done == nil ? .incomplete : known(result.record, result.status))
  }

  /// Moves files that are recorded as unreadable, and abandoned: the intent first, as always; no second entry.
  private func reject(_ results: [Inspected]) throws(Faults.SimulatedCrash) {
    if results.isEmpty { return }
    renewFolders()
    var moved: [Moving] = results.map { (intended($0.record, from: $0.incoming), $0) }
    let intents = moved.map(\.record)
    let done: Void? = ledger.persist { ledger throws(InspectionError) in try ledger.finish(intents) }
    if done == nil { return }
    try carryOut(&moved)
    for (record, result) in moved {
      around.mailbox.post(result.name, record.action == .rejected && record.state == .done ? .gone : .changed)
    }
  }
}
