import Foundation
import GRDB
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("moves that wait, and whose folder is replaced before a restart") struct WaitingMoveTests {
  /// The folder refuses renamed files, as one on another mount; with it whatever else fails as long as it does.
  private static func apart(
    crashing crash: FaultPoint? = nil, failing failure: @escaping @Sendable (FaultPoint) -> Errno? = { _ in nil }
  ) -> Faults {
    Faults(
      { reached throws(Faults.SimulatedCrash) in if reached == crash { throw Faults.SimulatedCrash() } },
      failure: { $0 == .beforeMove ? .improperLink : failure($0) })
  }

  private func records(_ bench: RecorderBench) throws -> [InspectionRecord] {
    try LedgerReader(state: bench.spool.appending("state")).inspections()
  }

  private func replaceQuarantine(_ bench: RecorderBench) {
    let path = bench.path + "/quarantine"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o750) == 0)
  }

  private func putQuarantineBack(_ bench: RecorderBench) {
    let path = bench.path + "/quarantine"
    #expect(rename(path, path + ".other") == 0 && rename(path + ".away", path) == 0)
  }

  /// A file whose copy was interrupted by a kill as it was whole; its source is still there.
  private func interruptedCopy() throws -> RecorderBench {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    let (dying, _, _) = try bench.recorder(Self.apart(crashing: .copyFolderSynchronized))
    #expect(throws: Faults.SimulatedCrash.self) { try dying.record([try bench.inspected("a.png")]) }
    #expect(try bench.pictures().count == 1)
    return bench
  }

  @Test(arguments: [0, 1, 2], [true, false])
  func `a copy that failed and left nothing is made after a restart in the folder that is there by then`(
    retries: Int, isTakenOut: Bool
  ) throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    let full = Self.apart { $0 == .copied ? .noSpace : nil }
    let (first, ledger, _) = try bench.recorder(moving: full)
    try first.record([try bench.inspected("a.png")])
    for count in 0..<retries { try first.retry(at: .now + .seconds(600 * (count + 1))) }
    let waiting = try #require(try ledger.intended().first)
    #expect(waiting.action == .quarantineFailed && waiting.targetInode == nil && waiting.isTargetApart == true)
    replaceQuarantine(bench)
    if isTakenOut { #expect(unlink(bench.path + "/incoming/a.png") == 0) }

    let second = try RecorderBench(over: bench)
    let (recorder, later, _) = try second.recorder(moving: Self.apart())
    #expect(try recorder.recover(incoming: second.incoming) == 1)
    #expect(try later.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [isTakenOut ? .left : .quarantined])
    #expect(try records(bench).map(\.reason) == [isTakenOut ? Reason.gone : nil])
    #expect(try bench.names("incoming") == [])
    #expect(try bench.pictures().count == (isTakenOut ? 0 : 1))
    #expect(try bench.names("quarantine.away") == [])
  }

  @Test func `an attempt that is killed after one that failed is waited for, where it was made`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    let isFull = Shared(true)
    let (first, ledger, _) = try bench.recorder(
      moving: Self.apart(crashing: .copyFolderSynchronized) { $0 == .copied && isFull.value ? .noSpace : nil })
    try first.record([try bench.inspected("a.png")])
    #expect(try ledger.intended().map(\.targetInode) == [nil])
    isFull.change { $0 = false }
    let inode = try bench.folders.quarantine.status().inode
    #expect(throws: Faults.SimulatedCrash.self) { try first.retry(at: .now + .seconds(60)) }
    #expect(try ledger.intended().map(\.targetInode) == [inode])
    replaceQuarantine(bench)
    let second = try RecorderBench(over: bench)
    #expect(try second.recorder().0.recover(incoming: second.incoming) == 0)
    #expect(try bench.names("incoming") == ["a.png"] && bench.pictures() == [])
    putQuarantineBack(bench)
    let third = try RecorderBench(over: bench)
    #expect(try third.recorder().0.recover(incoming: third.incoming) == 1)
    #expect(try bench.names("incoming") == [] && bench.pictures().count == 1)
  }

  @Test func `a move that the ledger does not take is looked for where it went`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    do {
      let failing = Faults(failure: { $0 == .beforeMove ? .ioError : nil })
      try bench.recorder(moving: failing).0.record([try bench.inspected("a.png")])
    }
    let (recorder, ledger, around) = try bench.recorder()
    let database = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    // Where it goes is taken, that it went is not.
    try database.write {
      try $0.execute(
        sql: """
          CREATE TRIGGER stop BEFORE UPDATE OF state ON inspection WHEN new.state = 'done' \
          BEGIN SELECT RAISE(ABORT, 'no room'); END
          """)
    }
    #expect(try recorder.recover(incoming: bench.incoming) == 0)
    #expect(try bench.pictures().count == 1)
    replaceQuarantine(bench)
    try database.write { try $0.execute(sql: "DROP TRIGGER stop") }
    let later = try bench.recorder(retries: recorder.retries).0
    try later.retry(at: .now + .seconds(60))
    #expect(try ledger.intended().count == 1 && around.isBlocked.value)
    putQuarantineBack(bench)
    try later.retry(at: .now + .seconds(600))
    #expect(try records(bench).map(\.action) == [.quarantined])
  }

  @Test func `a file stays where that is wanted by now, though the folder that it was to go to is away`() throws {
    let bench = try interruptedCopy()
    replaceQuarantine(bench)
    let second = try RecorderBench(over: bench)
    var leaving = Settings()
    leaving.onAnomaly = .leave
    let (recorder, ledger, around) = try second.recorder(settings: leaving)
    #expect(try recorder.recover(incoming: second.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.left])
    #expect(try bench.names("incoming") == ["a.png"])
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count { $0.contains("stays in the watched folder") } == 1, "\(lines)")
  }

  @Test func `a row of before copies were told apart goes to the folder that is there on the same mount`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    do {
      let (dying, _, _) = try bench.recorder(FaultPoint.afterIntent.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([try bench.inspected("a.png")]) }
    }
    let database = try DatabaseQueue(path: bench.path + "/state/ledger.sqlite")
    try database.write { try $0.execute(sql: "UPDATE inspection SET target_apart = NULL") }
    replaceQuarantine(bench)
    let second = try RecorderBench(over: bench)
    let (recorder, ledger, _) = try second.recorder()
    #expect(try ledger.intended().allSatisfy { $0.targetInode != nil && $0.isTargetApart == nil })
    #expect(try recorder.recover(incoming: second.incoming) == 1)
    #expect(try records(bench).map(\.action) == [.quarantined])
    #expect(try bench.pictures().count == 1)
  }

  @Test(arguments: [FaultPoint.copied, .afterRename, .copyFolderSynchronized, .sourceAside])
  func `a copy on one mount, where the file system refuses to rename, is known as one before it begins`(
    point: FaultPoint
  ) throws {
    let bench = try RecorderBench()
    #expect(MountCheck.isOneMount(bench.incoming, bench.folders.quarantine) == true)
    try bench.put("a.png", "content")
    do {
      let (dying, ledger, _) = try bench.recorder(Self.apart(crashing: point))
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([try bench.inspected("a.png")]) }
      #expect(try ledger.intended().map(\.isTargetApart) == [true])
    }
    replaceQuarantine(bench)
    let second = try RecorderBench(over: bench)
    let (recorder, ledger, _) = try second.recorder(moving: Self.apart())
    #expect(try recorder.recover(incoming: second.incoming) == 0)
    #expect(try ledger.intended().count == 1)
    #expect(try bench.names("quarantine") == [])
    putQuarantineBack(bench)
    let third = try RecorderBench(over: bench)
    #expect(try third.recorder(moving: Self.apart()).0.recover(incoming: third.incoming) == 1)
    #expect(try records(bench).map(\.action) == [.quarantined])
    #expect(try bench.names("incoming") == [] && bench.pictures().count == 1)
    #expect(try bench.names("quarantine.other") == [])
  }

  @Test func `a person gives up a folder that is away by asking for another look at the file`() throws {
    let bench = try interruptedCopy()
    replaceQuarantine(bench)
    let second = try RecorderBench(over: bench)
    let (recorder, ledger, around) = try second.recorder()
    #expect(try recorder.recover(incoming: second.incoming) == 0)
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.contains { $0.contains("or give that one up: ganomaly reinspect 'a.png'") }, "\(lines)")
    let name = FileName("a.png")!
    let reinspection = try Reinspection(state: bench.spool.appending("state"), incoming: second.incoming.path)
    // A move that waits is given up by its name only.
    #expect(try reinspection.request(.all).count == 0)
    let (count, unknown) = try reinspection.request(.names([name]))
    #expect(count == 1 && unknown == [])
    try recorder.retry(at: .now + .seconds(60))
    #expect(recorder.retries.entries.count == 1)

    try recorder.record([try second.inspected("a.png")])
    // At once, not when the row that waited would have been tried again.
    try recorder.retry()
    #expect(recorder.retries.entries.isEmpty)
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.left, .quarantined])
    #expect(try records(bench).map(\.state) == [.done, .done])
    #expect(try records(bench)[0].detail?.contains("inspected anew") == true)
    #expect(try ledger.records("WHERE reinspect = 1").isEmpty)
    #expect(try bench.names("incoming") == [] && bench.pictures().count == 1)
  }

  @Test(arguments: [
    (0, 0, ""), (2, 0, "; 2 interrupted moves were settled"),
    (0, 3, "; 3 moves still wait, and are tried again"),
    (1, 1, "; 1 interrupted moves were settled; 1 moves still wait, and are tried again"),
  ])
  func `a start says how many moves were settled, and how many were not`(ended: Int, waiting: Int, text: String) {
    #expect(Housekeeping.recoveryNote(endedCount: ended, waitingCount: waiting) == text)
  }
}
