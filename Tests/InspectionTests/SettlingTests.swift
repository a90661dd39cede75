import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("settling: batches, signs of life, fields") struct SettlingTests {
  /// Counts how often each point was reached.
  private final class Tally: Sendable {
    private let counts = Shared<[FaultPoint: Int]>([:])

    func count(_ point: FaultPoint) -> Int { counts.value[point, default: 0] }
    func clear() { counts.change { $0 = [:] } }

    var faults: Faults { Faults { [counts] point in counts.change { $0[point, default: 0] += 1 } } }
  }

  @Test func `moves that are tried again, and those of a start, have one commit and one flush a batch`() throws {
    let bench = try RecorderBench()
    // More than a batch, fewer than two.
    let count = Recorder.batchCount + 32
    for number in 0..<count { try bench.put("\(number).png", "content \(number)") }
    let results = try (0..<count).map { try bench.inspected("\($0).png") }
    do {
      let (dying, _, _) = try bench.recorder(FaultPoint.afterIntent.crash)
      for start in stride(from: 0, to: count, by: 40) {
        #expect(throws: Faults.SimulatedCrash.self) { try dying.record(Array(results[start..<start + 40])) }
      }
    }
    let tally = Tally()
    let failing = Faults(failure: { $0 == .beforeMove ? .ioError : nil })
    let (first, _, _) = try bench.recorder(tally.faults, moving: failing)
    #expect(try first.recover(incoming: bench.incoming) == 0)
    #expect(tally.count(.afterDone) == 2 && tally.count(.afterSynchronization) == 2)
    #expect(first.retries.entries.count == count)
    tally.clear()
    let (recorder, ledger, _) = try bench.recorder(tally.faults, retries: first.retries)
    try recorder.retry(at: .now + .seconds(600))
    #expect(tally.count(.afterDone) == 2 && tally.count(.afterSynchronization) == 2)
    #expect(tally.count(.sidecarWritten) == count)
    #expect(recorder.retries.entries.isEmpty)
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.pictures().count == count)
  }

  @Test func `a move that comes to its end is shown, though nothing else happens`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    let result = try bench.inspected("a.png")
    var retries = Retries()
    do {
      let (dying, ledger, _) = try bench.recorder(FaultPoint.afterIntent.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([result]) }
      retries.add(try #require(try ledger.intended().first), incoming: bench.incoming, isDue: true)
    }
    let shown = BoundedQueue<Bool>(capacity: 8)
    let (_, ledger, around) = try bench.recorder { _ = shown.push(true) }
    let recorder = ThreadGroup(name: "test", count: 1) { [retries] _ in
      Recorder(around, heartbeat: Heartbeat(name: "test"), retries: retries).run()
    }
    #expect(shown.pop(atMost: 1, waitingAtMost: .seconds(60))?.count == 1)
    #expect(around.metrics.values.waitingMoveCount == 0)
    // Once: what is as it was is not shown again.
    around.results.nudge()
    around.results.close()
    recorder.wait(atMost: .seconds(60))
    #expect(shown.count == 0)
    #expect(try ledger.intended().isEmpty)
  }

  @Test(arguments: [FaultPoint.afterMoves, .afterSynchronization, .sidecarWritten, .afterSidecars, .afterDone])
  func `a crash while moves are tried again leaves one row and one file`(point: FaultPoint) throws {
    let bench = try RecorderBench()
    for number in 0..<3 { try bench.put("\(number).png", "content \(number)") }
    let batch = try (0..<3).map { try bench.inspected("\($0).png") }
    do {
      let (dying, _, _) = try bench.recorder(FaultPoint.afterIntent.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record(batch) }
    }
    do {
      let (dying, _, _) = try bench.recorder(point.crash)
      #expect(throws: Faults.SimulatedCrash.self) { _ = try dying.recover(incoming: bench.incoming) }
    }
    let (recorder, ledger, _) = try bench.recorder()
    _ = try recorder.recover(incoming: bench.incoming)
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.names("quarantine").count == 6)
    let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(records.map(\.action) == [.quarantined, .quarantined, .quarantined])
  }

  @Test(.enabled(if: OtherFileSystem.path != nil))
  func `a large copy gives a sign of life for every piece, and so does its comparison`() throws {
    let quarantine = (OtherFileSystem.path ?? "") + "/ganomaly-large-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    let bytes = [UInt8](repeating: 7, count: 40 << 20)
    try Data(bytes).write(to: URL(filePath: bench.path + "/incoming/a.png"))
    let status = try #require(try bench.incoming.status(of: FileName("a.png")!))
    let record = InspectionRecord(
      id: UUID().uuidString.lowercased(), recorded: .now, arrived: .now, folder: bench.incoming.path.bytes,
      arrival: Arrival(name: FileName("a.png")!, status: status), changed: status.changed,
      digest: SampleDigest.of(bytes), verdict: .anomaly, action: .quarantined, destination: FileName("b.png")!,
      isTargetApart: true)
    let signs = Shared(0)
    let mover = Mover(folders: bench.folders, faults: .none, sign: SignOfLife { signs.change { $0 += 1 } })
    let crashing = Mover(folders: bench.folders, faults: FaultPoint.copyFolderSynchronized.crash, sign: mover.sign)
    #expect(throws: Faults.SimulatedCrash.self) {
      _ = try crashing.perform(record, incoming: bench.incoming, opened: nil)
    }
    // A mebibyte each, and the flush at the end.
    #expect(signs.value == 41)
    #expect(try mover.settle(record, incoming: bench.incoming) == .done)
    // The copy is compared, and so is the source before it goes.
    #expect(signs.value == 41 + 40 + 40)
  }

  @Test func `a large file gives a sign of life for every piece that is read of it`() throws {
    let bench = try RecorderBench()
    let bytes = (0..<(9 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 3) }
    try Data(bytes).write(to: URL(filePath: bench.path + "/incoming/a.png"))
    guard case .file(let file) = try PlainFile.open(FileName("a.png")!, in: bench.incoming) else {
      Issue.record("it is a plain file")
      return
    }
    var count = 0
    #expect(try file.read(maximumCount: 9 << 20) { count += 1 } == bytes)
    #expect(count == 3)
    #expect(try file.read(maximumCount: (9 << 20) - 1) == nil)
  }

  @Test func `a start asks for more time as long as it moves on, and not after its end`() {
    let start = ContinuousClock.now
    var turn = StartExtension.Turn(at: start)
    let asked = (0...20).filter { turn.note(at: start + .seconds($0)) }
    #expect(asked == [5, 10, 15, 20])

    let lines = Shared<[String]>([])
    let life = StartExtension { line in lines.change { $0.append(line) } }
    life.note(at: .now + .seconds(1))
    #expect(lines.value == [])
    life.note(at: .now + .seconds(6))
    #expect(lines.value == ["EXTEND_TIMEOUT_USEC=60000000"])
    life.end()
    life.note(at: .now + .seconds(60))
    #expect(lines.value.count == 1)
  }

  @Test func `an entry that is replayed has the fields of the first, the error's number among them`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let failing = Faults(failure: { $0 == .beforeMove ? .noSpace : nil })
    let (recorder, ledger, around) = try bench.recorder(failing)
    try recorder.record([try bench.inspected("a.png")])
    let first = try #require(around.sink.queue.pop(atMost: 1, waitingAtMost: .zero)?.first)
    #expect(first.fields.contains(JournalField("ERRNO", "\(Errno.noSpace.rawValue)")))
    let row = try #require(try ledger.intended().first)
    #expect(RecordEntry(row, spool: around.spool).fields == first.fields)

    // What our own faults come to has its number from the beginning.
    var error = try bench.inspected("a.png", action: .left).record
    error.verdict = .error
    (error.reason, error.detail, error.errorNumber) = (Reason.inputOutput, "why", 5)
    (error.score, error.threshold) = (nil, nil)
    error.arrival = Arrival(name: FileName("b.png")!, device: 1, inode: 2, size: 3, modified: 4)
    _ = try ledger.begin([error])
    let kept = try #require(try ledger.record(of: error.arrival))
    #expect(RecordEntry(kept, spool: around.spool).fields == RecordEntry(error, spool: around.spool).fields)
  }

  @Test func `a ledger without the later columns is read as it is, gets them, and serves programs without them`() throws
  {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    try bench.recorder().0.record([try bench.inspected("a.png")])
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write { database in
      try database.execute(sql: "DROP INDEX inspection_awaited")
      for column in ["error_number", "folder_inode", "awaited", "target_inode", "target_apart", "regions"] {
        try database.execute(sql: "ALTER TABLE inspection DROP COLUMN \(column)")
      }
      for column in ["quarantine_device", "quarantine_inode", "place_inode"] {
        try database.execute(sql: "ALTER TABLE departure DROP COLUMN \(column)")
      }
    }
    let state = bench.spool.appending("state")
    let before = try LedgerReader(state: state).inspections()
    #expect(before.map(\.action) == [.quarantined] && before.map(\.folderInode) == [nil])
    var pages = try LedgerReader(state: state).pages(InspectionQuery())
    #expect(try pages.next()?.count == 1)
    let ledger = try Ledger(in: bench.state)
    #expect(try ledger.intendedDepartures().isEmpty)
    #expect(try LedgerReader(state: state).inspections() == before)
    // As a program writes that knows nothing of them.
    let columns = InspectionRecord.columns.filter {
      !["error_number", "folder_inode", "awaited", "target_inode", "target_apart", "regions"].contains($0)
    }
    let values = columns.map { $0 == "id" ? "'other'" : $0 == "occurrence" ? "7" : $0 }.joined(separator: ", ")
    try queue.write {
      try $0.execute(
        sql: "INSERT INTO inspection (\(columns.joined(separator: ", "))) SELECT \(values) FROM inspection")
    }
    #expect(try LedgerReader(state: state).inspections().map(\.isAwaited) == [false, false])
  }

  @Test(.enabled(if: OtherFileSystem.path != nil), arguments: [FaultPoint.purgeIntended, .purgeRemoved])
  func `a purge that was interrupted stays open as long as its quarantine is away`(point: FaultPoint) throws {
    let root = (OtherFileSystem.path ?? "") + "/ganomaly-away-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let bench = try QuarantineBench(quarantine: FilePath(root + "/quarantine"))
    do {
      let desk = try bench.desk(point.crash, purpose: .free)
      #expect(throws: Faults.SimulatedCrash.self) {
        try desk.purge(Retention(maximumAge: nil, maximumBytes: 0)) { _ in }
      }
    }
    // The place where it was mounted, empty, on the file system below.
    let below = bench.bench.path + "/below"
    try FileManager.default.createDirectory(atPath: below + "/quarantine", withIntermediateDirectories: true)
    let desk = try QuarantineDesk(state: bench.state, spool: FilePath(below), user: nil) { Issue.record("\($0)") }
    #expect(desk.settlements.map(\.isPending) == [true])
    #expect(desk.settlements.allSatisfy { $0.text.contains("mount or rename that one") })
    #expect(try Ledger(in: bench.bench.state).intendedDepartures().count == 1)
    let later = try bench.desk()
    #expect(
      later.settlements.map(\.end)
        == [point == .purgeIntended ? .withdrawn("the picture stays in quarantine") : .finished])
    #expect(try bench.names().count == (point == .purgeIntended ? 2 : 0))
  }

  @Test func `the count of pictures is that of the folder at the path, also where no move has opened it anew`() throws {
    let bench = try QuarantineBench(count: 2).bench
    let folders = bench.folders
    var meter = QuarantineMeter { folders.quarantine }
    let now = ContinuousClock.now
    #expect(meter.readIfDue(now: now)?.fileCount == 2)
    let path = bench.path + "/quarantine"
    #expect(rename(path, path + ".old") == 0)
    #expect(meter.readIfDue(now: now + .seconds(1)) == nil)
    #expect(meter.failure != nil)
    #expect(mkdir(path, 0o755) == 0)
    #expect(meter.readIfDue(now: now + .seconds(2))?.fileCount == 0)
    #expect(meter.failure == nil)
    #expect(meter.readIfDue(now: now + .seconds(3)) == nil)
  }

  @Test func `temporary files that a kill left are counted and told of, those of work under way stay`() throws {
    let bench = try RecorderBench()
    let (gone, working) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
    for id in [gone, working] {
      try bench.folders.passed.write([1], to: CheckedCopy.temporary(id: id), mode: 0o600)
    }
    try bench.folders.quarantine.write([1], to: FileName(".2147483000-77.tmp")!, mode: 0o600)
    let notes = Leftovers.removeAll(
      bench.folders, state: bench.state, incoming: bench.incoming, isAlone: true, isKnown: { _ in true },
      except: { [working] })
    #expect(notes.map(\.priority) == [5, 5])
    #expect(notes.allSatisfy { $0.text.hasPrefix("1 temporary files that an interruption had left in") })
    #expect(try bench.folders.passed.names() == [CheckedCopy.temporary(id: working)])
    #expect(try bench.folders.quarantine.names() == [])
  }
}
