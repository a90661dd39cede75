import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("ledger: begun anew from quarantine") struct LedgerBeginningTests {
  /// A bench with two pictures in quarantine; their ledger is closed.
  private func quarantined(_ bench: RecorderBench) throws -> [InspectionRecord] {
    let (recorder, ledger, _) = try bench.recorder()
    var records: [InspectionRecord] = []
    for name in ["a.png", "b-c.png"] {
      try bench.put(name, "content of \(name)")
      let result = try bench.inspected(name)
      try recorder.record([result])
      records.append(try #require(try ledger.record(of: result.record.arrival)))
    }
    try ledger.close()
    return records
  }

  private func rows(_ bench: RecorderBench) throws -> [InspectionRecord] {
    try LedgerReader(state: bench.spool.appending("state")).inspections()
  }

  @Test(arguments: ["missing", "without a byte", "without a row"])
  func `a ledger that has nothing while pictures are in quarantine is begun anew, and it is told`(
    way: String
  ) throws {
    let bench = try RecorderBench()
    let records = try quarantined(bench)
    let path = bench.path + "/state/ledger.sqlite"
    switch way {
    case "without a row":
      let queue = try DatabaseQueue(path: path)
      try queue.write { try $0.execute(sql: "DELETE FROM inspection") }
      try queue.close()
    default:
      for ending in ["", "-wal", "-shm"] { unlink(path + ending) }
      if way == "without a byte" { try Data().write(to: URL(filePath: path)) }
    }
    let (ledger, note) = try LedgerRepair.open(bench.state, bench.folders, readerCount: 2, faults: .none)
    let sentence = try #require(note)
    #expect(sentence.contains(way == "missing" ? "was missing" : "was empty"), "\(sentence)")
    #expect(sentence.contains("2 pictures from quarantine"), "\(sentence)")
    #expect(try rows(bench).map(\.id) == records.map(\.id))
    try ledger.close()
    // Once: the next start finds all in order.
    #expect(try LedgerRepair.open(bench.state, bench.folders, readerCount: 2, faults: .none).1 == nil)
  }

  @Test func `a new ledger has everything, one that was begun anew knows since when`() throws {
    let bench = try RecorderBench()
    _ = try quarantined(bench)
    let state = bench.spool.appending("state")
    #expect(try LedgerReader(state: state).beginning() == nil)
    let before = WallTime.now
    let (ledger, _) = try LedgerRepair.beginAnew(
      bench.state, bench.folders, damaged: nil, reason: "test", readerCount: 2)
    let beginning = try #require(try LedgerReader(state: state).beginning())
    #expect(beginning.cause == .begunAnew && before...WallTime.now ~= beginning.since)
    // A later time counts, an earlier one does not.
    try ledger.note(LedgerBeginning(since: before, cause: .pruned))
    #expect(try LedgerReader(state: state).beginning() == beginning)
    let later = LedgerBeginning(since: .now, cause: .pruned)
    try ledger.note(later)
    #expect(try LedgerReader(state: state).beginning() == later)
  }

  @Test func `what was removed from a ledger is the end of what it has not all of`() throws {
    let bench = try RecorderBench()
    let records = try quarantined(bench)
    let ledger = try Ledger(in: bench.state)
    let state = bench.spool.appending("state")
    #expect(try ledger.prune([RowKey(number: records[0].number, id: "other")]) == 0)
    #expect(try LedgerReader(state: state).beginning() == nil)
    #expect(try ledger.prune([records[0].row]) == 1)
    let since = WallTime(nanoseconds: records[0].recorded.nanoseconds + 1)
    #expect(try LedgerReader(state: state).beginning() == LedgerBeginning(since: since, cause: .pruned))
  }

  @Test func `an earlier version's ledger has everything from now on, and an empty one always had`() throws {
    for isEmpty in [true, false] {
      let bench = try RecorderBench()
      if !isEmpty { _ = try quarantined(bench) }
      try Ledger(in: bench.state).close()
      let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
      try queue.write { try $0.execute(sql: "DROP TABLE beginning") }
      try queue.close()
      let before = WallTime.now
      let state = bench.spool.appending("state")
      #expect(try LedgerReader(state: state).beginning()?.cause == (isEmpty ? nil : .upgraded))
      try Ledger(in: bench.state).close()
      let beginning = try LedgerReader(state: state).beginning()
      #expect(beginning?.cause == (isEmpty ? nil : .upgraded))
      if let beginning { #expect(before...WallTime.now ~= beginning.since) }
    }
  }

  @Test func `rows that were set aside are counted from the span's first row on`() throws {
    let bench = try RecorderBench()
    let records = try quarantined(bench)
    let state = bench.spool.appending("state")
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write {
      try $0.execute(
        sql: "INSERT INTO unreadable (number, found, reason, content) VALUES (?, ?, '', '')",
        arguments: [records[1].number + 1, WallTime.now.nanoseconds])
    }
    try queue.close()
    let reader = try LedgerReader(state: state)
    #expect(try reader.setAsideCount(since: records[0].recorded) == 1)
    #expect(try reader.setAsideCount(since: .now) == 0)
    let newer = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try newer.write { try $0.execute(sql: "UPDATE unreadable SET number = 0") }
    try newer.close()
    #expect(try reader.setAsideCount(since: records[1].recorded) == 0)
  }

  @Test func `a ledger that is no plain file, or empty, is refused in words`() throws {
    for isPipe in [true, false] {
      let bench = try RecorderBench()
      let path = bench.path + "/state/ledger.sqlite"
      if isPipe { #expect(mkfifo(path, 0o600) == 0) } else { try Data().write(to: URL(filePath: path)) }
      let error = try #require(throws: InspectionError.self) {
        try LedgerReader(state: bench.spool.appending("state"))
      }
      #expect("\(error)".contains(isPipe ? "it is no plain file" : "it is empty"), "\(error)")
    }
  }

  @Test func `an empty ledger beside an empty quarantine is a first start`() throws {
    let bench = try RecorderBench()
    #expect(try LedgerRepair.open(bench.state, bench.folders, readerCount: 2, faults: .none).1 == nil)
  }

  @Test func `a picture without a sidecar is recorded by its name and its bytes`() throws {
    let bench = try RecorderBench()
    let records = try quarantined(bench)
    let picture = try #require(records[1].destination)
    #expect(unlink(bench.path + "/quarantine/\(picture).json") == 0)
    // Not ours by its name.
    try Data("x".utf8).write(to: URL(filePath: bench.path + "/quarantine/20261322T042459Z-0123456789ab-x.png"))
    let (new, note) = try LedgerRepair.beginAnew(
      bench.state, bench.folders, damaged: nil, reason: "test", readerCount: 2)
    #expect(note.contains("2 pictures from quarantine (1 of them without a score"), "\(note)")
    let row = try #require(try rows(bench).first { $0.destination == picture })
    #expect(row.arrival.name == FileName("b-c.png"))
    #expect(row.digest == records[1].digest && row.arrival.size == records[1].arrival.size)
    #expect(row.score == nil && row.verdict == .anomaly && row.action == .quarantined && row.state == .done)
    #expect(row.id != records[1].id && row.id.prefix(13) == records[1].id.prefix(13))
    #expect(UUID(uuidString: row.id) != nil)
    #expect(row.recorded.compact == records[1].recorded.compact)
    #expect(try rows(bench).count == 2)
    #expect(try new.intended().isEmpty)
  }

  @Test func `the parts of a moved file's name are read back, and no others`() {
    let time = WallTime(nanoseconds: 1_700_000_000_000_000_000)
    let name = DestinationName.make(for: FileName("ä b.png")!, id: "01234567-89ab-4def-8000-000000000000", time: time)
    let parts = DestinationName.Parts(name, among: [name])
    #expect(parts?.time == time && parts?.identifier == "0123456789ab" && parts?.original == FileName("ä b.png"))
    for other in [
      "\(name).json", "\(name).view.png", "\(name).map.png", "x\(name)", "20231114T221320Z-0123456789ab-",
      "20231114T221320Z-0123456789aB-x.png", "20230230T221320Z-0123456789ab-x.png",
      "20231114T226120Z-0123456789ab-x.png", "20231114T221320Z_0123456789ab-x.png", ".hidden",
    ] {
      #expect(DestinationName.Parts(FileName(other)!, among: [name]) == nil, "\(other)")
    }
    // A side picture that is left alone, or with its picture's sidecar, is none; one with a sidecar of its own is one.
    let view = FileName("\(name).view.png")!
    let sidecars = ["\(name).json", "\(view).json"].map { FileName($0)! }
    #expect(DestinationName.Parts(view, among: [view]) == nil)
    #expect(DestinationName.Parts(view, among: [view, sidecars[0]]) == nil)
    #expect(DestinationName.Parts(view, among: [view, sidecars[1]])?.original == FileName("ä b.png.view.png"))
    #expect(DestinationName.Parts(view, among: Set([view, name] + sidecars))?.original == FileName("ä b.png.view.png"))
    // No picture's name is before that ending.
    let own = FileName("20231114T221320Z-0123456789ab-part.view.png")!
    #expect(DestinationName.Parts(own, among: [own])?.original == FileName("part.view.png"))
    #expect(DestinationName.Parts(FileName("\(name).json")!, among: []) == nil)
  }

  @Test(arguments: [[".json", ".view.png"], [".view.png"], [".json", ".map.png"]])
  func `what lay beside a picture that is gone is no picture without the ledger`(left: [String]) throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    try bench.put("a.png", "content")
    try recorder.record([try bench.inspected("a.png")])
    try ledger.close()
    let picture = bench.path + "/quarantine/" + (try #require(try bench.pictures().first))
    for ending in [".view.png", ".map.png"] where left.contains(ending) {
      try Data("shown".utf8).write(to: URL(filePath: picture + ending))
    }
    #expect(unlink(picture) == 0)
    if !left.contains(".json") { #expect(unlink(picture + ".json") == 0) }
    for ending in ["", "-wal", "-shm"] { unlink(bench.path + "/state/ledger.sqlite" + ending) }
    let (_, note) = try LedgerRepair.open(bench.state, bench.folders, readerCount: 2, faults: .none)
    #expect(note == nil)
    #expect(try rows(bench) == [])
  }

  @Test(arguments: ["nothing", "the sidecar", "the name"])
  func `a picture whose own name ends as a side picture's is found without the ledger`(lost: String) throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    try bench.put("part.view.png", "content")
    try recorder.record([try bench.inspected("part.view.png")])
    try ledger.close()
    let name = try #require(try bench.pictures().first)
    let quarantine = bench.path + "/quarantine/"
    switch lost {
    case "the sidecar": #expect(unlink(quarantine + name + ".json") == 0)
    case "the name":
      for ending in ["", ".json"] { #expect(rename(quarantine + name + ending, quarantine + "x.png" + ending) == 0) }
    default: break
    }
    for ending in ["", "-wal", "-shm"] { unlink(bench.path + "/state/ledger.sqlite" + ending) }
    let (_, note) = try LedgerRepair.open(bench.state, bench.folders, readerCount: 2, faults: .none)
    #expect(note?.contains("begun with 1 pictures") == true, "\(note ?? "no note")")
    #expect(try rows(bench).map(\.arrival.name) == [FileName("part.view.png")!])
  }

  @Test(arguments: [
    ("quarantined", "NULL"), ("quarantine-failed", "NULL"), ("passed", "NULL"), ("rejected", "NULL"), ("left", "x'61'"),
  ])
  func `a row that intends what cannot be done is set aside`(action: String, destination: String) throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    try bench.put("a.png", "x")
    try recorder.record([try bench.inspected("a.png", action: .left)])
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write {
      try $0.execute(
        sql: "UPDATE inspection SET state = 'intended', action = '\(action)', destination = \(destination)")
    }
    #expect(try recorder.recover(incoming: bench.incoming) == 0)
    #expect(ledger.takeNotes().count == 1)
    #expect(try bench.names("incoming") == ["a.png"])
  }

  @Test func `inspections without a format's number are damage`() throws {
    let bench = try RecorderBench()
    let records = try quarantined(bench)
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write { try $0.execute(sql: "PRAGMA user_version = 0") }
    try queue.close()
    let note = try LedgerRepair.open(bench.state, bench.folders, readerCount: 2, faults: .none).1
    #expect(note?.contains("was damaged") == true)
    #expect(try rows(bench).map(\.id) == records.map(\.id))
  }

  @Test func `an early ledger of format 2 gets the index that it lacks`() throws {
    let bench = try RecorderBench()
    try Ledger(in: bench.state).close()
    let path = bench.path + "/state/ledger.sqlite"
    func count() throws -> Int? {
      let queue = try DatabaseQueue(path: path)
      defer { try? queue.close() }
      return try queue.read {
        try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master WHERE name = 'inspection_quarantined_recorded'")
      }
    }
    #expect(try count() == 1)
    let queue = try DatabaseQueue(path: path)
    try queue.write { try $0.execute(sql: "DROP INDEX inspection_quarantined_recorded") }
    try queue.close()
    #expect(try count() == 0)
    try Ledger(in: bench.state).close()
    #expect(try count() == 1)
  }

  @Test func `a file whose file system has another number since a restart is known by its bytes`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, around) = try bench.recorder()
    try bench.put("a.png", "judged")
    let result = try bench.inspected("a.png", action: .left)
    try recorder.record([result])
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write { try $0.execute(sql: "UPDATE inspection SET device = device + 1") }
    let lane = try LaneBench(
      bench, ledger, decoded: .unreadable(reason: "damaged", sentence: "half", mayBeIncomplete: false))
    guard case .ended(.result(let touched)) = lane.examine(try lane.request("a.png")) else {
      Issue.record("the file's bytes are compared")
      return
    }
    #expect(touched.kind == .touched && touched.record.id == result.record.id)
    try recorder.record([touched])
    #expect(around.mailbox.take().map(\.finding).last == .recorded(result.status))
    #expect(try rows(bench).map(\.arrival) == [result.record.arrival])
    // From now on without a look at its bytes.
    #expect(lane.examine(try lane.request("a.png")).finding == .recorded(result.status))

    // Other bytes under the same numbers are another inspection.
    try queue.write { try $0.execute(sql: "UPDATE inspection SET device = device + 1, sha256 = x'00'") }
    #expect(lane.examine(try lane.request("a.png")).record?.verdict == .unreadable)
  }

  @Test func `a move that a crash interrupted goes on when the file system has another number by then`() throws {
    for action in [FileAction.quarantined, .deleted] {
      let bench = try RecorderBench()
      try bench.put("a.png", "judged")
      let result = try bench.inspected("a.png", action: action)
      do {
        let crashing = Faults { reached throws(Faults.SimulatedCrash) in
          if reached == .afterIntent { throw Faults.SimulatedCrash() }
        }
        let (recorder, _, _) = try bench.recorder(crashing)
        #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
      }
      let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
      try queue.write { try $0.execute(sql: "UPDATE inspection SET device = device + 1") }
      try queue.close()
      let (recorder, _, _) = try bench.recorder()
      #expect(try recorder.recover(incoming: bench.incoming) == 1)
      #expect(try bench.names("incoming") == [])
      #expect(try rows(bench).map(\.action) == [action])
    }
  }
}

@Suite("locks that only one user can take") struct PrivateLockTests {
  @Test func `the lock's file is nobody's but its owner's, and is made anew where it cannot be opened`() throws {
    let bench = try RecorderBench()
    let name = FileName(".lock")!
    let folder = bench.folders.quarantine
    // Others could take a lock on what they may read.
    try folder.write([], to: name, mode: 0o644)
    guard case .taken(let lock) = try FileLock.take(private: name, in: folder) else {
      Issue.record("nobody has the lock")
      return
    }
    try withExtendedLifetime(lock) {
      #expect(try folder.status(of: name)?.mode == 0o600)
      let place = folder.path.string
      // Whoever may only read the folder keeps nobody out of it.
      let foreign = open(place, O_RDONLY | O_DIRECTORY)
      defer { close(foreign) }
      #expect(flock(foreign, LOCK_EX | LOCK_NB) == 0)
      guard case .held = try FileLock.take(private: name, in: folder) else {
        Issue.record("the lock was given twice")
        return
      }
    }
  }
}
