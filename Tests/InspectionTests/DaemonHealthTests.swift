import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("health of a daemon, seen from outside") struct DaemonHealthTests {
  private static let now = WallTime(nanoseconds: 1_800_000_000_000_000_000)
  private static func ago(_ seconds: Int64) -> String {
    WallTime(nanoseconds: now.nanoseconds - seconds * 1_000_000_000).iso
  }

  /// What a daemon says to which nothing has happened.
  private func sound(_ change: (inout DaemonStatus) -> Void = { _ in }) -> DaemonStatus {
    var status = DaemonStatus(
      isRunning: true, process: 42, version: "1", started: Self.ago(5000), time: Self.ago(20), renewalSeconds: 60,
      status: "", queue: .init(files: 3, oldestSeconds: 0.5, highMark: 1000),
      watch: .init(folder: "/i", isUp: true, isPolling: false, ignoredNames: 0, overflows: 0, rescans: 1), paused: [],
      inspections: .init(total: 5, verdicts: ["normal": 5], lastMinute: 1, lastTime: Self.ago(30)),
      model: .init(
        path: "/m", sha256: "ab", calibration: "c", threshold: 0.1, summary: "s", since: Self.ago(4000), refusals: 0,
        refused: nil),
      moves: .init(quarantineFiles: 1, quarantineBytes: 2, waiting: 0),
      journal: .init(isUsed: true, isFailing: false, waiting: 0, replayed: 0, lost: 0), lastError: nil)
    change(&status)
    return status
  }

  private func judge(_ status: DaemonStatus?, holder: String? = "process 42 on '/s'") -> DaemonHealth {
    DaemonHealth.judge(holder: holder, status: status, now: Self.now)
  }

  @Test func `a daemon that speaks and has nothing to complain of is healthy`() {
    let health = judge(sound())
    #expect(health.level == .healthy)
    #expect(health.reasons.isEmpty)
    // An error of long ago does not count any more.
    #expect(judge(sound { $0.lastError = .init(time: Self.ago(601), text: "x") }).level == .healthy)
  }

  @Test(arguments: [
    ("no-model", "there is no model"), ("disk-floor", "less room on a disk"),
    ("ledger", "the ledger cannot be written"),
  ])
  func `every pause degrades it`(pause: String, words: String) {
    let health = judge(sound { $0.paused = [pause] })
    #expect(health.level == .degraded)
    #expect(health.reasons.count == 1)
    #expect(health.reasons[0].text.contains(words))
    #expect(!health.reasons[0].remedy.isEmpty)
  }

  @Test func `silence, a lost folder, a refused model, stuck moves, a backlog, a deaf journal and errors degrade it`() {
    let changes: [(String, (inout DaemonStatus) -> Void)] = [
      ("silent since", { $0.time = Self.ago(131) }),
      ("is gone", { $0.watch.isUp = false }),
      ("is not in use, since", { $0.model.refused = .init(time: Self.ago(3), text: "torn") }),
      ("2 files could not be moved", { $0.moves.waiting = 2 }),
      ("1000 files wait", { $0.queue.files = 1000 }),
      ("the journal takes no entries", { $0.journal.isFailing = true }),
      ("has not taken an entry for 6 s, 0 more wait", { $0.journal.sendingSeconds = 6.4 }),
      ("an error at", { $0.lastError = .init(time: Self.ago(599), text: "x") }),
    ]
    var all = sound()
    for (words, change) in changes {
      let health = judge(sound(change))
      #expect(health.level == .degraded, "\(words)")
      #expect(health.reasons.map { $0.text.contains(words) } == [true], "\(words): \(health.reasons)")
      change(&all)
    }
    #expect(judge(all).reasons.count == changes.count)
    // A journal that is not used cannot fail.
    #expect(
      judge(sound { $0.journal = .init(isUsed: false, isFailing: true, waiting: 0, replayed: 0, lost: 0) }).level
        == .healthy)
  }

  @Test func `a journal that gets many entries is no worse for it`() {
    let health = judge(
      sound {
        $0.journal.waiting = 2000
        $0.journal.sendingSeconds = 0.2
      })
    #expect(health.level == .healthy)
  }

  @Test func `a full disk is seen although the daemon cannot say so`() {
    let health = DaemonHealth.judge(
      holder: "process 42 on '/s'", status: sound(), freeBytes: 8192, now: Self.now)
    #expect(health.level == .degraded)
    #expect(health.reasons.map { $0.text.hasPrefix("only 8192 bytes are free for the state folder") } == [true])
    #expect(DaemonHealth.judge(holder: nil, status: sound(), freeBytes: 0, now: Self.now).level == .down)
  }

  @Test func `without the lock it is down, and how it ended is told`() {
    #expect(judge(sound(), holder: nil).level == .down)
    #expect(judge(sound(), holder: nil).reasons[0].text.contains("ended without a word after"))
    #expect(judge(sound { $0.isRunning = false }, holder: nil).reasons[0].text.contains("was stopped at"))
    #expect(judge(nil, holder: nil).level == .down)
  }

  @Test func `a daemon that has just started is not judged by what another one said`() {
    for status in [sound { $0.process = 4 }, sound { $0.isRunning = false }, nil] {
      let health = judge(status)
      #expect(health.level == .degraded)
      #expect(health.status == nil)
      #expect(health.reasons[0].text.contains("has not said anything yet"))
    }
  }

  @Test func `what is written is read, and is an object of names in small letters`() throws {
    let status = sound { $0.model.threshold = 0.1 }
    #expect(try DaemonStatus(bytes: status.encoded) == status)
    let text = String(decoding: status.encoded, as: UTF8.self)
    for member in ["\"is_running\" : true", "\"oldest_seconds\" : 0.5", "\"threshold\" : 0.1", "\"sha256\" : \"ab\""] {
      #expect(text.contains(member), "\(member): \(text)")
    }
    let json = judge(status).json
    #expect(json.hasPrefix("{\"health\":\"healthy\",\"reasons\":[],\"status\":{"))
    #expect(!json.contains("\n"))
  }

  @Test(arguments: [[UInt8]("".utf8), Array("{}".utf8), Array("{\"is_running\": 1}".utf8), [0xFF, 0x00]])
  func `a file that is no status is none`(bytes: [UInt8]) {
    #expect(throws: (any Error).self) { try DaemonStatus(bytes: bytes) }
  }

  @Test func `the lock is looked at without being taken`() throws {
    let path = FilePath(NSTemporaryDirectory() + "ganomalyd-\(UUID().uuidString)")
    let folder = try Directory.creating(path: path)
    defer { try? FileManager.default.removeItem(atPath: path.string) }
    let name = FileName("lock")!
    #expect(try FileLock.holder(of: name, in: folder) == nil)
    #expect(try folder.names().isEmpty)
    var other = ""
    var lock = try FileLock.take(name, in: folder, note: "process 7 on '/s'", holder: &other)
    #expect(lock != nil)
    #expect(try FileLock.holder(of: name, in: folder) == "process 7 on '/s'")
    #expect(try FileLock.holder(of: name, in: folder) == "process 7 on '/s'")
    lock = nil
    #expect(try FileLock.holder(of: name, in: folder) == nil)
  }

  @Test func `a state folder that never had a daemon is down, not an error`() throws {
    var settings = Settings()
    settings.statePath = "/nonexistent/state"
    let health = try DaemonHealth.read(settings)
    #expect(health.level == .down)
    #expect(health.reasons[0].text.contains("'/nonexistent/state'"))
  }
}
