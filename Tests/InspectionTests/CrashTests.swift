import Foundation
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("recorder: crashes and races") struct CrashTests {
  @Test(arguments: FaultPoint.recording)
  func `a crash at any point leaves one row and one file after the next start`(point: FaultPoint) throws {
    let bench = try RecorderBench()
    for number in 0..<3 { try bench.put("\(number).png", "content \(number)") }
    let crashing = Faults { reached throws(Faults.SimulatedCrash) in
      if reached == point { throw Faults.SimulatedCrash() }
    }
    let batch = try (0..<3).map { try bench.inspected("\($0).png") }
    do {
      let (recorder, _, _) = try bench.recorder(crashing)
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record(batch) }
    }
    let (recorder, ledger, _) = try bench.recorder()
    let count = try recorder.recover(incoming: bench.incoming)
    #expect(count == (point == .afterDone ? 0 : 3))
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.names("incoming") == [])
    #expect(try bench.pictures().count == 3)
    #expect(try bench.names("quarantine").count == 6)
    let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(records.count == 3)
    #expect(records.allSatisfy { $0.action == .quarantined && $0.state == .done })
    for record in records {
      let text = try bench.content("quarantine/\(record.destination!)")
      #expect(text == "content \(record.arrival.name.description.dropLast(4))")
    }
    // A further start has nothing to do.
    #expect(try recorder.recover(incoming: bench.incoming) == 0)
    #expect(try bench.pictures().count == 3)
  }

  @Test func `a crash while removing a normal picture leaves none behind and one row`() throws {
    for point in [FaultPoint.afterIntent, .beforeMove, .sourceAside, .sourceRemoved, .afterMoves, .afterDone] {
      let bench = try RecorderBench()
      try bench.put("a.png", "x")
      let crashing = Faults { reached throws(Faults.SimulatedCrash) in
        if reached == point { throw Faults.SimulatedCrash() }
      }
      do {
        let (recorder, _, _) = try bench.recorder(crashing)
        let result = try bench.inspected("a.png", action: .deleted)
        #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
      }
      let (recorder, ledger, _) = try bench.recorder()
      #expect(try recorder.recover(incoming: bench.incoming) == (point == .afterDone ? 0 : 1))
      #expect(try bench.names("incoming") == [])
      #expect(try ledger.intended().isEmpty)
      let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
      #expect(records.map(\.action) == [.deleted])
      #expect(records.map(\.reason) == [nil])
    }
  }

  @Test func `a file that took the name before the move is put back, to be inspected`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    try bench.put("b.png", "never scored, and longer")
    #expect(rename(bench.path + "/incoming/b.png", bench.path + "/incoming/a.png") == 0)
    let (recorder, _, around) = try bench.recorder()
    try recorder.record([result])
    #expect(try bench.pictures() == [])
    #expect(try bench.content("incoming/a.png") == "never scored, and longer")
    #expect(around.mailbox.take().map(\.finding) == [.changed])
    let record = try #require(try LedgerReader(state: bench.spool.appending("state")).inspections().first)
    #expect(record.action == .left)
    #expect(record.reason == Reason.replaced)
  }

  @Test func `a file that was put back beside a newer one gets a name of its own`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    try bench.put("a.png", "overwritten and longer")
    // The moment between the rename and the check: a third file takes the name.
    let racing = Faults { [path = bench.path] reached throws(Faults.SimulatedCrash) in
      guard reached == .afterRename else { return }
      _ = FileManager.default.createFile(atPath: path + "/incoming/a.png", contents: Data("third".utf8))
    }
    let (recorder, _, _) = try bench.recorder(racing)
    try recorder.record([result])
    #expect(try bench.pictures() == [])
    let names = try bench.names("incoming")
    #expect(names.count == 2)
    #expect(names.contains { $0.hasPrefix("a.returned-") && $0.hasSuffix(".png") })
    #expect(try Set(names.map { try bench.content("incoming/" + $0) }) == ["overwritten and longer", "third"])
  }

  @Test func `a file that vanished before the move is recorded as gone`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    #expect(unlink(bench.path + "/incoming/a.png") == 0)
    let (recorder, ledger, around) = try bench.recorder()
    try recorder.record([result])
    #expect(around.mailbox.take().map(\.finding) == [.gone])
    #expect(try ledger.record(of: result.record.arrival)?.reason == Reason.gone)
  }

  @Test func `a failed move is recorded as such, tried again, and recorded when it succeeds`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    // The name is taken by a folder: the move fails in whatever way, and nothing is lost.
    let (recorder, ledger, around) = try bench.recorder()
    let destination = DestinationName.make(for: result.name, id: result.record.id, time: result.record.recorded)
    let obstacle = bench.path + "/quarantine/\(destination)"
    try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
    try recorder.record([result])
    #expect(try bench.content("incoming/a.png") == "scored")
    #expect(try ledger.intended().map(\.action) == [.quarantineFailed])
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count == 1 && lines[0].contains("quarantine-failed"), "\(lines)")
    try FileManager.default.removeItem(atPath: obstacle)
    // The same recorder tries it again, and the entry of its success says nothing of the failure any more.
    try recorder.retry(at: .now + .seconds(60))
    let entries = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero) ?? []
    #expect(entries.count == 1 && entries[0].line.contains("quarantined as"), "\(entries.map(\.line))")
    #expect(!entries[0].fields.contains { $0.name == "ERRNO" || $0.name == "GANOMALY_REASON" })
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.pictures().count == 1)
  }

  @Test func `a failed move is settled by the next start`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    let (recorder, _, _) = try bench.recorder()
    let destination = DestinationName.make(for: result.name, id: result.record.id, time: result.record.recorded)
    let obstacle = bench.path + "/quarantine/\(destination)"
    try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
    try recorder.record([result])
    try FileManager.default.removeItem(atPath: obstacle)
    let (next, again, _) = try bench.recorder()
    #expect(try next.recover(incoming: bench.incoming) == 1)
    #expect(try again.intended().isEmpty)
    #expect(try bench.pictures().count == 1)
  }

  @Test func `a sidecar that cannot be written is written later, and its picture recorded then`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    let (recorder, ledger, around) = try bench.recorder()
    let destination = DestinationName.make(for: result.name, id: result.record.id, time: result.record.recorded)
    let obstacle = bench.path + "/quarantine/\(destination).json"
    try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
    try recorder.record([result])
    try recorder.retry(at: .now + .seconds(60))
    #expect(try ledger.intended().map(\.action) == [.quarantined])
    // Another batch without an anomaly does not make the failure news again.
    try bench.put("b.png", "normal")
    try recorder.record([try bench.inspected("b.png", action: .left)])
    try recorder.retry(at: .now + .seconds(600))
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.filter { $0.contains("without the file that describes them") }.count == 1, "\(lines)")
    try FileManager.default.removeItem(atPath: obstacle)
    try recorder.retry(at: .now + .seconds(6000))
    let later = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(later.count == 1 && later[0].contains("quarantined as"), "\(later)")
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.names("quarantine").count == 2)
  }

  @Test func `the same arrival is recorded once, a second one with other bytes again`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "one")
    let (recorder, _, around) = try bench.recorder()
    var result = try bench.inspected("a.png", action: .left)
    try recorder.record([result, result])
    try recorder.record([result])
    #expect(around.mailbox.take().count == 3)
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    #expect(try reader.inspections().count == 1)
    var other = result.record
    other.digest = SampleDigest.of(Array("two".utf8))
    other.id = UUID().uuidString
    result = Inspected(
      name: result.name, status: result.status, incoming: result.incoming, record: other, kind: .fresh, file: nil)
    try recorder.record([result])
    #expect(try reader.inspections().map(\.occurrence) == [0, 1])
  }

  @Test func `an error is replaced by the verdict that comes later, and is not repeated`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "one")
    let (recorder, _, _) = try bench.recorder()
    let result = try bench.inspected("a.png", action: .left)
    var error = result.record
    error.verdict = .error
    error.reason = Reason.inputOutput
    error.digest = []
    let failed = Inspected(
      name: result.name, status: result.status, incoming: result.incoming, record: error, kind: .fresh, file: nil)
    try recorder.record([failed])
    try recorder.record([failed])
    let reader = try LedgerReader(state: bench.spool.appending("state"))
    #expect(try reader.inspections().map(\.verdict) == [.error])
    try recorder.record([result])
    #expect(try reader.inspections().map(\.verdict) == [.normal])
  }
}
