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
    /// Raised while the ledger cannot be written: nothing new is handed out meanwhile.
    let isBlocked: Shared<Bool>
    let faults: Faults
    let spool: [UInt8]
    /// What the lanes found of a damaged ledger.
    let damage: Shared<LedgerDamage?>
    /// Replaces a damaged ledger by a new one; false when that failed too.
    let repair: @Sendable (_ reason: String) -> Bool
  }

  /// A move that failed and is tried again.
  struct Retry: Sendable {
    var record: InspectionRecord
    let incoming: Directory
    var time: ContinuousClock.Instant
    var attempts: Int
  }

  private let around: Surroundings
  private let heartbeat: Heartbeat
  /// Moves to be tried again.
  private(set) var retries: [Retry]
  private var hasSidecarFailed = false

  /// A recorder, with the moves that another one left to be tried again.
  init(_ surroundings: Surroundings, heartbeat: Heartbeat, retries: [Retry] = []) {
    around = surroundings
    self.heartbeat = heartbeat
    self.retries = retries
  }

  /// Works until the queue is closed and empty.
  func run() {
    var mark: UInt64 = 0
    do {
      while let batch = around.results.pop(atMost: 64, waitingAtMost: patience, mark: &mark) {
        heartbeat.beat()
        repairReported()
        try retry()
        if !batch.isEmpty { try record(batch) }
      }
    } catch {
      // A simulated crash: whatever is half done stays so.
    }
  }

  /// How long it may wait for results: until a move is to be tried again, else for ever.
  private var patience: Duration? { retries.map(\.time).min().map { max($0 - .now, .zero) } }

  // MARK: One batch

  /// Records a batch: intents, moves, folders, sidecars, done, records.
  func record(_ batch: [Inspected]) throws(Faults.SimulatedCrash) {
    for result in batch where result.kind == .touched { touch(result) }
    try reject(batch.filter { $0.kind == .abandoned })
    let fresh = batch.filter { $0.kind == .fresh }
    if fresh.isEmpty { return }
    let proposals = fresh.map(proposal)
    guard let begun = persist({ () throws(InspectionError) in try around.ledger.value.begin(proposals) }) else {
      return
    }
    try around.faults.reach(.afterIntent)

    var moved: [(record: InspectionRecord, result: Inspected)] = []
    var stayed: [(record: InspectionRecord, result: Inspected)] = []
    for (result, outcome) in zip(fresh, begun) {
      switch outcome {
      case .known(let record): tell(result, asKnown: record)
      case .inserted(let record):
        if record.state == .intended { moved.append((record, result)) } else { stayed.append((record, result)) }
      }
    }
    try carryOut(&moved)
    for (record, result) in stayed { announce(record, result) }
    for (record, result) in moved { announce(record, result) }
  }

  /// Moves the files of a batch and writes down what came of it.
  private func carryOut(
    _ moved: inout [(record: InspectionRecord, result: Inspected)]
  ) throws(Faults.SimulatedCrash) {
    if moved.isEmpty { return }
    for index in moved.indices {
      heartbeat.beat()
      let (record, result) = moved[index]
      let outcome = try around.mover.perform(record, incoming: result.incoming, opened: result.file)
      moved[index].record = settled(record, outcome)
    }
    try around.faults.reach(.afterMoves)
    synchronize(moved.map { ($0.record, $0.result.incoming) })
    try around.faults.reach(.afterSynchronization)
    var records = moved.map(\.record)
    writeSidecars(&records)
    for index in moved.indices { moved[index].record = records[index] }
    try around.faults.reach(.afterSidecars)
    let ends = records
    _ = persist { () throws(InspectionError) in try around.ledger.value.finish(ends) }
    try around.faults.reach(.afterDone)
    for (record, result) in moved where record.state == .intended {
      retries.append(Retry(record: record, incoming: result.incoming, time: .now + .seconds(1), attempts: 1))
    }
  }

  /// The record as it enters the ledger.
  private func proposal(_ result: Inspected) -> InspectionRecord {
    var record = result.record
    record.isJournalled = !isConfirmationWanted(record)
    if record.action.takesFileAway {
      record.state = .intended
      if around.mover.folders.target(of: record.action) != nil {
        record.destination = DestinationName.make(for: record.arrival.name, id: record.id, time: record.recorded)
      }
    }
    return record
  }

  /// The record after its file was moved, or was not.
  private func settled(_ record: InspectionRecord, _ outcome: Mover.Outcome) -> InspectionRecord {
    var record = record
    if record.action == .quarantineFailed, record.state == .intended {
      // Its failure has an entry of its own; what comes now needs another.
      record.isJournalled = !isConfirmationWanted(record)
    }
    switch outcome {
    case .done:
      record.state = .done
      record.errorNumber = nil
      if record.action == .quarantineFailed { record.action = .quarantined }
      // What an earlier attempt at the move failed with; an unreadable file's reason is its own.
      if record.verdict != .unreadable { (record.reason, record.detail) = (nil, nil) }
    case .replaced, .gone:
      record.state = .done
      record.action = .left
      record.destination = nil
      record.reason = outcome == .gone ? Reason.gone : Reason.replaced
      record.detail =
        outcome == .gone
        ? "the file was removed before it could be moved"
        : "another file took the name before the move; that one is inspected anew"
    case .failed(let error):
      record.state = .intended
      if record.action == .quarantined { record.action = .quarantineFailed }
      if record.verdict == .anomaly { record.reason = error.isNoSpace ? Reason.noSpace : Reason.moveFailed }
      if record.verdict != .unreadable { record.detail = error.description }
      record.errorNumber = error.code.rawValue
    }
    return record
  }

  /// Waits until the folders of a batch's moves are on the disk, each once.
  private func synchronize(_ moves: [(record: InspectionRecord, incoming: Directory)]) {
    var done: Set<ObjectIdentifier> = []
    for (record, incoming) in moves {
      for folder in [incoming, around.mover.folders.target(of: record.action)].compactMap(\.self)
      where done.insert(ObjectIdentifier(folder)).inserted {
        // A folder that cannot be synchronised leaves the move to the ledger's recovery.
        try? folder.synchronize()
      }
    }
  }

  /// Writes the sidecars of what was quarantined, with one flush of the folder; a record whose sidecar cannot be written
  /// stays intended, so that it is tried again.
  private func writeSidecars(_ records: inout [InspectionRecord]) {
    let quarantine = around.mover.folders.quarantine
    var failure: LinuxError?
    var written: [Int] = []
    for index in records.indices where records[index].action == .quarantined && records[index].state == .done {
      guard let sidecar = Sidecar(records[index]), let name = Sidecar.name(for: sidecar.name) else { continue }
      do {
        try quarantine.write(sidecar.encoded, to: name, mode: 0o640, durability: .content)
        written.append(index)
      } catch {
        failure = error
        records[index].state = .intended
      }
    }
    do {
      if !written.isEmpty { try quarantine.synchronize() }
    } catch {
      failure = error
      for index in written { records[index].state = .intended }
    }
    if let failure, !hasSidecarFailed {
      around.sink.post(.failed, "\(failure); pictures are in quarantine without the file that describes them, for now")
    }
    if failure != nil || !written.isEmpty { hasSidecarFailed = failure != nil }
  }

  // MARK: Telling

  private func announce(_ record: InspectionRecord, _ result: Inspected) {
    around.metrics.count(record)
    // Moved, but without its sidecar yet: the entry comes when it is complete.
    let isIncomplete = record.action == .quarantined && record.state == .intended
    if !isIncomplete { post(record) }
    switch (record.verdict, record.state, record.action) {
    case (.error, _, _): around.mailbox.post(result.name, .failing)
    case (_, .intended, .quarantined): around.mailbox.post(result.name, .gone)
    case (_, .intended, _): around.mailbox.post(result.name, .recorded(result.status))
    case (_, .done, .left) where record.reason == Reason.replaced: around.mailbox.post(result.name, .changed)
    case (.unreadable, .done, .left) where around.settings.value.onUnreadable == .move && record.reason != Reason.gone:
      around.mailbox.post(result.name, .unfinished(result.status))
    case (_, .done, .left) where record.reason != Reason.gone:
      around.mailbox.post(result.name, .recorded(result.status))
    default: around.mailbox.post(result.name, .gone)
    }
  }

  private func tell(_ result: Inspected, asKnown record: InspectionRecord) {
    if record.verdict == .error { return around.mailbox.post(result.name, .failing) }
    if record.changed != result.status.changed {
      _ = persist { () throws(InspectionError) in
        try around.ledger.value.touch(record.id, changed: result.status.changed)
      }
    }
    around.mailbox.post(result.name, .recorded(result.status))
  }

  private func touch(_ result: Inspected) {
    let id = result.record.id
    let done: Void? = persist { () throws(InspectionError) in
      try around.ledger.value.touch(id, changed: result.status.changed)
    }
    around.mailbox.post(result.name, done == nil ? .incomplete : .recorded(result.status))
  }

  /// Moves files that are recorded as unreadable, and abandoned: the intent first, as always; no second entry.
  private func reject(_ results: [Inspected]) throws(Faults.SimulatedCrash) {
    var moved: [(record: InspectionRecord, result: Inspected)] = results.map { result in
      var record = result.record
      record.state = .intended
      record.destination = DestinationName.make(for: record.arrival.name, id: record.id, time: record.recorded)
      return (record, result)
    }
    let intents = moved.map(\.record)
    let done: Void? = persist { () throws(InspectionError) in try around.ledger.value.finish(intents) }
    if done == nil { return }
    try carryOut(&moved)
    for (record, result) in moved {
      around.mailbox.post(result.name, record.action == .rejected && record.state == .done ? .gone : .changed)
    }
  }

  private func post(_ record: InspectionRecord) {
    guard record.verdict != .normal || isNormalWanted(record) else { return }
    var record = record
    // A move that is still to come has not happened; for quarantine there is a word for it.
    if record.state == .intended && record.action != .quarantineFailed { record.action = .left }
    around.sink.post(RecordEntry(record, spool: around.spool))
  }

  private func isConfirmationWanted(_ record: InspectionRecord) -> Bool {
    around.sink.needsConfirmation && (record.verdict != .normal || isNormalWanted(record))
  }

  /// Whether a normal picture gets a record; one of N by its id, so that the answer stays the same.
  private func isNormalWanted(_ record: InspectionRecord) -> Bool {
    switch around.settings.value.journalNormal {
    case .all: true
    case .none: false
    case .sample(let count):
      UInt64(record.id.filter { $0 != "-" }.prefix(12), radix: 16).map { $0 % UInt64(count) == 0 } ?? true
    }
  }

  // MARK: Persisting

  /// Writes to the ledger until it takes it: without a durable intent no file moves. Nil when the daemon stops meanwhile.
  ///
  /// - Parameter isWaiting: false at the start, before anybody answers a signal: it tries once, and nil is a failure.
  private func persist<Result>(isWaiting: Bool = true, _ body: () throws(InspectionError) -> Result) -> Result? {
    var pause = Duration.milliseconds(100)
    var isRepaired = false
    while true {
      do {
        let result = try body()
        if around.isBlocked.value {
          around.isBlocked.change { $0 = false }
          around.mailbox.notifyWatcher()
          around.sink.post(.diskFloor, priority: 5, "the ledger can be written again; intake goes on")
        }
        return result
      } catch {
        if case .ledger(_, let reason, isDamaged: true) = error, around.repair(reason), !isRepaired {
          isRepaired = true
          continue
        }
        if !around.isBlocked.value {
          around.isBlocked.change { $0 = true }
          around.mailbox.notifyWatcher()
          around.sink.post(.diskFloor, priority: 2, "intake is paused: \(error)")
        }
        if around.isStopping.value || !isWaiting { return nil }
        heartbeat.beat()
        // Nothing ever comes out of an empty queue of its own: its wait is a pause that ends by itself.
        _ = BoundedQueue<Int>(capacity: 1).pop(atMost: 1, waitingAtMost: pause)
        // A new ledger that is damaged at once is a broken disk: each repair keeps the old file, so not too often.
        pause = min(pause * 2, .seconds(isRepaired ? 60 : 5))
      }
    }
  }

  /// Repairs the ledger that a lane found damaged, unless that has been done by now.
  func repairReported() {
    let report = around.damage.change { report in
      defer { report = nil }
      return report
    }
    guard let report, report.ledger === around.ledger.value else { return }
    _ = around.repair(report.reason)
  }

  // MARK: Trying again

  /// Tries the moves again whose time has come.
  func retry(at now: ContinuousClock.Instant = .now) throws(Faults.SimulatedCrash) {
    guard retries.contains(where: { $0.time <= now }) else { return }
    var left: [Retry] = []
    for var retry in retries {
      guard retry.time <= now else {
        left.append(retry)
        continue
      }
      let outcome = try around.mover.settle(retry.record, incoming: retry.incoming)
      var record = settled(retry.record, outcome)
      if record.state == .done {
        guard let end = complete(record, incoming: retry.incoming) else { return }
        record = end
      }
      if record.state == .intended {
        retry.record = record
        retry.attempts += 1
        retry.time = now + min(.seconds(1 << min(retry.attempts, 6)), .seconds(60))
        left.append(retry)
      }
    }
    retries = left
  }

  /// Brings a record to its end after its file has been dealt with.
  ///
  /// - Parameter isReplayed: the record's entry is sent with all others that the journal has not got.
  /// - Returns: the record; still intended when its sidecar could not be written; nil when the ledger did not take it.
  private func complete(
    _ record: InspectionRecord, incoming: Directory, isReplayed: Bool = false, isWaiting: Bool = true
  ) -> InspectionRecord? {
    synchronize([(record, incoming)])
    var records = [record]
    writeSidecars(&records)
    let end = records[0]
    let done: Void? = persist(isWaiting: isWaiting) { () throws(InspectionError) in
      try around.ledger.value.finish([end])
    }
    if done == nil { return nil }
    if !isReplayed && end.state == .done { post(end) }
    return end
  }

  // MARK: After a crash

  /// Brings every intended row to its end, before anything new is inspected; where the ledger cannot be written, the rows
  /// are left to `run`, which waits for it.
  ///
  /// - Returns: how many rows were settled.
  func recover(incoming: Directory) throws(Faults.SimulatedCrash) -> Int {
    guard
      let records = persist(isWaiting: false, { () throws(InspectionError) in try around.ledger.value.intended() })
    else { return 0 }
    for record in records {
      if around.isBlocked.value {
        // Another attempt may wait for seconds, and nobody answers a signal yet.
        retries.append(Retry(record: record, incoming: incoming, time: .now + .seconds(1), attempts: 1))
        continue
      }
      let outcome = try around.mover.settle(record, incoming: incoming)
      var end = settled(record, outcome)
      if end.state == .done {
        // Not written down: the row is settled again as it is in the ledger.
        end =
          complete(end, incoming: incoming, isReplayed: around.sink.needsConfirmation, isWaiting: false) ?? record
      } else {
        let failed = end
        _ = persist(isWaiting: false) { () throws(InspectionError) in try around.ledger.value.finish([failed]) }
        post(failed)
      }
      if end.state == .done {
        around.metrics.count(end)
      } else {
        retries.append(Retry(record: end, incoming: incoming, time: .now + .seconds(1), attempts: 1))
      }
    }
    return records.count
  }
}
