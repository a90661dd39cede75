import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("ledger: damage and repair") struct LedgerRepairTests {
  /// A bench with one picture in quarantine, and its record.
  private func quarantined(_ bench: RecorderBench, _ recorder: Recorder) throws -> InspectionRecord {
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    try recorder.record([result])
    return result.record
  }

  /// Changes the ledger as nobody should.
  private func spoil(_ bench: RecorderBench, _ statement: String) throws {
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.write { try $0.execute(sql: statement) }
    try queue.close()
  }

  private func setAside(_ bench: RecorderBench) throws -> [String] {
    try bench.names("state").filter { $0.contains(".damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
  }

  @Test(arguments: [
    "verdict = 'marvellous'", "action = 7", "name = x''", "id = 'a/b'", "size = 'large'", "recorded = x'00ff'",
    "score = 'high'", "journalled = 'perhaps'", "destination = x'2f'", "occurrence = 'first'", "reinspect = 'soon'",
  ])
  func `a row that cannot be read is set aside alone, and its file is inspected again`(change: String) throws {
    let bench = try RecorderBench()
    let (recorder, ledger, around) = try bench.recorder(repairs: true)
    try bench.put("a.png", "scored")
    try bench.put("b.png", "another")
    let (result, other) = try (bench.inspected("a.png", action: .left), bench.inspected("b.png", action: .left))
    try recorder.record([result, other])
    try spoil(bench, "UPDATE inspection SET \(change), state = 'intended' WHERE number = 1")
    #expect(try recorder.recover(incoming: bench.incoming) == 0)
    // The same ledger, with the other row as it was.
    #expect(around.ledger.value === ledger)
    #expect(try setAside(bench) == [])
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    #expect(try reader.inspections().map(\.arrival.name) == [other.name])
    let notes = ledger.takeNotes()
    #expect(notes.count == 1 && notes[0].contains("row 1 "), "\(notes)")
    let kept = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite").read {
      try String.fetchAll($0, sql: "SELECT content FROM unreadable")
    }
    #expect(kept.count == 1 && kept[0].contains("'scored'") == false && kept[0].contains("name="), "\(kept)")
    // Recorded anew, once.
    try recorder.record([try bench.inspected("a.png", action: .left), other])
    #expect(try reader.inspections().count == 2)
  }

  @Test func `history goes on past a row that cannot be read, and says so`() throws {
    let bench = try RecorderBench()
    let (recorder, _, _) = try bench.recorder()
    for number in 0..<5 {
      try bench.put("\(number).png", "picture \(number)")
      try recorder.record([try bench.inspected("\(number).png", action: .left)])
    }
    try spoil(bench, "UPDATE inspection SET verdict = 'marvellous' WHERE number IN (2, 5)")
    var pages = try LedgerReader(state: bench.spool.appending("state")).pages(InspectionQuery())
    #expect(try pages.next()?.map(\.record.number) == [1, 3, 4])
    #expect(try pages.next() == nil)
    #expect(pages.unreadableCount == 2)
  }

  @Test func `damage that only a lane sees is repaired once`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, around) = try bench.recorder(repairs: true)
    try bench.put("a.png", "scored")
    try recorder.record([try bench.inspected("a.png", action: .left)])
    // The table's own description: no row can be read any more.
    try spoil(
      bench,
      """
      PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE TABLE inspection (' WHERE name = 'inspection'; \
      PRAGMA schema_version = 4711
      """)
    let lane = try LaneBench(
      bench, ledger, damage: around.damage,
      decoded: .unreadable(reason: "damaged", sentence: "half", mayBeIncomplete: false))
    let request = try lane.request("a.png")
    #expect(lane.examine(request).finding == .incomplete)
    recorder.ledger.attend()
    #expect(around.ledger.value !== ledger)
    #expect(try setAside(bench).count == 1)
    // The lane still has the ledger that was closed: what it says of that one is no news.
    #expect(lane.examine(request).finding == .incomplete)
    recorder.ledger.attend()
    #expect(try setAside(bench).count == 1)
    #expect(try around.ledger.value.intended().isEmpty)
  }

  @Test func `a new ledger knows what is in quarantine, and survives a copied and a foreign sidecar`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder(repairs: true)
    let record = try quarantined(bench, recorder)
    let picture = try #require(try bench.pictures().first)
    let folder = bench.path + "/quarantine/"
    for ending in ["", ".json"] {
      try FileManager.default.copyItem(atPath: folder + picture + ending, toPath: folder + "copy.png" + ending)
      try FileManager.default.copyItem(atPath: folder + picture + ending, toPath: folder + "foreign.png" + ending)
    }
    let text = try bench.content("quarantine/foreign.png.json")
    try Data(text.replacing(record.id, with: "../../x").utf8).write(to: URL(filePath: folder + "foreign.png.json"))
    let (new, _) = try LedgerRepair.beginAnew(
      bench.state, bench.folders, damaged: ledger, reason: "test", readerCount: 2)
    let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(records.map(\.id) == [record.id])
    #expect(try new.intended().isEmpty)
    #expect(try !bench.names("state").contains { $0.contains("building") || $0.contains("rebuilt") })
  }

  @Test func `a second repair in the same second keeps the first damaged file`() throws {
    let bench = try RecorderBench()
    let now = WallTime.now
    for number in 1...3 {
      try Data("damaged \(number)".utf8).write(to: URL(filePath: bench.path + "/state/ledger.sqlite"))
      _ = try Ledger.setAside(in: bench.state, now: now)
    }
    #expect(
      try Set(setAside(bench).map { try bench.content("state/" + $0) }) == ["damaged 1", "damaged 2", "damaged 3"])
  }

  @Test func `a repair that was interrupted before the new ledger had the name ends at the next start`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder(repairs: true)
    let record = try quarantined(bench, recorder)
    try ledger.close()
    let state = bench.path + "/state/"
    try FileManager.default.moveItem(atPath: state + "ledger.sqlite", toPath: state + "ledger.sqlite.rebuilt")
    try Data("another's log".utf8).write(to: URL(filePath: state + "ledger.sqlite-wal"))
    let next = try Ledger(in: bench.state)
    #expect(try next.record(of: record.arrival)?.id == record.id)
  }

  @Test func `rows that a new ledger numbers otherwise are found by their ids`() throws {
    let bench = try RecorderBench()
    let (_, ledger, around) = try bench.recorder(repairs: true)
    try bench.put("a.png", "scored")
    try bench.put("b.png", "another")
    var proposal = try bench.inspected("a.png").record
    proposal.state = .intended
    guard case .inserted(var record) = try ledger.begin([proposal])[0] else {
      Issue.record("the record is new")
      return
    }
    #expect(around.repair("test"))
    let new = around.ledger.value
    let other = try bench.inspected("b.png", action: .left).record
    _ = try new.begin([other])
    // The old row's number is now the other file's.
    record.state = .done
    record.reason = Reason.gone
    record.action = .left
    try new.finish([record])
    try new.touch(record.id, FileStatus(device: record.arrival.device, inode: 1, size: 1, modified: 1, changed: 7))
    try new.markJournalled([record.row])
    let rows = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(rows.map(\.id) == [other.id, record.id])
    #expect(rows.map(\.reason) == [nil, Reason.gone])
    #expect(rows.map(\.changed) == [other.changed, 7])
    #expect(rows.map(\.isJournalled) == [false, false])
  }

  @Test func `a repair does not take the log of the ledger that follows`() throws {
    let bench = try RecorderBench()
    let (recorder, _, around) = try bench.recorder(repairs: true)
    for number in 0..<5 {
      #expect(around.repair("test \(number)"))
      try bench.put("\(number).png", "picture \(number)")
      try recorder.record([try bench.inspected("\(number).png")])
    }
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    #expect(try reader.inspections().count == 5)
    #expect(try setAside(bench).count == 5)
  }
}
