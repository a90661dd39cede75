import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("ledger: format 2") struct LedgerFormatTests {
  /// A ledger as version 0.1.0 wrote it, with rows of every kind.
  private func writeFormat1(_ bench: RecorderBench, version: Int = 1) throws {
    let queue = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    try queue.write { database in
      try database.execute(
        sql: """
          CREATE TABLE inspection (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            recorded INTEGER NOT NULL, arrived INTEGER NOT NULL, folder BLOB NOT NULL, name BLOB NOT NULL,
            device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
            ctime INTEGER NOT NULL, occurrence INTEGER NOT NULL,
            sha256 BLOB NOT NULL, width INTEGER, height INTEGER, score REAL, threshold REAL, p_value REAL,
            verdict TEXT NOT NULL, reason TEXT, detail TEXT, action TEXT NOT NULL, destination BLOB,
            model_sha256 TEXT, calibration_id TEXT,
            wait_usec INTEGER NOT NULL, decode_usec INTEGER NOT NULL, inference_usec INTEGER NOT NULL,
            attempt INTEGER NOT NULL, owner INTEGER NOT NULL, group_owner INTEGER NOT NULL, mode INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('intended', 'done')), journalled INTEGER NOT NULL,
            UNIQUE (name, inode, device, size, mtime, occurrence)
          );
          CREATE INDEX inspection_intended ON inspection (number) WHERE state = 'intended';
          CREATE INDEX inspection_unjournalled ON inspection (number) WHERE journalled = 0;
          CREATE INDEX inspection_recorded ON inspection (recorded);
          INSERT INTO inspection VALUES (7, '00000000-0000-4000-8000-000000000007', 1000, 900, x'2f696e', x'61ff2e706e67',
            -1, 12, 5, 800, 850, 0, x'0102', 16, 17, 0.5, 0.25, 0.125, 'anomaly', NULL, NULL, 'quarantined', x'642e706e67',
            'ab', 'cd', 1, 2, 3, 1, 1000, 1001, 420, 'done', 1);
          INSERT INTO inspection VALUES (8, '00000000-0000-4000-8000-000000000008', 2000, 1900, x'2f696e', x'62',
            1, 13, 6, 801, 851, 0, x'', NULL, NULL, NULL, NULL, NULL, 'unreadable', 'png-crc', 'why', 'left', NULL,
            NULL, NULL, 1, 2, 3, 2, 0, 0, 384, 'done', 0);
          PRAGMA user_version = \(version);
          """)
    }
    try queue.close()
  }

  @Test func `a ledger of version 1 is read as it is, and migrated with all its rows`() throws {
    let bench = try RecorderBench()
    try writeFormat1(bench)
    let state = bench.spool.appending("state")
    let before = try LedgerReader(state: state).inspections()
    #expect(before.map(\.number) == [7, 8])
    var query = InspectionQuery()
    query.isInQuarantine = true
    query.order = .newestFirst
    var pages = try LedgerReader(state: state).pages(query)
    #expect(try pages.next()?.map(\.record.id) == ["00000000-0000-4000-8000-000000000007"])

    let ledger = try Ledger(in: bench.state)
    #expect(try LedgerReader(state: state).inspections() == before)
    let record = try #require(before.first)
    #expect(record.arrival.name.bytes == [0x61, 0xFF] + Array(".png".utf8))
    #expect(record.arrival.device == UInt64.max)
    #expect(record.score == 0.5 && record.mode == 0o644 && record.isJournalled && !record.isToBeReinspected)
    #expect(try ledger.unjournalled(before: .now, limit: 9).map(\.number) == [8])
    // What format 2 is for.
    try ledger.review(record.id, Review(label: .anomaly, time: .now, user: User(number: 7, name: "anna")))
    let entry = try #require(
      try LedgerReader(state: state).find(Array("00000000-0000-4000-8000-000000000007".utf8)).first)
    #expect(entry.review?.label == .anomaly && entry.review?.user == User(number: 7, name: "anna"))
    #expect(try Ledger(in: bench.state).intended().isEmpty)
  }

  @Test func `a migration that fails changes nothing, and a later format is refused`() throws {
    let bench = try RecorderBench()
    try writeFormat1(bench)
    let path = bench.path + "/state/ledger.sqlite"
    let queue = try DatabaseQueue(path: path)
    // A table in the way of the migration's last steps.
    try queue.write { try $0.execute(sql: "CREATE TABLE unreadable (x)") }
    #expect(throws: InspectionError.self) { _ = try Ledger(in: bench.state) }
    let (version, columns) = try queue.read {
      (try Int.fetchOne($0, sql: "PRAGMA user_version"), try $0.columns(in: "inspection").map(\.name))
    }
    #expect(version == 1)
    #expect(!columns.contains("reinspect"))
    try queue.write { try $0.execute(sql: "DROP TABLE unreadable") }
    #expect(try Ledger(in: bench.state).intended().isEmpty)

    try queue.write { try $0.execute(sql: "PRAGMA user_version = 3") }
    for open in [
      { _ = try Ledger(in: bench.state) }, { _ = try LedgerReader(state: bench.spool.appending("state")) },
    ] {
      do {
        try open()
        Issue.record("format 3 is not ours")
      } catch let error as InspectionError {
        guard case .ledger(_, let reason, isDamaged: false) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(reason.contains("version 3") && reason.contains("newer"))
      }
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `two programs write the ledger at the same time, and both get through`() throws {
    let bench = try RecorderBench()
    let first = try Ledger(in: bench.state)
    let second = try Ledger(existingIn: bench.state)
    try bench.put("a.png", "x")
    let template = try bench.inspected("a.png", action: .left).record
    let errors = Shared<[String]>([])
    let group = ThreadGroup(name: "writer", count: 2) { number in
      for turn in 0..<100 {
        var record = template
        record.id = UUID().uuidString.lowercased()
        record.arrival = Arrival(
          name: FileName("\(number)-\(turn).png")!, device: 1, inode: UInt64(turn), size: 1, modified: 1)
        do {
          if number == 0 {
            _ = try first.begin([record])
          } else {
            try second.review(record.id, Review(label: .normal, time: .now, user: nil))
            _ = try second.markForReinspection([1])
          }
        } catch {
          errors.change { $0.append("\(error)") }
        }
      }
    }
    group.wait(atMost: .seconds(100))
    #expect(errors.value == [])
    #expect(try LedgerReader(state: bench.spool.appending("state")).inspections().count == 100)
  }

  @Test func `a query gives pages of any size in either order, with the newest within a limit`() throws {
    let bench = try RecorderBench()
    let ledger = try Ledger(in: bench.state)
    try bench.put("a.png", "x")
    let template = try bench.inspected("a.png", action: .left).record
    let count = InspectionPages.size * 2 + 10
    _ = try ledger.begin(
      (0..<count).map { number in
        var record = template
        record.id = UUID().uuidString.lowercased()
        record.recorded = WallTime(nanoseconds: Int64(number))
        record.verdict = number % 3 == 0 ? .unreadable : .normal
        record.arrival = Arrival(
          name: FileName("\(number).png")!, device: 1, inode: UInt64(number), size: 1, modified: 1)
        return record
      })
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    func times(_ change: (inout InspectionQuery) -> Void) throws -> [Int] {
      var query = InspectionQuery()
      change(&query)
      var pages = reader.pages(query)
      var found: [Int] = []
      while let page = try pages.next() { found += page.map { Int($0.record.recorded.nanoseconds) } }
      return found
    }
    #expect(try times { _ in } == Array(0..<count))
    #expect(try times { $0.order = .newestFirst } == (0..<count).reversed())
    #expect(try times { $0.limit = 1500 } == Array((count - 1500)..<count))
    #expect(try times { $0.limit = count + 5 } == Array(0..<count))
    #expect(
      try times {
        $0.order = .newestFirst
        $0.limit = 3
      } == [count - 1, count - 2, count - 3])
    #expect(
      try times {
        $0.since = WallTime(nanoseconds: 100)
        $0.until = WallTime(nanoseconds: 110)
        $0.verdict = .unreadable
      } == [102, 105, 108])
    #expect(try times { $0.since = WallTime(nanoseconds: Int64(count)) } == [])
    #expect(try times { $0.verdict = .anomaly } == [])
    #expect(try times { $0.isReviewed = false }.count == count)
  }
}
