import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("intake: trying again") struct IntakeRetryTests {
  /// A file that is with a lane.
  private func requested(_ name: String = "a.png") -> SimulatedFolder {
    var folder = SimulatedFolder()
    folder.put(name)
    folder.event(name, .movedIn)
    folder.turn()
    #expect(folder.takeRequests() == [name])
    return folder
  }

  @Test func `a failure is tried again after a minute, then less and less often, whatever was tried before it`() {
    var rules = IntakeRules()
    rules.rescan = .seconds(86_400)
    var folder = SimulatedFolder(rules: rules)
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    // The grace is full of attempts, and they are not the failures.
    var attempts = 0
    while folder.requests.last?.isFinal != true {
      attempts += 1
      folder.finish("a.png", .incomplete)
      folder.pass(.seconds(1))
      if attempts > 100 { break }
    }
    #expect(attempts > 3)
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
      _ = folder.takeRequests()
      folder.finish("a.png", .failing)
      folder.pass(.seconds(minutes * 60 - 1))
      #expect(folder.takeRequests() == [], "\(minutes) min")
      folder.pass(.seconds(2))
      #expect(folder.requests.count == 1, "\(minutes) min")
    }
  }

  @Test func `a permission that is repaired is noticed by the next reading of the folder`() {
    var folder = requested()
    for _ in 0..<6 {
      folder.finish("a.png", .failing)
      folder.pass(.seconds(3600))
      #expect(folder.takeRequests() == ["a.png"])
    }
    folder.finish("a.png", .failing)
    folder.pass(.seconds(1))
    folder.touchChangeTime("a.png")
    folder.pass(.seconds(61))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a file that is told to change but looks the same is asked for less and less often`() {
    var folder = requested()
    var count = 1
    folder.finish("a.png", .changed)
    for _ in 0..<600 {
      if !folder.requests.isEmpty {
        count += folder.takeRequests().count
        folder.finish("a.png", .changed)
      }
      folder.pass(.milliseconds(100))
    }
    // One minute: at once, after 0.2, 0.4, 0.8, 1.6, 3.2 s, then each 5 s.
    #expect(10...25 ~= count, "\(count)")
  }

  @Test func `a file that is written all the time does not fill the line of deadlines`() {
    var folder = SimulatedFolder()
    folder.put("slow.png")
    folder.event("slow.png", .created)
    for step in 0..<500 {
      folder.write("slow.png", size: Int64(20 + step))
      folder.event("slow.png", .modified)
      folder.pass(.milliseconds(5))
    }
    #expect(folder.intake.deadlines.count <= 2)
    folder.event("slow.png", .closedAfterWriting)
    folder.turn()
    #expect(folder.takeRequests() == ["slow.png"])
  }

  @Test func `a name that cannot be examined holds up no other, and foreign names are left alone`() throws {
    func entry(_ name: String, _ kind: FileStatus.Kind = .regular) -> DirectoryEntry {
      DirectoryEntry(name: FileName(name)!, kind: kind)
    }
    var asked: [String] = []
    let found = [
      entry("dead", .directory), entry("a.png"), entry("notes.txt"), entry(".hidden", .directory), entry("b.png"),
      entry("gone.png"), entry("what", .unknown),
    ]
    let reading = FolderReading(found, rules: IntakeRules()) { name throws(LinuxError) in
      asked.append(name.description)
      switch name.description {
      case "dead": throw LinuxError(operation: "examine 'dead'", code: Errno(rawValue: ENOTCONN))
      case "gone.png": return nil
      default: return FileStatus(inode: 1, size: 2, modified: 3, changed: 4)
      }
    }
    #expect(asked == ["dead", "a.png", "b.png", "gone.png", "what"])
    #expect(reading.entries.map(\.name.description) == ["a.png", "b.png", "what"])
    #expect(reading.failures.map(\.name.description) == ["dead"])
  }

  @Test(arguments: [Int64.min, .max, 0]) func `times beyond counting give an age`(time: Int64) {
    let age = Watcher.age(FileStatus(inode: 1, size: 1, modified: time, changed: time))
    #expect(age >= .zero)
  }
}

@Suite("daemon: faults at the start") struct StartFaultTests {
  @Test(arguments: [
    (ENOSPC, true), (EDQUOT, true), (EROFS, true), (EIO, true), (EMFILE, true), (EAGAIN, true), (ENOMEM, true),
    (ESTALE, true), (EACCES, false), (ENOENT, false), (ENOTDIR, false), (ELOOP, false), (EPERM, false),
  ])
  func `what may pass by itself is worth another start, what somebody must change is not`(code: Int32, passes: Bool) {
    let error = LinuxError(operation: "open 'x'", code: Errno(rawValue: code))
    #expect(InspectionError.system(error).mayPass == passes)
    let unread = FileError(action: "read", path: BytePath("/etc/x.yaml"), cause: .system(code))
    #expect((InspectionError(passing: unread) != nil) == passes)
  }

  @Test func `a busy ledger passes, a refused setting or model does not`() {
    #expect(InspectionError.ledger(path: "l", reason: "database is locked", isDamaged: false).mayPass)
    #expect(!InspectionError.configuration("x").mayPass)
    #expect(!InspectionError.model("x").mayPass)
  }

  @Test func `a reading that finds another folder at the path reads that one`() throws {
    let bench = try DaemonBench(change: { $0.watch = .poll })
    let incoming = bench.path + "/spool/incoming"
    let watcher = try Watcher(bench.daemon, bench.pipeline, incoming: bench.incoming, signals: nil)
    #expect(FileManager.default.createFile(atPath: incoming + "/old.png", contents: nil))
    #expect(rename(incoming, incoming + "-away") == 0)
    try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
    #expect(FileManager.default.createFile(atPath: incoming + "/new.png", contents: nil))
    watcher.look()
    #expect(watcher.intake.candidates.keys.map(\.description) == ["new.png"])
  }

  @Test func `two daemons never share a spool, whatever their state folders`() throws {
    let path = NSTemporaryDirectory() + "ganomaly-start-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = try Directory.creating(path: FilePath(path))
    let name = FileName(".lock")!
    guard case .taken(let lock) = try FileLock.take(private: name, in: folder) else {
      Issue.record("the lock was not taken")
      return
    }
    try withExtendedLifetime(lock) {
      guard case .held = try FileLock.take(private: name, in: Directory(path: FilePath(path))) else {
        Issue.record("the lock was given twice")
        return
      }
    }
  }

  @Test func `a folder that can be created is told from one that cannot, and nothing is created`() throws {
    let path = NSTemporaryDirectory() + "ganomaly-start-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = try Directory.creating(path: FilePath(path))
    #expect(FileManager.default.createFile(atPath: path + "/file", contents: nil))
    #expect(try Directory.checkCreating(path: folder.path) != nil)
    #expect(try Directory.checkCreating(path: FilePath(path + "/a/b")) == nil)
    for bad in [path + "/file", path + "/file/a", "/proc/nope", "/sys/nope/a"] {
      #expect(throws: LinuxError.self, "\(bad)") { try Directory.checkCreating(path: FilePath(bad)) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["file"])
  }
}
