import Foundation
import GANomalyModel
import Inspection
import Linux
import SystemPackage
import Testing

@Suite("ganomalyd: the watched folder's place, and what is asked from outside") struct GanomalydPlaceTests {
  private let first = TestSpool.normal[1]
  private let second = TestSpool.normal[2]

  @Test func `a folder that is looked at again and again loses nothing`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--watch", "poll", "--rescan", "200 ms"])
    #expect(daemon.output.contains("by looking every 2 s (as set"))
    try spool.copyIn(first, as: "copied.png")
    try Data(SamplePictures.file(second)).write(to: URL(filePath: spool.folder.path + "/p.png"))
    #expect(rename(spool.folder.path + "/p.png", spool.incoming + "/renamed.png") == 0)
    try eventually("both records") { spool.records().count == 2 }
    try spool.copyIn(second, as: "copied.png")
    try eventually("the new content") { spool.records().count == 3 }
    #expect(rename(spool.incoming, spool.incoming + "-away") == 0)
    try eventually("the loss") { daemon.output.contains("is gone or was replaced") }
    #expect(daemon.stop() == 0)
    #expect(spool.records(of: "copied.png").map(\.score) == [first, second].map(SamplePictures.shared.score))
  }

  @Test func `a folder that is removed and made again is watched again`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start()
    #expect(rmdir(spool.incoming) == 0)
    try eventually("the loss") { daemon.output.contains("is gone or was replaced") }
    #expect(mkdir(spool.incoming, 0o755) == 0)
    try eventually("the return") { daemon.output.contains("is back, by inotify") }
    try spool.copyIn(first, as: "p.png")
    try eventually("the record") { spool.records().count == 1 }
    #expect(daemon.stop() == 0)
    #expect(daemon.output.components(separatedBy: "is gone or was replaced").count == 2)
  }

  @Test func `the folder's way is said with its reason`() throws {
    let spool = try TestSpool()
    let kind = try FileSystem(of: Directory(path: FilePath(spool.incoming))).kindName
    let daemon = try spool.start()
    #expect(daemon.output.contains("by inotify (auto: \(kind))"), "\(daemon.output)")
    #expect(daemon.stop() == 0)
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a file system mounted over the folder is noticed, and so is its end`() throws {
    let spool = try TestSpool()
    let folder = spool.folder.path
    for (name, number) in [("below.png", first), ("above.png", second)] {
      try Data(SamplePictures.file(number)).write(to: URL(filePath: folder + "/" + name))
    }
    let script = """
      start --settle '50 ms' --rescan '300 ms'
      cp below.png spool/incoming/
      until_true 'grep -q "below.png" lines'
      mount -t tmpfs -o size=1m tmpfs spool/incoming
      until_true 'grep -q "is gone or was replaced" lines'
      until_true 'grep -q "is back, by inotify (auto: tmpfs)" lines'
      cp above.png spool/incoming/
      until_true 'grep -q "above.png" lines'
      umount --lazy spool/incoming
      until_true '[ "$(grep -c "is back, by inotify" lines)" -eq 2 ]'
      cp above.png spool/incoming/again.png
      until_true 'grep -q "again.png" lines'
      stop
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
    #expect(code == 0, "\(output)")
    #expect(Set(spool.records().map(\.arrival.name.description)) == ["below.png", "above.png", "again.png"])
    #expect(spool.records(of: "below.png").count == 1)
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a file that is written twice within one tick of the clock is recorded with the bytes that it has`() throws {
    let spool = try TestSpool()
    // ramfs has times of the kernel's tick; other file systems have finer ones since Linux 6.13.
    let script = """
      mount -t ramfs ramfs spool/incoming
      start --settle '1 ms' --grace '1 ms' --on-unreadable leave --journal-normal none --rescan '300 ms'
      python3 - <<'END'
      import hashlib, os, sqlite3, sys, time
      names = [f"{number}.png" for number in range(300)]
      for number, name in enumerate(names):
          for text in ("first ", "second"):
              descriptor = os.open(f"spool/incoming/{name}", os.O_WRONLY | os.O_CREAT, 0o644)
              os.write(descriptor, f"{text} {number:4}".encode())
              os.close(descriptor)
              time.sleep(0.0015)
      def digests():
          ledger = sqlite3.connect("file:spool/state/ledger.sqlite?mode=ro", uri=True, timeout=20)
          return {bytes(name).decode(): bytes(digest) for name, digest in
                  ledger.execute("SELECT name, sha256 FROM inspection ORDER BY number")}
      expected = {name: hashlib.sha256(open(f"spool/incoming/{name}", "rb").read()).digest() for name in names}
      deadline = time.monotonic() + 30
      while digests() != expected and time.monotonic() < deadline:
          time.sleep(0.1)
      wrong = sum(digests().get(name) != digest for name, digest in expected.items())
      print(f"{wrong} of {len(names)} files have other bytes than their last row")
      sys.exit(wrong > 0)
      END
      stop
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
    #expect(code == 0, "\(output)")
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a proc of another namespace of processes is refused at the start`() throws {
    let spool = try TestSpool()
    let script = """
      exec unshare --pid --fork --kill-child /bin/bash -c "'\(BuiltProgram.path(of: "ganomalyd"))' --check \
        --spool '\(spool.spool)' --model '\(spool.modelPath)'; exit \\$?"
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
    #expect(code == 2, "\(output)")
    #expect(output.contains("ganomalyd: '/proc' does not show this process"), "\(output)")
  }

  @Test func `a model that is renamed to its place is loaded at once, however rarely the folder is read`() throws {
    let spool = try TestSpool(withModel: false)
    let daemon = try spool.start(["--rescan", "1 h"])
    // With files in line the folder's own events stay unread.
    for number in 0..<20 { try spool.copyIn(first, as: "\(number).png") }
    try eventually("the note") { daemon.output.contains("no model at") }
    try SamplePictures.shared.model.write(to: spool.modelPath)
    try eventually("the records") { spool.records().count == 20 }
    #expect(daemon.stop() == 0)
  }

  @Test func `a request to look at everything anew is taken, at once, and the files are looked at`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--rescan", "1 h"])
    try spool.copyIn(first, as: "p.png")
    try eventually("the record") { spool.records().count == 1 }
    try spool.keepBusy(for: .milliseconds(100))
    let count = spool.records().count
    // As a command that marks rows would have it: the files then count as not inspected.
    try Self.change(spool, "DELETE FROM inspection")
    try spool.keepBusy(for: .milliseconds(500))
    #expect(spool.records(of: "p.png") == [])
    let request = spool.spool + "/state/reinspect.request"
    try Data().write(to: URL(filePath: request + ".new"))
    #expect(rename(request + ".new", request) == 0)
    try eventually("the record") { spool.records(of: "p.png").count == 1 }
    try eventually("all records") { spool.records().count >= count }
    #expect(!FileManager.default.fileExists(atPath: request))
    #expect(daemon.stop() == 0)
  }

  @Test func `a file whose row is damaged is inspected again when it is looked at, and no other`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--rescan", "1 h"])
    try spool.copyIn(first, as: "damaged.png")
    try spool.copyIn(second, as: "other.png")
    try eventually("both records") { spool.records().count == 2 }
    try spool.keepBusy(for: .milliseconds(100))
    try Self.change(spool, "UPDATE inspection SET verdict = 'marvellous' WHERE CAST(name AS TEXT) = 'damaged.png'")
    // Another time of change lets a lane read that row.
    #expect(rename(spool.incoming + "/damaged.png", spool.incoming + "/x.part") == 0)
    #expect(rename(spool.incoming + "/x.part", spool.incoming + "/damaged.png") == 0)
    try eventually("the file of the damaged row: \(daemon.output)") { spool.records(of: "damaged.png").count == 1 }
    #expect(daemon.stop() == 0)
    #expect(spool.records(of: "damaged.png").map(\.score) == [SamplePictures.shared.score(first)])
    #expect(spool.records(of: "other.png").count == 1)
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a mount over the folder is noticed by the watchdog's looks, long before the next reading`() throws {
    let spool = try TestSpool()
    let script = """
      export WATCHDOG_USEC=2000000
      start --rescan '10 h'
      mount -t tmpfs -o size=1m tmpfs spool/incoming
      until_true 'grep -q "is gone or was replaced" lines'
      until_true 'grep -q "is back, by inotify (auto: tmpfs)" lines'
      stop
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
    #expect(code == 0, "\(output)")
  }

  @Test(.enabled(if: MountNamespace.isPossible))
  func `a request that cannot be removed is answered and told of once`() throws {
    let spool = try TestSpool()
    let script = """
      mkdir -p spool/state
      touch request spool/state/reinspect.request
      mount --bind request spool/state/reinspect.request
      start --rescan '100 ms'
      until_true '[ "$(grep -o "rescans. : [0-9]*" spool/state/status.json | grep -o "[0-9]*$")" -ge 5 ]'
      [ "$(grep -c "looked at anew all the same" lines)" -eq 1 ] || { cat lines; exit 1; }
      echo another > request
      until_true '[ "$(grep -c "looked at anew all the same" lines)" -eq 2 ]'
      stop
      """
    let (code, output) = MountNamespace.run(spool.scriptHead + script)
    #expect(code == 0, "\(output)")
  }

  /// Changes the ledger beside the running daemon.
  private static func change(_ spool: TestSpool, _ statement: String) throws {
    let (status, output) = try SystemTool.run([
      "python3", "-c",
      "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=20); c.execute(sys.argv[2]); c.commit()",
      spool.spool + "/state/ledger.sqlite", statement,
    ])
    try #require(status == 0, "\(output)")
  }

  /// Whether a user without rights can run the program: said loudly where not.
  static let otherUser: [String]? = {
    let launcher = SystemTool.asNobody
    guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: launcher[0]) else {
      print("SKIPPED: files of another owner need root and setpriv")
      return nil
    }
    if (try? SystemTool.run(launcher + [BuiltProgram.path(of: "ganomalyd"), "--version"]))?.0 == 0 { return launcher }
    print("SKIPPED: another user cannot run '\(BuiltProgram.path(of: "ganomalyd"))'")
    return nil
  }()

  @Test(.enabled(if: GanomalydPlaceTests.otherUser != nil))
  func `files of another owner, whose writers cannot be asked for, are judged when whole, and only then`() throws {
    let launcher = try #require(Self.otherUser)
    let spool = try TestSpool()
    try SystemTool.run(["chown", "-R", "65534:65534", spool.folder.path])
    let daemon = try spool.start(launcher: launcher)
    try spool.copyIn(first, as: "copied.png")
    try eventually("the copy: \(daemon.output)") { spool.records(of: "copied.png").count == 1 }
    let bytes = SamplePictures.file(second)
    let descriptor = open(spool.incoming + "/slow.png", O_WRONLY | O_CREAT, 0o644)
    try #require(descriptor >= 0)
    #expect(write(descriptor, bytes, bytes.count / 2) == bytes.count / 2)
    try spool.keepBusy(for: .seconds(1))
    #expect(spool.records(of: "slow.png") == [])
    let rest = Array(bytes[(bytes.count / 2)...])
    #expect(write(descriptor, rest, rest.count) == rest.count)
    close(descriptor)
    try eventually("the slow one") { spool.records(of: "slow.png").count == 1 }
    #expect(daemon.stop() == 0)
    #expect(spool.records(of: "copied.png").map(\.score) == [SamplePictures.shared.score(first)])
    #expect(spool.records(of: "slow.png").map(\.score) == [SamplePictures.shared.score(second)])
  }
}
