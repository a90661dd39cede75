import Foundation
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("daemon: conditions, models and threads over its life") struct DaemonLifeTests {
  @Test(arguments: [
    (MessageID.noModel, 3, false), (.modelRefused, 2, false), (.folderLost, 2, false), (.diskFloor, 2, false),
    (.failed, 3, true), (.ledgerDamaged, 2, true), (.configuration, 3, true), (.backlog, 4, false),
  ])
  func `what the status shows as long as it lasts is not an error of the last ten minutes too`(
    message: MessageID, priority: Int, isError: Bool
  ) {
    let metrics = Metrics()
    let sink = RecordSink(
      ways: .init(.stderr, isPresent: false, isTerminal: false), metrics: metrics, makeID: { "id" })
    sink.post(message, priority: priority, "x")
    #expect((metrics.values.lastFailure != nil) == isError)
  }

  @Test func `a model that is refused at the start is told, and images wait for another one`() throws {
    let bench = try DaemonBench(hasModelFile: true) { _ throws(InspectionError) in throw .model("torn") }
    #expect(bench.pipeline.model.value.judge == nil)
    #expect(bench.daemon.modelRefusal == "torn")
    #expect(bench.pipeline.metrics.values.modelRefusal?.text == "torn")
    var housekeeping = Housekeeping(bench.daemon, bench.pipeline)
    #expect(housekeeping.isPaused)
    housekeeping.announceReady(watchedPath: bench.daemon.folders.incomingPath)
    try bench.eventually("the entry") { bench.count("torn; there is no other: images wait") == 1 }
    #expect(bench.count("no model at") == 0)
  }

  @Test func `a model that cannot be read for a reason that may pass ends the start, for another one`() {
    #expect(throws: InspectionError.self) {
      try DaemonBench(hasModelFile: true) { _ throws(InspectionError) in
        throw .system(LinuxError(operation: "read", code: .ioError))
      }
    }
  }

  @Test func `a model's file that is gone is told once, and forgotten when it is back`() throws {
    let bench = try DaemonBench(hasModelFile: true)
    let reloader = Reloader(bench.daemon, bench.pipeline)
    #expect(!reloader.lookForModel())
    try FileManager.default.removeItem(atPath: bench.modelPath)
    // One look may fall between a removal and its replacement.
    #expect(reloader.lookForModel())
    #expect(bench.pipeline.metrics.values.modelRefusal == nil)
    for _ in 0..<3 { #expect(!reloader.lookForModel()) }
    #expect(bench.pipeline.metrics.values.modelRefusal?.text.contains("any more") == true)
    #expect(bench.pipeline.metrics.values.modelRefusalCount == 0)
    try bench.eventually("the entry") { bench.count("any more; the loaded one stays in use") == 1 }
    try Data("model".utf8).write(to: URL(filePath: bench.modelPath))
    #expect(!reloader.lookForModel(isComplete: true))
    try bench.eventually("no refusal") { bench.pipeline.metrics.values.modelRefusal == nil }
    #expect(bench.count("any more; the loaded one stays in use") == 1)
  }

  @Test func `a reload for which there is no thread is told and left out, and the next one is done`() throws {
    let bench = try DaemonBench(hasModelFile: true)
    let isFull = Shared(true)
    let reloader = Reloader(bench.daemon, bench.pipeline) { name, body throws(LinuxError) in
      if isFull.value {
        throw LinuxError(operation: "start the thread '\(name)'", code: .resourceTemporarilyUnavailable)
      }
      _ = try PlainThread(trying: name, body)
    }
    reloader.start(includingSettings: true)
    try bench.eventually("the entry") { bench.count("the configuration was not read again, the old one stays") == 1 }
    isFull.change { $0 = false }
    reloader.start(includingSettings: true)
    try bench.eventually("the reload") { bench.count("the configuration was read again") == 1 }
  }

  @Test func `a folder that is back and cannot be watched is told of once for each reason`() throws {
    let bench = try DaemonBench()
    let watcher = try Watcher(bench.daemon, bench.pipeline, incoming: bench.incoming, signals: nil)
    let incoming = bench.path + "/spool/incoming"
    #expect(rename(incoming, incoming + "-away") == 0)
    for _ in 0..<3 { watcher.checkPlace() }
    try bench.eventually("the loss") { bench.count("is gone or was replaced") == 1 }
    #expect(bench.count("cannot be watched") == 0)
    #expect(symlink(incoming + "-away", incoming) == 0)
    for _ in 0..<3 { watcher.checkPlace() }
    #expect(unlink(incoming) == 0)
    #expect(rename(incoming + "-away", incoming) == 0)
    watcher.checkPlace()
    try bench.eventually("the return") { bench.count("is back, by") == 1 }
    #expect(bench.count("something is at the watched folder's place, and cannot be watched") == 1)
  }

  @Test func `a thread that gives no sign of life is named once as long as that lasts`() {
    var watchdog = Watchdog(interval: .seconds(30), at: .now)
    func names(_ silences: [(name: String, silence: Duration)]) -> [String] {
      watchdog.newlySilent(silences).map(\.name)
    }
    #expect(names([("lane 1", .seconds(9)), ("recorder", .zero)]) == [])
    #expect(names([("lane 1", .seconds(10)), ("recorder", .zero)]) == ["lane 1"])
    #expect(names([("lane 1", .seconds(20)), ("recorder", .seconds(11))]) == ["recorder"])
    #expect(names([("lane 1", .zero), ("recorder", .seconds(21))]) == [])
    #expect(names([("lane 1", .seconds(12)), ("recorder", .seconds(31))]) == ["lane 1"])
  }

  @Test func `room is looked for wherever files go`() throws {
    let bench = try DaemonBench()
    func names(_ settings: Settings) -> [String] {
      RoomCheck.folders(
        bench.daemon.folders, incoming: bench.incoming, state: bench.daemon.state, settings: settings
      ).map { $0.path.lastComponent!.string }
    }
    var settings = Settings()
    settings.onUnreadable = .leave
    #expect(names(settings) == ["incoming", "quarantine", "state"])
    settings.onNormal = .delete
    #expect(names(settings) == ["incoming", "quarantine", "state"])
    (settings.onNormal, settings.onUnreadable) = (.move, .move)
    #expect(names(settings) == ["incoming", "quarantine", "state", "passed", "rejected"])
  }

  @Test func `what cannot be watched beside the folder is known, what is not there yet is no fault`() throws {
    let bench = try DaemonBench()
    #expect(FileManager.default.createFile(atPath: bench.path + "/file", contents: nil))
    func failures(_ model: String) throws -> [LinuxError] {
      try SideWatch(
        incoming: bench.daemon.folders.incomingPath, model: FilePath(bench.path + model), state: bench.daemon.state.path
      ).failures
    }
    #expect(try failures("/missing/model") == [])
    #expect(try failures("/file/model").map(\.code) == [.notDirectory])
  }

  @Test(arguments: ["spool/incoming", "spool/state", "spool"])
  func `one folder with several meanings is watched for all of them`(model: String) throws {
    let path = NSTemporaryDirectory() + "ganomaly-side-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for folder in ["spool/incoming", "spool/state"] {
      try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
    }
    // The state folder is the spool itself: its watch is the one of the watched folder's place.
    var side = try SideWatch(
      incoming: FilePath(path + "/spool/incoming"), model: FilePath(path + "/\(model)/m"),
      state: FilePath(path + "/spool"))
    #expect(mkdir(path + "/spool/incoming-new", 0o755) == 0)
    #expect(try side.read() == [])
    try Data("x".utf8).write(to: URL(filePath: path + "/\(model)/m"))
    #expect(try side.read() == .model)
    try Data().write(to: URL(filePath: path + "/spool/reinspect.request"))
    #expect(try side.read() == .request)
    #expect(rename(path + "/spool/incoming", path + "/spool/away") == 0)
    #expect(try side.read() == .place)
    #expect(rmdir(path + "/spool/incoming-new") == 0)
    #expect(try side.read() == [])
  }
}

@Suite("status: what cannot be told is told of") struct StatusFaultTests {
  @Test func `a quarantine that cannot be read has its reason, and is tried again later`() throws {
    // The folder of a process that has ended: open, there, and not to be listed.
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sleep")
    process.arguments = ["60"]
    try process.run()
    let folder = try Directory(path: FilePath("/proc/\(process.processIdentifier)/task"))
    process.terminate()
    process.waitUntilExit()
    var meter = QuarantineMeter { folder }
    let now = ContinuousClock.now
    #expect(meter.readIfDue(now: now) == nil)
    #expect(meter.failure != nil)
    #expect(meter.readIfDue(now: now + .seconds(1)) == nil)
    #expect(meter.failure != nil)
  }

  @Test func `an entry that the journal does not take is told of while nothing else happens`() throws {
    let bench = try DaemonBench()
    bench.pipeline.metrics.beginJournalSend(at: .now - .seconds(2))
    bench.pipeline.publisher.publish(WatchSnapshot())
    func seconds() -> Double {
      (try? DaemonHealth.status(in: bench.daemon.state))?.journal.sendingSeconds ?? 0
    }
    try bench.eventually("the first look") { seconds() >= 2 }
    // Nobody publishes again.
    try bench.eventually("the second look") { seconds() >= 7 }
    #expect(bench.pipeline.metrics.values.journalSilence(at: .now)! >= MetricsValues.journalPatience)
    bench.pipeline.metrics.countJournal(isSent: true)
    try bench.eventually("its end") { (try DaemonHealth.status(in: bench.daemon.state))?.journal.sendingSeconds == nil }
  }

  @Test func `entries about the daemon that the journal has not got are counted`() {
    let sink = RecordSink(ways: .init(.journal, isPresent: true, isTerminal: false), capacity: 8, makeID: { "id" })
    for _ in 0..<3 { sink.post(.failed, "x") }
    #expect(sink.unwrittenCount == 3)
    sink.noteWritten()
    #expect(sink.unwrittenCount == 2)
  }
}
