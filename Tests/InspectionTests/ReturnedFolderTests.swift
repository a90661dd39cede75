import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// A bench whose watched folder goes away before a start, and comes back.
private struct AwayBench {
  let bench: RecorderBench
  private var incoming: String { bench.path + "/incoming" }

  init(quarantine: FilePath? = nil) throws { bench = try RecorderBench(quarantine: quarantine) }

  /// Ends a recorder's work at a point, as a kill would.
  func crash(at point: FaultPoint, _ action: FileAction = .quarantined) throws {
    let result = try bench.inspected("a.png", action: action)
    let (recorder, _, _) = try bench.recorder(point.crash)
    #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
  }

  /// The folder goes, and an empty one is at its path, as a start makes it.
  func goAway() throws -> Directory {
    #expect(rename(incoming, incoming + ".away") == 0)
    #expect(mkdir(incoming, 0o755) == 0)
    return try Directory(path: FilePath(incoming))
  }

  /// The folder comes back, over the empty one.
  func comeBack() throws -> Directory {
    #expect(rename(incoming + ".away", incoming) == 0, "an empty folder takes no room: \(errno)")
    return try Directory(path: FilePath(incoming))
  }

  /// What the daemon does with the folder that is back: the recorder is told, then lanes look at what lies there.
  func work(_ recorder: Recorder, in folder: Directory, _ action: FileAction) throws {
    try recorder.welcome(folder)
    try recorder.retry(at: .now + .seconds(120))
    if try bench.names("incoming").contains("a.png") {
      try recorder.record([try bench.inspected("a.png", action: action)])
    }
    try recorder.retry(at: .now + .seconds(600))
  }

  func records() throws -> [InspectionRecord] {
    try LedgerReader(state: bench.spool.appending("state")).inspections()
  }

  /// Everything in the watched folder, hidden or not, but the empty folder of sources that are to be removed.
  func all() throws -> [String] {
    let aside = "\(SourceRemoval.folder)"
    let names = try FileManager.default.contentsOfDirectory(atPath: incoming)
    guard names.contains(aside) else { return names }
    return try names.filter { $0 != aside } + FileManager.default.contentsOfDirectory(atPath: incoming + "/" + aside)
  }
}

@Suite("a daemon that is killed, and started while its folder is away") struct ReturnedFolderTests {
  private static let removing: [FaultPoint] = [.afterIntent, .beforeMove, .sourceAside, .sourceRemoved, .afterMoves]

  @Test(arguments: removing, [nil, FaultPoint.afterMoves, .afterSynchronization, .afterSidecars, .afterDone])
  func `a removal that was interrupted is finished in its own row when the folder is back`(
    point: FaultPoint, second: FaultPoint?
  ) throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "normal")
    try away.crash(at: point, .deleted)
    let other = try away.goAway()
    if let second {
      let (dying, _, _) = try away.bench.recorder(second.crash)
      #expect(throws: Faults.SimulatedCrash.self) { _ = try dying.recover(incoming: other) }
    }
    let (recorder, ledger, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    #expect(try ledger.intended().isEmpty)
    #expect(try away.records().map(\.action) == [.deleted])
    #expect(try away.all() == [], "nothing is made in a folder that only stands in for another")

    try away.work(recorder, in: away.comeBack(), .deleted)
    #expect(try away.records().map(\.action) == [.deleted])
    #expect(try away.records().allSatisfy { $0.state == .done && !$0.isAwaited && $0.occurrence == 0 })
    #expect(try away.all() == [])
  }

  @Test(arguments: removing)
  func `the same where the folder is back before another start`(point: FaultPoint) throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "normal")
    try away.crash(at: point, .deleted)
    let other = try away.goAway()
    let (first, _, _) = try away.bench.recorder()
    _ = try first.recover(incoming: other)
    let folder = try away.comeBack()
    let (recorder, ledger, _) = try away.bench.recorder()
    // What lay aside is a row that is intended again; what lay there is met by a lane.
    #expect(try recorder.recover(incoming: folder) == (point == .sourceAside ? 1 : 0))
    if try away.bench.names("incoming") == ["a.png"] {
      try recorder.record([try away.bench.inspected("a.png", action: .deleted)])
    }
    #expect(try ledger.intended().isEmpty)
    #expect(try away.records().map(\.action) == [.deleted])
    #expect(try away.all() == [])
  }

  @Test(arguments: FaultPoint.recording.filter { $0 != .afterDone })
  func `a move on one file system leaves one row and one picture`(point: FaultPoint) throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "anomaly")
    try away.crash(at: point)
    let other = try away.goAway()
    let (recorder, ledger, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    #expect(try ledger.intended().isEmpty)
    try away.work(recorder, in: away.comeBack(), .quarantined)
    #expect(try away.records().map(\.action) == [.quarantined])
    #expect(try away.records().map(\.reason) == [nil])
    #expect(try away.bench.pictures().count == 1)
    #expect(try away.all() == [])
    // The name in quarantine begins with the time and the beginning of the row's id, as others rely on.
    let name = try #require(away.bench.pictures().first.flatMap(FileName.init)?.description)
    let id = try #require(away.records().first?.id)
    #expect(name.contains("-\(id.filter { $0 != "-" }.prefix(12))-"))
  }

  @Test(.enabled(if: OtherFileSystem.path != nil), arguments: FaultPoint.recording + FaultPoint.copying)
  func `a copy to another file system leaves one row and one picture`(point: FaultPoint) throws {
    let quarantine = (OtherFileSystem.path ?? "") + "/ganomaly-returned-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let away = try AwayBench(quarantine: FilePath(quarantine))
    try away.bench.put("a.png", "anomaly")
    try away.crash(at: point)
    let other = try away.goAway()
    let (recorder, ledger, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    #expect(try ledger.intended().isEmpty)
    try away.work(recorder, in: away.comeBack(), .quarantined)
    #expect(try away.records().map(\.action) == [.quarantined])
    #expect(try FileManager.default.contentsOfDirectory(atPath: quarantine).count == 2)
    #expect(try away.all() == [])
  }

  @Test func `a further link that the file got meanwhile makes no other arrival of it`() throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "normal")
    try away.crash(at: .beforeMove, .deleted)
    let other = try away.goAway()
    let (recorder, _, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    #expect(link(away.bench.path + "/incoming.away/a.png", away.bench.path + "/elsewhere.png") == 0)
    try away.work(recorder, in: away.comeBack(), .deleted)
    #expect(try away.records().map(\.action) == [.deleted])
    #expect(try away.all() == [])
    #expect(try away.bench.content("elsewhere.png") == "normal")
  }

  @Test func `a file that has not come back with its folder is not waited for any more`() throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "normal")
    try away.crash(at: .beforeMove, .deleted)
    let other = try away.goAway()
    let (recorder, _, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    #expect(try away.records().map(\.isAwaited) == [true])
    #expect(rename(away.bench.path + "/incoming.away/a.png", away.bench.path + "/kept.png") == 0)
    try away.work(recorder, in: away.comeBack(), .deleted)
    #expect(try away.records().map(\.isAwaited) == [false])
    #expect(rename(away.bench.path + "/kept.png", away.bench.path + "/incoming/a.png") == 0)
    try recorder.record([try away.bench.inspected("a.png", action: .left)])
    #expect(try away.records().map(\.action) == [.deleted, .left])
  }

  @Test func `another file under the name is another arrival, and the old row says what it said`() throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "normal")
    try away.crash(at: .beforeMove, .deleted)
    let other = try away.goAway()
    let (recorder, _, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    try Data("another, and longer".utf8).write(to: URL(filePath: away.bench.path + "/incoming.away/a.png"))
    try away.work(recorder, in: away.comeBack(), .left)
    #expect(try away.records().map(\.action) == [.deleted, .left])
    #expect(try away.bench.content("incoming/a.png") == "another, and longer")
  }

  @Test(arguments: [nil, FaultPoint.sourceRemoved])
  func `a file that was seen to go, and is put back, is another arrival`(point: FaultPoint?) throws {
    let away = try AwayBench()
    try away.bench.put("a.png", "normal")
    #expect(link(away.bench.path + "/incoming/a.png", away.bench.path + "/kept.png") == 0)
    if let point {
      try away.crash(at: point, .deleted)
    } else {
      try away.bench.recorder().0.record([try away.bench.inspected("a.png", action: .deleted)])
    }
    let (recorder, _, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: away.bench.incoming)
    #expect(try away.records().map(\.isAwaited) == [false])
    #expect(link(away.bench.path + "/kept.png", away.bench.path + "/incoming/a.png") == 0)
    try recorder.record([try away.bench.inspected("a.png", action: .deleted)])
    #expect(try away.records().map(\.occurrence) == [0, 1])
    #expect(try away.all() == [])
  }

  @Test func `a move that failed at the start is tried in the folder that is back, and all names are looked at anew`()
    throws
  {
    let away = try AwayBench()
    try away.bench.put("a.png", "anomaly")
    try away.crash(at: .afterIntent)
    let other = try away.goAway()
    let failing = Faults(failure: { $0 == .beforeMove ? .ioError : nil })
    let (first, ledger, _) = try away.bench.recorder(failing)
    #expect(try first.recover(incoming: other) == 0)
    #expect(try ledger.intended().count == 1)
    let (recorder, _, around) = try away.bench.recorder(retries: first.retries)
    try recorder.welcome(away.comeBack())
    #expect(around.mailbox.takeRereadingWanted())
    try recorder.retry(at: .now)
    #expect(try ledger.intended().isEmpty)
    #expect(try away.records().map(\.action) == [.quarantined])
    #expect(try away.bench.pictures().count == 1)
  }

  @Test func `a picture that was released meanwhile is not moved again`() throws {
    let quarantine = (OtherFileSystem.path ?? NSTemporaryDirectory()) + "/ganomaly-returned-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    guard OtherFileSystem.path != nil else { return }
    let away = try AwayBench(quarantine: FilePath(quarantine + "/quarantine"))
    try away.bench.put("a.png", "anomaly")
    try away.crash(at: .copyFolderSynchronized)
    let other = try away.goAway()
    let (recorder, _, _) = try away.bench.recorder()
    _ = try recorder.recover(incoming: other)
    let state = away.bench.spool.appending("state")
    let id = try #require(away.records().first?.id)
    let elsewhere = away.bench.path + "/elsewhere"
    #expect(mkdir(elsewhere, 0o755) == 0)
    do {
      let desk = try QuarantineDesk(state: state, spool: FilePath(quarantine), user: nil) { Issue.record("\($0)") }
      let entry = try #require(try LedgerReader(state: state).find(Array(id.utf8)).first)
      _ = try desk.release(entry, to: FilePath(elsewhere))
    }
    try away.work(recorder, in: away.comeBack(), .left)
    #expect(try away.records().map(\.action) == [.quarantined, .left])
    #expect(try away.bench.content("incoming/a.png") == "anomaly")
    #expect(try away.bench.content("elsewhere/a.png") == "anomaly")
  }
}
