import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("moving: every step may fail") struct MoverFailureTests {
  /// Fails at a point as long as it is on, with one error.
  private final class Switch: Sendable {
    private let isOn = Shared(true)
    let point: FaultPoint
    let code: Errno

    init(_ point: FaultPoint, _ code: Errno) {
      self.point = point
      self.code = code
    }

    func off() { isOn.change { $0 = false } }

    var faults: Faults {
      Faults(failure: { [self] reached in reached == point && isOn.value ? code : nil })
    }
  }

  private static let diskQuota = Errno(rawValue: EDQUOT)

  @Test(
    arguments: [FaultPoint.beforeMove, .afterRename],
    [Errno.noSpace, Self.diskQuota, .readOnlyFileSystem, .ioError])
  func `a move that fails on one file system loses nothing and succeeds later`(point: FaultPoint, code: Errno) throws {
    let bench = try RecorderBench()
    try check(bench, point, code, pictures: { try bench.pictures().map { bench.path + "/quarantine/" + $0 } })
  }

  @Test(
    .enabled(if: OtherFileSystem.path != nil), arguments: [FaultPoint.beforeMove, .afterRename] + FaultPoint.copying,
    [Errno.noSpace, Self.diskQuota])
  func `a copy that fails between file systems loses nothing and succeeds later`(
    point: FaultPoint, code: Errno
  ) throws {
    let folder = (OtherFileSystem.path ?? "") + "/ganomaly-quarantine-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bench = try RecorderBench(quarantine: FilePath(folder))
    try check(bench, point, code) {
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".json") }
        .map { folder + "/" + $0 }
    }
  }

  private func check(
    _ bench: RecorderBench, _ point: FaultPoint, _ code: Errno, pictures: () throws -> [String]
  ) throws {
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    let fault = Switch(point, code)
    let (recorder, ledger, around) = try bench.recorder(fault.faults)
    try recorder.record([result])
    let failed = try #require(try ledger.intended().first)
    #expect(failed.action == .quarantineFailed)
    #expect(failed.reason == (LinuxError(operation: "", code: code).isNoSpace ? Reason.noSpace : Reason.moveFailed))
    // No half copy is left under any name.
    #expect(try pictures().allSatisfy { try String(contentsOfFile: $0, encoding: .utf8) == "scored" })
    let isInPlace = try bench.names("incoming") == ["a.png"]
    let count = try pictures().count
    #expect(isInPlace || count == 1)
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count == 1 && lines[0].contains("quarantine-failed"), "\(lines)")

    try recorder.retry(at: .now + .seconds(60))
    // What lies at its destination is settled though the step still fails; what does not is tried again.
    #expect(try ledger.intended().count == (count == 1 ? 0 : 1))
    fault.off()
    try recorder.retry(at: .now + .seconds(600))
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.names("incoming") == [])
    #expect(try pictures().map { try String(contentsOfFile: $0, encoding: .utf8) } == ["scored"])
    let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(records.map(\.action) == [.quarantined])
    #expect(records.map(\.reason) == [nil])
  }

  @Test(arguments: [FileAction.passed, .deleted, .rejected])
  func `what is not quarantined goes by the same protocol`(action: FileAction) throws {
    for point in [nil, FaultPoint.beforeMove, .afterRename, .sourceAside, .sourceRemoved] {
      let bench = try RecorderBench()
      try bench.put("a.png", "normal")
      let result = try bench.inspected("a.png", action: action)
      let fault = Switch(point ?? .repairFilled, .ioError)
      let (recorder, ledger, _) = try bench.recorder(fault.faults)
      try recorder.record([result])
      fault.off()
      try recorder.retry(at: .now + .seconds(60))
      #expect(try ledger.intended().isEmpty)
      #expect(try bench.names("incoming") == [])
      #expect(try bench.names("passed").count == (action == .passed ? 1 : 0))
      #expect(try bench.names("rejected").count == (action == .rejected ? 1 : 0))
      #expect(try LedgerReader(state: bench.spool.appending("state")).inspections().map(\.action) == [action])
    }
  }

  @Test(arguments: [FileAction.quarantined, .passed, .deleted, .rejected])
  func `exchanged names: the file that was not inspected stays, whatever was to be done`(action: FileAction) throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    try bench.put("b.png", "never scored, and longer")
    let result = try bench.inspected("a.png", action: action)
    // As renameat2 with RENAME_EXCHANGE does it, in three steps.
    let incoming = bench.path + "/incoming"
    #expect(rename(incoming + "/a.png", bench.path + "/c.png") == 0)
    #expect(rename(incoming + "/b.png", incoming + "/a.png") == 0)
    #expect(rename(bench.path + "/c.png", incoming + "/b.png") == 0)
    let (recorder, ledger, around) = try bench.recorder()
    try recorder.record([result])
    #expect(try bench.content("incoming/a.png") == "never scored, and longer")
    #expect(try bench.content("incoming/b.png") == "scored")
    #expect(try bench.pictures() + bench.names("passed") + bench.names("rejected") == [])
    #expect(around.mailbox.take().map(\.finding) == [.changed])
    #expect(try ledger.record(of: result.record.arrival)?.reason == Reason.replaced)
  }

  @Test func `names of 255 bytes are moved, put back and kept apart`() throws {
    let name = String(repeating: "ä", count: 125) + "x.png"
    #expect(name.utf8.count == 255)
    let bench = try RecorderBench()
    try bench.put(name, "scored")
    let (recorder, ledger, _) = try bench.recorder()
    try recorder.record([try bench.inspected(name)])
    let pictures = try bench.pictures()
    #expect(pictures.count == 1 && pictures[0].utf8.count <= 231 && pictures[0].hasSuffix(".png"))
    #expect(try bench.names("quarantine").count == 2)
    // Put back beside two that have its names already.
    try bench.put(name, "scored again")
    let result = try bench.inspected(name)
    let racing = Faults { [path = bench.path, id = result.record.id] reached throws(Faults.SimulatedCrash) in
      guard reached == .afterRename else { return }
      let original = FileName(name)!
      for taken in [original, DestinationName.returned(original, id: id)] {
        _ = FileManager.default.createFile(atPath: "\(path)/incoming/\(taken)", contents: Data("third".utf8))
      }
    }
    let handle = try FileHandle(forWritingTo: URL(filePath: bench.path + "/incoming/" + name))
    try handle.write(contentsOf: Data("overwritten, and longer".utf8))
    try handle.close()
    let (other, _, _) = try bench.recorder(racing)
    try other.record([result])
    #expect(try ledger.intended().isEmpty)
    let names = try bench.names("incoming")
    #expect(names.count == 3 && names.allSatisfy { $0.utf8.count <= 255 })
    #expect(try Set(names.map { try bench.content("incoming/" + $0) }) == ["overwritten, and longer", "third"])
    #expect(try bench.pictures().count == 1)
  }

  @Test(arguments: [FaultPoint.beforePutBack, .afterPutBack])
  func `a crash while a file is put back leaves it in the watched folder after the next start`(
    point: FaultPoint
  ) throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    try bench.put("b.png", "never scored, and longer")
    #expect(rename(bench.path + "/incoming/b.png", bench.path + "/incoming/a.png") == 0)
    let crashing = Faults { reached throws(Faults.SimulatedCrash) in
      if reached == point { throw Faults.SimulatedCrash() }
    }
    do {
      let (recorder, _, _) = try bench.recorder(crashing)
      #expect(throws: Faults.SimulatedCrash.self) { try recorder.record([result]) }
    }
    let (recorder, ledger, _) = try bench.recorder()
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.pictures() == [])
    #expect(try bench.content("incoming/a.png") == "never scored, and longer")
    #expect(try ledger.record(of: result.record.arrival)?.reason == Reason.replaced)
  }

  @Test func `a folder that cannot be synchronised keeps its records intended until it can`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let (recorder, ledger, _) = try bench.recorder()
    let result = try bench.inspected("a.png")
    let stale = try Directory(path: bench.incoming.path)
    try recorder.record([
      Inspected(
        name: result.name, status: result.status, incoming: stale, record: result.record, kind: .fresh,
        file: result.file)
    ])
    #expect(try ledger.intended().isEmpty)
    #expect(try bench.pictures().count == 1)
  }

  @Test func `what lies aside for no record is given back, and temporary files of the dead are removed`() throws {
    let bench = try RecorderBench()
    let aside = try bench.incoming.subdirectory(SourceRemoval.folder, mode: 0o700)
    let (id, kept) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
    try aside.write(Array("nobody's".utf8), to: FileName("\(id)-part.png")!, mode: 0o600)
    try aside.write(Array("intended".utf8), to: FileName("\(kept)-other.png")!, mode: 0o600)
    #expect(try SourceRemoval(faults: .none, incoming: bench.incoming).giveBackAll(except: [kept]) == 1)
    #expect(try bench.content("incoming/part.png") == "nobody's")
    #expect(try SourceRemoval(faults: .none, incoming: bench.incoming).giveBackAll(except: []) == 1)
    #expect(try bench.content("incoming/other.png") == "intended")
    #expect(try bench.incoming.status(of: SourceRemoval.folder) == nil)

    let (writer, copy) = (".2147483000-77.tmp", ".ganomaly-\(id).tmp")
    let foreign = [".999999-12345.tmp", ".ganomaly-hello.tmp", ".keep", "a.tmp", writer]
    for name in foreign + [copy] { try bench.put(name, "half") }
    func all() throws -> Set<String> {
      try Set(FileManager.default.contentsOfDirectory(atPath: bench.path + "/incoming"))
    }
    func remove(isAlone: Bool = true, knows known: String? = nil, after: Int64 = 0) throws -> Set<String> {
      let now = WallTime(nanoseconds: WallTime.now.nanoseconds + after * 1_000_000_000)
      let result = Leftovers.remove(from: bench.incoming, isAlone: isAlone, isOurs: false, now: now) { $0 == known }
      #expect(result.failures.isEmpty)
      return try all()
    }
    let others = Set(foreign + ["other.png", "part.png"])
    #expect(try remove(isAlone: false, knows: id) == others.union([copy]))
    // A release from another spool may be writing a copy that our ledger does not know.
    #expect(try remove(knows: kept) == others.union([copy]))
    #expect(try remove(after: 3500) == others.union([copy]))
    #expect(try remove(after: -9999) == others.union([copy]))
    // Other people's hidden files stay, whatever they look like.
    #expect(try remove(after: 3700) == others)
    try bench.put(copy, "half")
    #expect(try remove(knows: id) == others)

    let ours = bench.folders.quarantine
    let alive = ".\(CurrentProcess.identifier)-78.tmp"
    for name in [writer, alive, ".ganomaly-hello.tmp"] { try ours.write([], to: FileName(name)!, mode: 0o600) }
    #expect(Leftovers.remove(from: ours, isAlone: true, isOurs: true, isKnown: { _ in false }).failures.isEmpty)
    #expect(try ours.names().map(\.description).sorted() == [alive, ".ganomaly-hello.tmp"].sorted())
  }
}
