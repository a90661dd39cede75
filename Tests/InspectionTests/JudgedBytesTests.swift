import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("moving: only the bytes that were judged") struct JudgedBytesTests {
  private static func crash(at point: FaultPoint) -> Faults {
    Faults { reached throws(Faults.SimulatedCrash) in if reached == point { throw Faults.SimulatedCrash() } }
  }

  /// Puts a file with a time of a whole second into the watched folder.
  private func put(_ bench: RecorderBench, _ text: String) throws -> FileStatus? {
    let path = bench.path + "/incoming/a.png"
    if !FileManager.default.fileExists(atPath: path) { try bench.put("a.png", "") }
    // In place: the file stays the same one, and gets back the time that it had.
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: path)
    return FileStatus(path: FilePath(path))
  }

  @Test(arguments: [FileAction.quarantined, .passed, .deleted, .rejected], [FaultPoint.afterIntent, .beforeMove])
  func `bytes that were exchanged in place stay, though nothing but the time of change shows it`(
    action: FileAction, point: FaultPoint
  ) throws {
    let bench = try RecorderBench()
    let before = try put(bench, "judged")
    let result = try bench.inspected("a.png", action: action)
    do {
      let (recorder, _, _) = try bench.recorder(Self.crash(at: point))
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
    }
    let after = try put(bench, "unseen")
    #expect(after?.modified == before?.modified && after?.inode == before?.inode)
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.content("incoming/a.png") == "unseen")
    #expect(try bench.pictures() + bench.names("passed") + bench.names("rejected") == [])
    #expect(try ledger.record(of: result.record.arrival)?.reason == Reason.replaced)
  }

  @Test(arguments: [FileAction.quarantined, .passed, .deleted, .rejected])
  func `bytes that were exchanged in place before the first attempt stay, too`(action: FileAction) throws {
    let bench = try RecorderBench()
    let before = try put(bench, "judged")
    let result = try bench.inspected("a.png", action: action)
    // Another tick of the kernel's clock: until then its times need not differ.
    let deadline = ContinuousClock.now + .seconds(5)
    while ContinuousClock.now < deadline {
      let after = try put(bench, "unseen")
      #expect(after?.modified == before?.modified && after?.inode == before?.inode)
      if after?.changed != before?.changed { break }
    }
    let (recorder, ledger, _) = try bench.recorder()
    try recorder.record([result])
    #expect(try bench.content("incoming/a.png") == "unseen")
    #expect(try bench.pictures() + bench.names("passed") + bench.names("rejected") == [])
    #expect(try ledger.record(of: result.record.arrival)?.reason == Reason.replaced)
  }

  @Test func `a file that was renamed away and back is the one that was judged`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "judged")
    let result = try bench.inspected("a.png", action: .deleted)
    #expect(rename(bench.path + "/incoming/a.png", bench.path + "/b.png") == 0)
    #expect(rename(bench.path + "/b.png", bench.path + "/incoming/a.png") == 0)
    let (recorder, _, _) = try bench.recorder()
    try recorder.record([result])
    #expect(try bench.names("incoming") == [])
    #expect(
      try LedgerReader(state: bench.spool.appending("state")).inspections().map(\.action) == [.deleted])
  }

  @Test func `a folder for removals that another user planted is not used, and holds nothing up`() throws {
    let bench = try RecorderBench()
    let planted = bench.path + "/incoming/\(SourceRemoval.folder)"
    try FileManager.default.createDirectory(atPath: planted, withIntermediateDirectories: true)
    #expect(chmod(planted, 0o777) == 0)
    #expect(symlink("/", bench.path + "/incoming/\(SourceRemoval.folder)-2") == 0)
    try bench.put("a.png", "judged")
    let (recorder, _, _) = try bench.recorder()
    try recorder.record([try bench.inspected("a.png", action: .deleted)])
    #expect(try bench.names("incoming") == [])
    #expect(try SourceRemoval(faults: .none, incoming: bench.incoming).giveBackAll(except: []) == 0)
    // Theirs is still there, and ours is not.
    let names = try FileManager.default.contentsOfDirectory(atPath: bench.path + "/incoming").sorted()
    #expect(names == ["\(SourceRemoval.folder)", "\(SourceRemoval.folder)-2"])
  }

  @Test func `a folder for removals is opened in the watched folder, not where its path leads by then`() throws {
    let bench = try RecorderBench()
    let incoming = bench.path + "/incoming"
    #expect(rename(incoming, bench.path + "/moved") == 0)
    try FileManager.default.createDirectory(atPath: incoming + "/inner", withIntermediateDirectories: true)
    let inner = try bench.incoming.subdirectory(FileName("inner")!, mode: 0o700)
    try inner.write([], to: FileName("x")!, mode: 0o600)
    #expect(try bench.names("moved/inner") == ["x"])
    #expect(try bench.names("incoming/inner") == [])
  }
}

@Suite("moving: folders that go away") struct LostFolderTests {
  @Test(arguments: [FileAction.quarantined, .passed, .rejected])
  func `a folder that was removed and made again takes the files, and it is told`(action: FileAction) throws {
    let bench = try RecorderBench()
    let (recorder, _, around) = try bench.recorder()
    let name = action == .quarantined ? "quarantine" : action.rawValue
    #expect(rmdir(bench.path + "/" + name) == 0)
    try FileManager.default.createDirectory(atPath: bench.path + "/" + name, withIntermediateDirectories: true)
    try bench.put("a.png", "judged")
    try recorder.record([try bench.inspected("a.png", action: action)])
    #expect(try bench.names("incoming") == [])
    #expect(try bench.names(name).count == (action == .quarantined ? 2 : 1))
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.contains { $0.contains("/\(name)' was removed, renamed or mounted over") }, "\(lines)")
  }

  @Test func `a folder that was renamed away gets no more files`() throws {
    let bench = try RecorderBench()
    let (recorder, _, _) = try bench.recorder()
    #expect(rename(bench.path + "/quarantine", bench.path + "/former") == 0)
    try bench.put("a.png", "judged")
    try recorder.record([try bench.inspected("a.png")])
    #expect(try bench.names("former") == [])
    #expect(try bench.pictures().count == 1)
  }

  @Test func `a file whose folder is gone for good stays, and is not called gone`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, around) = try bench.recorder()
    #expect(rmdir(bench.path + "/quarantine") == 0)
    // A file has the folder's name: it can neither be opened nor made.
    #expect(FileManager.default.createFile(atPath: bench.path + "/quarantine", contents: Data()))
    try bench.put("a.png", "judged")
    try recorder.record([try bench.inspected("a.png")])
    #expect(try bench.names("incoming") == ["a.png"])
    #expect(try ledger.intended().map(\.action) == [.quarantineFailed])
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count { $0.contains("cannot be opened anew") } == 1, "\(lines)")
    #expect(unlink(bench.path + "/quarantine") == 0)
    try recorder.retry(at: .now + .seconds(60))
    #expect(try bench.pictures().count == 1)
  }

  @Test(arguments: [FileAction.passed, .rejected, .deleted])
  func `a move that fails is told once with its error, and the views do not say that it happened`(
    action: FileAction
  ) throws {
    let bench = try RecorderBench()
    let isOn = Shared(true)
    let faults = Faults(failure: { $0 == .beforeMove && isOn.value ? .permissionDenied : nil })
    let (recorder, _, around) = try bench.recorder(faults)
    for number in 0..<3 { try bench.put("\(number).png", "judged \(number)") }
    try recorder.record(try (0..<3).map { try bench.inspected("\($0).png", action: action) })
    try recorder.retry(at: .now + .seconds(60))
    let entries = around.sink.queue.pop(atMost: 20, waitingAtMost: .zero) ?? []
    let failures = entries.filter(\.isFailure)
    #expect(failures.count == 1, "\(entries.map(\.line))")
    #expect(failures.first?.fields.contains(JournalField("ERRNO", "13")) == true)
    #expect(failures.first?.line.contains("ermission denied") == true, "\(failures.map(\.line))")
    let rows = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(rows.map(\.carriedOutAction) == [.left, .left, .left])
    #expect(rows.map(\.action) == [action, action, action])
    isOn.change { $0 = false }
    try recorder.retry(at: .now + .seconds(600))
    #expect(try bench.names("incoming") == [])
    let ends = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(ends.map(\.carriedOutAction) == [action, action, action])
  }
}
