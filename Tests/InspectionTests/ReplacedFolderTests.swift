import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// Renames a folder away, and puts an empty one in its place.
private func replace(_ path: String) throws {
  #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o755) == 0)
}

/// Puts a folder back that was renamed away; what had its place meanwhile is kept beside it.
private func putBack(_ path: String) throws {
  #expect(rename(path, path + ".other") == 0 && rename(path + ".away", path) == 0)
}

@Suite("folders that are replaced while files go to them") struct ReplacedFolderTests {
  private func records(_ bench: RecorderBench) throws -> [InspectionRecord] {
    try LedgerReader(state: bench.spool.appending("state")).inspections()
  }

  private func crash(_ bench: RecorderBench, at point: FaultPoint, _ action: FileAction) throws {
    let result = try bench.inspected("a.png", action: action)
    let (dying, _, _) = try bench.recorder(point.crash)
    #expect(throws: Faults.SimulatedCrash.self) { try dying.record([result]) }
  }

  /// The folders as a start opens them.
  private func anew(_ bench: RecorderBench) throws -> RecorderBench { try RecorderBench(over: bench) }

  @Test(arguments: [FileAction.quarantined, .passed, .rejected], [true, false])
  func `a file that was moved before a kill is found when its folder is back, and not called gone`(
    action: FileAction, isRestarted: Bool
  ) throws {
    let first = try RecorderBench()
    try first.put("a.png", "content")
    try crash(first, at: .afterMoves, action)
    let folder = first.path + "/" + (action == .quarantined ? "quarantine" : action.rawValue)
    try replace(folder)
    let second = try anew(first)
    var (recorder, ledger, around) = try second.recorder()
    #expect(try recorder.recover(incoming: second.incoming) == 0)
    let waiting = try #require(try ledger.intended().first)
    #expect(waiting.action == (action == .quarantined ? .quarantineFailed : action))
    #expect(waiting.errorNumber == ENOENT && waiting.destination != nil)
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.contains { $0.contains("another folder is at") }, "\(lines)")
    // The same as long as it is away, whoever tries.
    try recorder.retry(at: .now + .seconds(60))
    (recorder, ledger, around) = try second.recorder(retries: recorder.retries)
    #expect(try ledger.intended().count == 1)

    try putBack(folder)
    if isRestarted {
      let third = try anew(first)
      (recorder, ledger, _) = try third.recorder()
      #expect(try recorder.recover(incoming: third.incoming) == 1)
    } else {
      try recorder.retry(at: .now + .seconds(600))
    }
    #expect(try ledger.intended().isEmpty)
    #expect(try records(first).map(\.action) == [action])
    #expect(try records(first).allSatisfy { $0.state == .done && $0.reason == nil && !$0.isAwaited })
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".json") }
    #expect(names == ["\(try #require(waiting.destination))"])
  }

  @Test func `a whole spool that is away and back has its picture, though its row was settled meanwhile`() throws {
    let first = try RecorderBench()
    try first.put("a.png", "content")
    try crash(first, at: .afterMoves, .quarantined)
    for name in ["incoming", "quarantine"] { try replace(first.path + "/" + name) }
    let second = try anew(first)
    let (recorder, ledger, _) = try second.recorder()
    #expect(try recorder.recover(incoming: second.incoming) == 0)
    #expect(try ledger.intended().count == 1)
    for name in ["incoming", "quarantine"] { try putBack(first.path + "/" + name) }
    try recorder.welcome(try Directory(path: first.spool.appending("incoming")))
    try recorder.retry(at: .now + .seconds(60))
    #expect(try ledger.intended().isEmpty)
    #expect(try records(first).map(\.action) == [.quarantined])
    #expect(try first.pictures().count == 1)
  }

  @Test func `a picture without its sidecar yet is found again after its folder was replaced while the daemon lives`()
    throws
  {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    let result = try bench.inspected("a.png")
    let (recorder, ledger, around) = try bench.recorder()
    // A folder has the sidecar's name.
    let destination = DestinationName.make(for: result.name, id: result.record.id, time: result.record.recorded)
    #expect(mkdir(bench.path + "/quarantine/\(destination).json", 0o755) == 0)
    try recorder.record([result])
    #expect(try ledger.intended().map(\.action) == [.quarantined])
    try replace(bench.path + "/quarantine")
    try recorder.retry(at: .now + .seconds(60))
    // An anomaly is never without an entry, however long that takes.
    #expect(try ledger.intended().map(\.action) == [.quarantineFailed])
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count { $0.contains("quarantine-failed") } == 1, "\(lines)")
    try putBack(bench.path + "/quarantine")
    #expect(rmdir(bench.path + "/quarantine/\(destination).json") == 0)
    try recorder.retry(at: .now + .seconds(600))
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.quarantined])
    #expect(try bench.names("quarantine").count == 2)
  }

  @Test(arguments: [FaultPoint.beforeMove, .afterRename, .afterMoves, .afterSidecars])
  func `a file that is still there goes to the folder that is there now, and is looked for in that one`(
    point: FaultPoint
  ) throws {
    let first = try RecorderBench()
    try first.put("a.png", "content")
    try crash(first, at: .afterIntent, .quarantined)
    let former = try first.folders.quarantine.status().inode
    try replace(first.path + "/quarantine")
    let second = try anew(first)
    let present = try second.folders.quarantine.status().inode
    #expect(former != present)
    let (dying, ledger, _) = try second.recorder(point.crash)
    #expect(throws: Faults.SimulatedCrash.self) { _ = try dying.recover(incoming: second.incoming) }
    // Written down before the file went there.
    #expect(try ledger.intended().map(\.targetInode) == [present])
    // The former folder comes back: what was moved lies in the other one.
    try putBack(first.path + "/quarantine")
    let third = try anew(first)
    let (recorder, later, _) = try third.recorder()
    #expect(try recorder.recover(incoming: third.incoming) == (point == .beforeMove ? 1 : 0))
    if point == .beforeMove {
      #expect(try later.intended().isEmpty)
      #expect(try records(first).map(\.targetInode) == [former])
    } else {
      #expect(try later.intended().map(\.action) == [.quarantineFailed])
      #expect(rename(first.path + "/quarantine", first.path + "/quarantine.former") == 0)
      #expect(rename(first.path + "/quarantine.other", first.path + "/quarantine") == 0)
      try recorder.retry(at: .now + .seconds(60))
    }
    #expect(try records(first).map(\.action) == [.quarantined])
    #expect(try first.pictures().count == 1)
  }

  // MARK: Departures

  @Test(arguments: [FaultPoint.purgeIntended, .purgeRemoved])
  func `a purge that was interrupted stays open while another folder of the same file system is there`(
    point: FaultPoint
  ) throws {
    let bench = try QuarantineBench()
    do {
      let desk = try bench.desk(point.crash, purpose: .free)
      #expect(throws: Faults.SimulatedCrash.self) {
        try desk.purge(Retention(maximumAge: nil, maximumBytes: 0)) { _ in }
      }
    }
    try replace(bench.bench.path + "/quarantine")
    #expect(try bench.desk().settlements.map(\.isPending) == [true])
    try putBack(bench.bench.path + "/quarantine")
    #expect(
      try bench.desk().settlements.map(\.end)
        == [point == .purgeIntended ? .withdrawn("the picture stays in quarantine") : .finished])
    #expect(try bench.names().count == (point == .purgeIntended ? 2 : 0))
  }

  @Test(arguments: [FaultPoint.releaseIntended, .afterRename])
  func `a release that was interrupted stands while its place is away`(point: FaultPoint) throws {
    let bench = try QuarantineBench()
    let record = bench.records[0]
    do {
      let desk = try bench.desk(point.crash)
      let entry = try bench.entry(record)
      #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: nil) }
    }
    try replace(bench.bench.path + "/incoming")
    let settlements = try bench.desk().settlements
    #expect(settlements.map(\.isPending) == [true])
    #expect(settlements.allSatisfy { $0.text.contains("than the one that it was released to") })
    #expect(try Ledger(in: bench.bench.state).isAllowed(record.digest))
    #expect(try bench.entry(record).departure?.kind == .released)
    try putBack(bench.bench.path + "/incoming")
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.bench.content("incoming/0.png") == "content 0")
    #expect(try bench.names() == [])
    #expect(try Ledger(in: bench.bench.state).isAllowed(record.digest))
  }

  // MARK: Removals

  @Test(arguments: [FaultPoint.afterIntent, .beforeMove, .sourceAside], [true, false])
  func `nothing is removed under an intent of before removing was switched off`(
    point: FaultPoint, isAway: Bool
  ) throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "normal")
    try crash(bench, at: point, .deleted)
    let path = bench.path + "/incoming"
    if isAway { try replace(path) }
    let second = try anew(bench)
    let (recorder, ledger, around) = try second.recorder(settings: Settings())
    _ = try recorder.recover(incoming: second.incoming)
    if isAway {
      try putBack(path)
      try recorder.welcome(try Directory(path: FilePath(path)))
      try recorder.retry(at: .now + .seconds(60))
      try recorder.record([try RecorderBench(over: bench).inspected("a.png", action: .left)])
    }
    #expect(try bench.names("incoming") == ["a.png"])
    #expect(try bench.content("incoming/a.png") == "normal")
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.left])
    #expect(try records(bench).allSatisfy { $0.state == .done && $0.stands && !$0.isAwaited })
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count { $0.contains("was to be removed, and stays in the watched folder") } == 1, "\(lines)")
    // It is known: neither inspected nor moved again.
    try recorder.record([try RecorderBench(over: bench).inspected("a.png", action: .left)])
    #expect(try records(bench).count == 1)
  }
}
