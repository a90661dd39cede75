import Foundation
import Inspection
import Linux
import TestSupport
import Testing

/// What a process has done so far, as the kernel counts it.
struct ProcessEffort {
  /// How often its threads went to sleep by themselves.
  let sleeps: Int
  /// Nanoseconds that its threads ran.
  let nanoseconds: Int

  /// The effort of a running process; nil where the kernel does not say.
  ///
  /// Source: proc_pid_status(5), voluntary_ctxt_switches; the kernel's sched-stats, /proc/PID/schedstat.
  init?(of process: Int32) {
    guard let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") else { return nil }
    var (sleeps, nanoseconds) = (0, 0)
    for task in tasks {
      let path = "/proc/\(process)/task/\(task)"
      // A thread that has ended since does nothing any more.
      guard let status = try? String(contentsOfFile: path + "/status", encoding: .utf8) else { continue }
      guard
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("voluntary_ctxt_switches:") }),
        let count = line.split(separator: "\t").last.flatMap({ Int($0) }),
        case let times = (try? String(contentsOfFile: path + "/schedstat", encoding: .utf8)) ?? "0 0 0",
        let time = times.split(separator: " ").first.flatMap({ Int($0) })
      else { return nil }
      sleeps += count
      nanoseconds += time
    }
    self.sleeps = sleeps
    self.nanoseconds = nanoseconds
  }
}

@Suite("ganomalyd: at rest") struct GanomalydRestTests {
  private static let span = 4.0

  /// What a daemon that has inspected something does in some seconds in which nothing happens.
  private func effortAtRest(_ daemon: GanomalydProcess, _ spool: TestSpool) throws -> (sleeps: Int, share: Double) {
    try spool.keepBusy(for: .milliseconds(100))
    let process = daemon.process.processIdentifier
    // At rest once nothing has moved for more than the second after which the last change is told, and as much again: on
    // a busy machine a thread may wake late.
    var last = try #require(ProcessEffort(of: process))
    var since = ContinuousClock.now
    try eventually(within: 120, "rest") {
      let now = try #require(ProcessEffort(of: process))
      if now.sleeps != last.sleeps { (last, since) = (now, .now) }
      return ContinuousClock.now - since > .milliseconds(2000)
    }
    let (sleeps, share, _) = try effort(of: process)
    return (sleeps, share)
  }

  private func effort(of process: Int32) throws -> (sleeps: Int, share: Double, seconds: Double) {
    let before = try #require(ProcessEffort(of: process))
    let start = ContinuousClock.now
    // This is a measurement: the time has to pass.
    try eventually(within: Self.span * 5, "the span") { ContinuousClock.now - start > .seconds(Self.span) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let after = try #require(ProcessEffort(of: process))
    let share = Double(after.nanoseconds - before.nanoseconds) / 1e9 / seconds
    // On a busy machine it may be some more seconds than asked for.
    return (after.sleeps - before.sleeps, share, seconds)
  }

  @Test(.enabled(if: Sanitizer.letsProgramsRest)) func `a daemon without work does not wake up at all`() throws {
    let spool = try TestSpool()
    // However long the test takes, the folder is not read in it.
    let daemon = try spool.start(["--rescan", "1 h"])
    let (sleeps, share) = try effortAtRest(daemon, spool)
    #expect(sleeps == 0, "within \(Self.span) s")
    #expect(share < 0.001)
    #expect(daemon.stop() == 0)
  }

  @Test(.enabled(if: Sanitizer.letsProgramsRest)) func `with a watchdog it wakes up for that, and is heard`() throws {
    let spool = try TestSpool()
    let listener = try NotifyListener(folder: spool.folder)
    let daemon = try spool.start(environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "6000000"])
    try spool.keepBusy(for: .milliseconds(100))
    // What the last picture brings with it is told within a second or two: that is over by the second answer.
    for _ in 0..<2 {
      try eventually("an answer") { listener.has("WATCHDOG=1") }
      listener.clear()
    }
    let (sleeps, share, seconds) = try effort(of: daemon.process.processIdentifier)
    // Every two seconds: a question and a judgement, an answer of two lanes and the recorder, the status and its echo.
    #expect(3...40 ~= Int(Double(sleeps) * Self.span / seconds), "within \(Self.span) s")
    // A debug build on a busy machine; the release build, without a watchdog: Documentation/Results/intake-load.md.
    #expect(share < 0.01)
    try eventually("the next answer") { listener.has("WATCHDOG=1") }
    #expect(daemon.stop() == 0)
  }

  @Test(.enabled(if: Sanitizer.letsProgramsRest))
  func `a picture that waits for its grace is waited for without looking`() throws {
    let spool = try TestSpool()
    let daemon = try spool.start(["--grace", "1 h", "--rescan", "1 h"])
    // Half written, and never closed: nothing is due for an hour.
    let bytes = SamplePictures.file(1)
    let descriptor = open(spool.incoming + "/p.png", O_WRONLY | O_CREAT, 0o644)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    #expect(write(descriptor, bytes, bytes.count / 2) == bytes.count / 2)
    let (sleeps, _) = try effortAtRest(daemon, spool)
    // At the most the report of a slow writer falls into the span.
    #expect(sleeps <= 6, "within \(Self.span) s")
    #expect(daemon.stop() == 0)
  }

  @Test func `with too little room it looks again, and goes on by itself`() throws {
    let spool = try TestSpool()
    let file = spool.folder.path + "/c.yaml"
    try "minimum_free_bytes: 1000 TiB\n".write(toFile: file, atomically: true, encoding: .utf8)
    let daemon = try GanomalydProcess(
      folder: spool.folder,
      arguments: [
        "--spool", spool.spool, "--model", spool.modelPath, "--records", "stderr", "--lanes", "1", "--config", file,
      ])
    try eventually("the pause") { daemon.output.contains("intake is paused") }
    try spool.copyIn(TestSpool.normal[0], as: "p.png")
    try "minimum_free_bytes: 0\n".write(toFile: file, atomically: true, encoding: .utf8)
    kill(daemon.process.processIdentifier, SIGHUP)
    try eventually("the end of the pause") { daemon.output.contains("intake goes on") }
    try eventually("the record") { spool.records().count == 1 }
    #expect(daemon.stop() == 0)
    #expect(daemon.output.components(separatedBy: "intake is paused").count == 2)
    #expect(daemon.output.components(separatedBy: "intake goes on").count == 2)
  }
}
