import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("copies that were interrupted, and whose source or folder is not what it seems") struct InterruptedCopyTests {
  private let quarantine = (OtherFileSystem.path ?? "") + "/ganomaly-interrupted-\(UUID().uuidString)"

  private func records(_ bench: RecorderBench) throws -> [InspectionRecord] {
    try LedgerReader(state: bench.spool.appending("state")).inspections()
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
  }

  // MARK: Its folder is away

  @Test(
    .enabled(if: OtherFileSystem.path != nil),
    arguments: [FaultPoint.copySynchronized, .copyFolderSynchronized, .sourceAside])
  func `a copy whose folder is away is waited for, and no second one is made`(point: FaultPoint) throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "judged")
    do {
      let (dying, _, _) = try bench.recorder(point.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([try bench.inspected("a.png")]) }
    }
    let inode = try bench.folders.quarantine.status().inode
    // The folder below the mount point, on the watched folder's file system.
    let below = try RecorderBench(over: bench)
    #expect(try below.folders.quarantine.status().inode != inode)
    do {
      let (recorder, ledger, around) = try below.recorder()
      #expect(try recorder.recover(incoming: below.incoming) == 0)
      try recorder.retry(at: .now + .seconds(60))
      #expect(try ledger.intended().map(\.action) == [.quarantineFailed])
      #expect(try ledger.intended().map(\.targetInode) == [inode])
      #expect(try below.pictures() == [])
      let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
      #expect(lines.count { $0.contains("another folder is at") } == 1, "\(lines)")
    }
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.quarantined])
    #expect(try names(quarantine).count == 2)
    #expect(try bench.names("incoming") == [])
    #expect(try below.names("quarantine") == [])
  }

  @Test(
    .enabled(if: OtherFileSystem.path != nil),
    arguments: [FaultPoint.beforeMove, .copied, .copyFolderSynchronized, .sourceAside])
  func `a copy that failed is made in the folder that is there by now only where it has left nothing in the former`(
    point: FaultPoint
  ) throws {
    defer {
      for ending in ["", ".away"] { try? FileManager.default.removeItem(atPath: quarantine + ending) }
    }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "judged")
    let isFailing = Shared(true)
    let (recorder, ledger, _) = try bench.recorder(
      moving: Faults(failure: { $0 == point && isFailing.value ? .ioError : nil }))
    try recorder.record([try bench.inspected("a.png")])
    #expect(try ledger.intended().map(\.action) == [.quarantineFailed])
    isFailing.change { $0 = false }
    #expect(rename(quarantine, quarantine + ".away") == 0 && mkdir(quarantine, 0o750) == 0)
    try recorder.retry(at: .now + .seconds(60))
    let isLeft = [.copyFolderSynchronized, .sourceAside].contains(point)
    #expect(try ledger.intended().count == (isLeft ? 1 : 0))
    #expect(try names(quarantine).count == (isLeft ? 0 : 2))
    #expect(try names(quarantine + ".away").count == (isLeft ? 1 : 0))
    guard isLeft else { return #expect(try bench.names("incoming") == []) }
    #expect(rmdir(quarantine) == 0 && rename(quarantine + ".away", quarantine) == 0)
    try recorder.retry(at: .now + .seconds(600))
    #expect(try ledger.intended().isEmpty)
    #expect(try names(quarantine).count == 2)
    #expect(try bench.names("incoming") == [])
  }

  @Test func `a file that was taken away while its move waited, and its folder was replaced, is gone`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "judged")
    let (recorder, ledger, _) = try bench.recorder(moving: Faults(failure: { $0 == .beforeMove ? .ioError : nil }))
    try recorder.record([try bench.inspected("a.png")])
    #expect(unlink(bench.path + "/incoming/a.png") == 0)
    let path = bench.path + "/quarantine"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o750) == 0)
    let (later, _, _) = try bench.recorder(retries: recorder.retries)
    try later.retry(at: .now + .seconds(60))
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.reason) == [Reason.gone])
  }

  // MARK: Its number is its source's

  @Test func `a file of the source's number is the source itself only on the same file system`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "judged")
    let record = try bench.inspected("a.png").record
    let arrival = record.arrival
    func status(device: UInt64, size: Int64? = nil) -> FileStatus {
      FileStatus(
        device: device, inode: arrival.inode, size: size ?? arrival.size, modified: arrival.modified, changed: 0)
    }
    let (here, there) = (arrival.device, arrival.device &+ 1)
    let cases: [(found: UInt64, source: FileStatus?, isElsewhere: Bool, mayBeCopy: Bool)] = [
      (there, status(device: here), false, true), (there, status(device: here), true, true),
      (here, status(device: here), false, false), (there, status(device: there), false, false),
      // The source is not there: it was moved, or it is where the watched folder is.
      (there, nil, false, false), (there, nil, true, true), (here, nil, true, false),
      // Another file has its name.
      (there, status(device: here, size: arrival.size + 1), false, false),
      (there, status(device: here, size: arrival.size + 1), true, true),
    ]
    for (found, source, isElsewhere, mayBeCopy) in cases {
      let answer = InspectedFile.mayBeCopy(
        record, status(device: found), source: source, isElsewhere: isElsewhere)
      #expect(answer == mayBeCopy, "\(found == here), \(String(describing: source)), \(isElsewhere)")
    }
  }

  @Test func `the source goes though its copy has its number`() throws {
    let first = try RecorderBench()
    let mounts = ["/incoming", "/quarantine"].map { first.path + $0 }
    var mounted: [String] = []
    defer { for path in mounted { umount2(path, Int32(MNT_DETACH)) } }
    for path in mounts {
      guard mount("none", path, "tmpfs", 0, nil) == 0 else {
        return print("SKIPPED: two file systems that give the same numbers need the permission to mount: \(errno)")
      }
      mounted.append(path)
    }
    let bench = try RecorderBench(over: first)
    // Such a file system numbers its files one after another.
    for number in 0..<64 { try bench.put(".\(number)", "") }
    try bench.put("a.png", "judged")
    let result = try bench.inspected("a.png")
    let inode = result.record.arrival.inode
    for number in 0..<64 {
      let name = FileName(".\(number)")!
      try bench.folders.quarantine.write([], to: name, mode: 0o600)
      if let status = try bench.folders.quarantine.status(of: name), status.inode + 1 >= inode { break }
    }
    do {
      let (dying, _, _) = try bench.recorder(FaultPoint.copyFolderSynchronized.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([result]) }
    }
    let picture = try #require(try bench.pictures().first.flatMap(FileName.init))
    guard try bench.folders.quarantine.status(of: picture)?.inode == inode else {
      return print("SKIPPED: this kernel numbers the files of two file systems in memory otherwise")
    }
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.quarantined])
    #expect(try bench.names("incoming") == [])
    #expect(try bench.names("quarantine").count == 2)
  }
}
