import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("moving: another file system that is lost", .enabled(if: OtherFileSystem.path != nil)) struct LostCopyTests {
  private let quarantine = (OtherFileSystem.path ?? "") + "/ganomaly-lost-\(UUID().uuidString)"

  @Test(arguments: [FaultPoint.copyFolderSynchronized, .sourceAside])
  func `a copy that is not there after a crash is made again before the source goes`(point: FaultPoint) throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "judged")
    let result = try bench.inspected("a.png")
    do {
      let crashing = Faults { reached throws(Faults.SimulatedCrash) in
        if reached == point { throw Faults.SimulatedCrash() }
      }
      let (recorder, _, _) = try bench.recorder(crashing)
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
    }
    // As a file system in memory after a restart.
    for name in try FileManager.default.contentsOfDirectory(atPath: quarantine) {
      #expect(unlink(quarantine + "/" + name) == 0)
    }
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try ledger.record(of: result.record.arrival)?.action == .quarantined)
    let pictures = try FileManager.default.contentsOfDirectory(atPath: quarantine).filter { !$0.hasSuffix(".json") }
    #expect(try pictures.map { try String(contentsOfFile: quarantine + "/" + $0, encoding: .utf8) } == ["judged"])
    #expect(try bench.names("incoming") == [])
  }

  @Test(arguments: [nil, FaultPoint.copyFolderSynchronized, .sourceAside, .sourceRemoved])
  func `a file of which nothing was read is copied once`(point: FaultPoint?) throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench(quarantine: FilePath(quarantine))
    try bench.put("a.png", "too large")
    var result = try bench.inspected("a.png")
    var record = result.record
    record.digest = []
    result = Inspected(
      name: result.name, status: result.status, incoming: result.incoming, record: record, kind: .fresh,
      file: result.file)
    do {
      let crashing = Faults { reached throws(Faults.SimulatedCrash) in
        if reached == point { throw Faults.SimulatedCrash() }
      }
      let (recorder, _, _) = try bench.recorder(crashing)
      try? recorder.record([result])
    }
    let (recorder, ledger, _) = try bench.recorder()
    _ = try recorder.recover(incoming: bench.incoming)
    #expect(try ledger.intended().isEmpty)
    #expect(try LedgerReader(state: bench.spool.appending("state")).inspections().map(\.action) == [.quarantined])
    #expect(try FileManager.default.contentsOfDirectory(atPath: quarantine).count == 2)
    #expect(try bench.names("incoming") == [])
  }

  @Test func `all folders are asked for their mounts`() throws {
    defer { try? FileManager.default.removeItem(atPath: quarantine) }
    let bench = try RecorderBench()
    #expect(MountCheck.examine(bench.folders) == MountCheck.Finding())
    #expect(MountCheck.describe(bench.folders) == "one mount")
    let folders = SpoolFolders(
      incomingPath: bench.folders.incomingPath, quarantine: bench.folders.quarantine, passed: bench.folders.passed,
      rejected: try Directory.creating(path: FilePath(quarantine)))
    #expect(MountCheck.examine(folders).copied == [String(quarantine.split(separator: "/").last ?? "")])
    #expect(try FileManager.default.contentsOfDirectory(atPath: bench.path + "/incoming") == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: quarantine) == [])
  }

  @Test func `a trial of mounts removes what a killed one has left`() throws {
    let bench = try RecorderBench()
    for folder in ["incoming", "quarantine"] {
      let left = bench.path + "/" + folder + "/" + MountCheck.trialName.description
      #expect(FileManager.default.createFile(atPath: left, contents: nil))
      #expect(MountCheck.tryMove(from: bench.incoming, to: bench.folders.quarantine) == true)
      #expect(!FileManager.default.fileExists(atPath: left), "\(folder)")
    }
  }

  @Test func `a file with a trial's name that is not a trial's stays`() throws {
    let bench = try RecorderBench()
    for folder in ["incoming", "quarantine"] {
      let theirs = bench.path + "/" + folder + "/" + MountCheck.trialName.description
      #expect(FileManager.default.createFile(atPath: theirs, contents: Data("theirs".utf8)))
      #expect(MountCheck.tryMove(from: bench.incoming, to: bench.folders.quarantine) == true)
      #expect(FileManager.default.contents(atPath: theirs) == Data("theirs".utf8), "\(folder)")
      try FileManager.default.removeItem(atPath: theirs)
    }
  }
}
