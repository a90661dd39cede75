import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("recovery of a ledger that takes nothing") struct BlockedRecoveryTests {
  /// Lets a recorder work until no row is intended any more.
  private func run(_ recorder: Recorder, until ledger: Ledger) {
    let results = recorder.around.results
    // The queue is closed when everything is settled: that is what ends the recorder.
    _ = PlainThread(name: "test") {
      while (try? ledger.intended().isEmpty) != true {
        _ = BoundedQueue<Int>(capacity: 1).pop(atMost: 1, waitingAtMost: .milliseconds(20))
      }
      results.close()
    }
    recorder.run()
  }

  @Test(.timeLimit(.minutes(5)))
  func `the start does not wait for the ledger, and what is to be settled is settled later`() throws {
    let bench = try RecorderBench()
    for number in 0..<3 { try bench.put("\(number).png", "content \(number)") }
    let batch = try (0..<3).map { try bench.inspected("\($0).png") }
    do {
      let crashing = Faults { reached throws(Faults.SimulatedCrash) in
        if reached == .afterIntent { throw Faults.SimulatedCrash() }
      }
      let (recorder, _, _) = try bench.recorder(crashing)
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record(batch) }
    }
    let (recorder, ledger, around) = try bench.recorder()
    let database = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try database.write {
      try $0.execute(
        sql: "CREATE TRIGGER stop BEFORE UPDATE ON inspection BEGIN SELECT RAISE(ABORT, 'no room'); END")
    }
    #expect(try recorder.recover(incoming: bench.incoming) == 0)
    #expect(around.isBlocked.value)
    #expect(recorder.retries.entries.count == 3)
    #expect(try ledger.intended().count == 3)

    try database.write { try $0.execute(sql: "DROP TRIGGER stop") }
    let later = Recorder(around, heartbeat: Heartbeat(name: "test"), retries: recorder.retries)
    run(later, until: ledger)
    #expect(!around.isBlocked.value)
    #expect(try bench.pictures().count == 3)
    let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(records.count == 3)
    #expect(records.allSatisfy { $0.action == .quarantined && $0.state == .done })
  }

  @Test(.timeLimit(.minutes(5)))
  func `rows that cannot even be read at the start are settled as soon as they can, though nothing arrives`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    do {
      let crashing = Faults { reached throws(Faults.SimulatedCrash) in
        if reached == .afterIntent { throw Faults.SimulatedCrash() }
      }
      let (recorder, _, _) = try bench.recorder(crashing)
      let batch = [try bench.inspected("a.png")]
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record(batch) }
    }
    let (recorder, ledger, around) = try bench.recorder()
    let database = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try database.write { try $0.execute(sql: "ALTER TABLE inspection RENAME TO hidden") }
    #expect(try recorder.recover(incoming: bench.incoming) == 0)
    #expect(around.isBlocked.value)
    #expect(recorder.unrecovered === bench.incoming)

    try database.write { try $0.execute(sql: "ALTER TABLE hidden RENAME TO inspection") }
    let later = Recorder(
      around, heartbeat: Heartbeat(name: "test"), retries: recorder.retries, unrecovered: recorder.unrecovered)
    run(later, until: ledger)
    #expect(!around.isBlocked.value)
    #expect(later.unrecovered == nil)
    #expect(try bench.pictures().count == 1)
  }
}
