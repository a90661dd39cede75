import Foundation
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

extension FaultPoint {
  /// Points that every move passes.
  static let recording: [FaultPoint] = [
    .afterIntent, .beforeMove, .afterRename, .afterMoves, .afterSynchronization, .sidecarWritten, .afterSidecars,
    .afterDone,
  ]
  /// Points of a move to another file system beside these.
  static let copying: [FaultPoint] = [
    .temporaryCreated, .copied, .copySynchronized, .copyFolderSynchronized, .sourceAside, .sourceRemoved,
  ]
}

/// Where another file system is than that of temporary files; said loudly where there is none.
enum OtherFileSystem {
  static let path: String? = {
    let here = FileStatus(path: FilePath(NSTemporaryDirectory()))?.device
    for path in ["/dev/shm", "/run", "/var/tmp", "/home"] where access(path, W_OK) == 0 {
      if let there = FileStatus(path: FilePath(path))?.device, there != here { return path }
    }
    print("SKIPPED: moves between file systems need a second writable file system, such as /dev/shm")
    return nil
  }()
}

@Suite("recorder: another file system", .enabled(if: OtherFileSystem.path != nil)) struct OtherFileSystemTests {
  private let quarantine = (OtherFileSystem.path ?? "") + "/ganomaly-quarantine-\(UUID().uuidString)"

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: quarantine).sorted()
  }

  @Test(arguments: [nil] + FaultPoint.recording + FaultPoint.copying)
  func `a picture is copied, compared and removed, also through a crash`(point: FaultPoint?) throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "scored")
    let crashing = Faults { reached throws(Faults.SimulatedCrash) in
      if reached == point { throw Faults.SimulatedCrash() }
    }
    let result = try bench.inspected("a.png")
    do {
      let (recorder, _, _) = try bench.recorder(crashing)
      try? recorder.record([result])
    }
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try recorder.recover(incoming: bench.incoming) == (point == nil || point == .afterDone ? 0 : 1))
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.names("incoming") == [])
    #expect(try names().count == 2)
    #expect(try LedgerReader(state: bench.spool.appending("state")).inspections().map(\.action) == [.quarantined])
    let picture = try #require(names().first { !$0.hasSuffix(".json") })
    #expect(try String(contentsOfFile: quarantine + "/" + picture, encoding: .utf8) == "scored")
    let there = FileStatus(path: FilePath(quarantine + "/" + picture))
    #expect(there?.modified == result.status.modified)
  }

  @Test func `another file under the name is not removed`() throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    try bench.put("b.png", "another")
    #expect(rename(bench.path + "/incoming/b.png", bench.path + "/incoming/a.png") == 0)
    let (recorder, _, _) = try bench.recorder()
    try recorder.record([result])
    #expect(try bench.content("incoming/a.png") == "another")
  }

  @Test func `a file that took the name during the copy stays, and the copy is the quarantined picture`() throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    let racing = Faults { [path = bench.path] reached throws(Faults.SimulatedCrash) in
      guard reached == .afterRename else { return }
      _ = FileManager.default.createFile(atPath: path + "/b.png", contents: Data("another".utf8))
      rename(path + "/b.png", path + "/incoming/a.png")
    }
    let (recorder, ledger, _) = try bench.recorder(racing)
    try recorder.record([result])
    #expect(try bench.content("incoming/a.png") == "another")
    #expect(try ledger.record(of: result.record.arrival)?.action == .quarantined)
    #expect(try names().count == 2)
  }

  @Test func `a picture that is removed before it can be copied is gone, not replaced`() throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    #expect(unlink(bench.path + "/incoming/a.png") == 0)
    let mover = Mover(folders: bench.folders, faults: .none)
    var record = result.record
    (record.destination, record.isTargetApart) = (FileName("x.png")!, true)
    #expect(try mover.perform(record, incoming: bench.incoming, opened: nil) == .gone)
  }

  @Test func `a picture that is overwritten before the copy is not quarantined`() throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    let handle = try FileHandle(forWritingTo: URL(filePath: bench.path + "/incoming/a.png"))
    try handle.write(contentsOf: Data("changed".utf8))
    try handle.close()
    let (recorder, _, around) = try bench.recorder()
    try recorder.record([result])
    #expect(try names() == [])
    #expect(try bench.content("incoming/a.png") == "changed")
    #expect(around.mailbox.take().map(\.finding) == [.changed])
  }
}
