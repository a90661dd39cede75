import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("folders that are renamed or made anew while the daemon runs") struct RenewedFolderTests {
  private static let lock = FileName(".ganomaly-daemon.lock")!

  @Test func `the spool's lock goes along with a quarantine that is made anew`() throws {
    let bench = try RecorderBench()
    let path = bench.path + "/quarantine"
    try bench.folders.lock(bench.spool)
    #expect(rename(path, path + ".old") == 0)
    #expect(bench.folders.renew().count == 1)
    let other = try SpoolFolders(spool: bench.spool)
    #expect(throws: InspectionError.self) { try other.lock(bench.spool) }
    // The former folder is nobody's any more.
    guard case .taken = try FileLock.take(private: Self.lock, in: Directory(path: FilePath(path + ".old"))) else {
      Issue.record("the former folder is still locked")
      return
    }
    bench.folders.unlock()
    try other.lock(bench.spool)
  }

  @Test func `a quarantine that another process has locked meanwhile is not used, and that is told`() throws {
    let bench = try RecorderBench()
    let path = bench.path + "/quarantine"
    try bench.folders.lock(bench.spool)
    let former = bench.folders.quarantine
    #expect(rename(path, path + ".old") == 0)
    let other = try SpoolFolders(spool: bench.spool)
    try other.lock(bench.spool)
    for _ in 0..<2 {
      let notes = bench.folders.renew()
      #expect(notes.count == 1 && notes[0].contains("in use by process \(CurrentProcess.identifier)"), "\(notes)")
      #expect(bench.folders.quarantine === former)
    }
    // Whoever opens the former folder finds it locked as before.
    guard case .held = try FileLock.take(private: Self.lock, in: Directory(path: FilePath(path + ".old"))) else {
      Issue.record("the former folder is not locked any more")
      return
    }
    other.unlock()
    #expect(bench.folders.renew().count == 1)
    #expect(bench.folders.quarantine !== former)
    #expect(throws: InspectionError.self) { try other.lock(bench.spool) }
  }

  @Test func `what belongs to a picture goes to the picture's folder, whoever opens the new one meanwhile`() throws {
    let bench = try RecorderBench()
    let path = bench.path + "/quarantine"
    try bench.put("a.png", "judged")
    // Between the move and the sidecar, as what is due once an hour may on its own thread.
    let renewing = Faults { [folders = bench.folders] reached throws(Faults.SimulatedCrash) in
      guard reached == .afterMoves else { return }
      #expect(rename(path, path + ".old") == 0 && mkdir(path, 0o750) == 0)
      #expect(folders.renew().count == 1)
    }
    let (recorder, ledger, _) = try bench.recorder(renewing, moving: Faults.none)
    let former = try bench.folders.quarantine.status().inode
    try recorder.record([try bench.inspected("a.png")])
    #expect(try ledger.intended().isEmpty)
    let record = try #require(try LedgerReader(state: bench.spool.appending("state")).inspections().first)
    #expect(record.action == .quarantined && record.targetInode == former)
    #expect(try bench.names("quarantine") == [])
    #expect(try bench.names("quarantine.old") == ["\(record.destination!)", "\(record.destination!).json"])
    // The next batch goes to the new one.
    let (next, _, _) = try bench.recorder()
    try bench.put("b.png", "judged as well")
    try next.record([try bench.inspected("b.png")])
    #expect(try bench.names("quarantine").count == 2)
  }

  @Test(arguments: [true, false])
  func `a folder that is made anew has the permissions and the group of the former one`(isRemoved: Bool) throws {
    let bench = try RecorderBench()
    let path = bench.path + "/quarantine"
    let isSuperuser = geteuid() == 0
    if isSuperuser { #expect(chown(path, uid_t.max, 12) == 0) }
    #expect(chmod(path, 0o2771) == 0)
    #expect((isRemoved ? rmdir(path) : rename(path, path + ".old")) == 0)
    #expect(bench.folders.renew().count == 1)
    let status = try bench.folders.quarantine.status()
    #expect(FileStatus(path: FilePath(path))?.inode == status.inode)
    #expect(status.mode == 0o2771)
    if isSuperuser { #expect(status.group == 12) }
    // One that somebody made stays as it is.
    #expect(rename(path, path + ".older") == 0 && mkdir(path, 0o700) == 0 && chmod(path, 0o700) == 0)
    #expect(bench.folders.renew().count == 1)
    #expect(try bench.folders.quarantine.status().mode == 0o700)
  }
}
