import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("watch thread: what is due when") struct WatchTests {
  private let start = ContinuousClock.now

  @Test(arguments: [2.0, 30, 120]) func `a watchdog is asked three times an interval, and judged soon after each`(
    seconds: Double
  ) {
    let interval = Duration.seconds(seconds)
    var watchdog = Watchdog(interval: interval, at: start)
    var asked: [Duration] = []
    var judged: [Duration] = []
    while watchdog.deadline < start + interval * 3 {
      let now = watchdog.deadline
      switch watchdog.step(at: now) {
      case .ask: asked.append(now - start)
      case .judge: judged.append(now - start)
      case nil:
        Issue.record("nothing to do at its own deadline")
        return
      }
      #expect(watchdog.step(at: now) == nil)
    }
    // A third of two seconds is rounded.
    #expect(9...10 ~= asked.count && judged.count >= 8)
    // The answers are fresh: a thread that lives has just been heard.
    for (ask, judge) in zip(asked, judged) { #expect(judge - ask <= .seconds(1) && judge > ask) }
    for (first, second) in zip(judged, judged.dropFirst()) { #expect(second - first < interval / 2) }
  }

  @Test(arguments: [
    (Settings.Watch.auto, 0x6969, true), (.auto, 0xff53_4d42, true), (.auto, 0xfe53_4d42, true),
    (.auto, 0x6573_5546, true), (.auto, 0x0102_1997, true), (.auto, 0x00c3_6400, true), (.auto, 0xef53, false),
    (.auto, 0x0102_1994, false), (.auto, 0x1234_5678, false), (.inotify, 0x6969, false), (.poll, 0xef53, true),
  ])
  func `the kind of the file system decides, unless it was said`(setting: Settings.Watch, kind: UInt64, polls: Bool) {
    let fileSystem = FileSystem(kind: kind, freeBytes: 0)
    let way = WatchWay(setting, on: fileSystem)
    #expect(way.isPolling == polls)
    #expect(way.description.contains(fileSystem.kindName))
    #expect(way.description.contains(setting == .auto ? "auto" : "as set"))
    var rules = IntakeRules()
    rules.rescan = .seconds(60)
    #expect(way.adapted(rules).rescan == (polls ? .seconds(2) : .seconds(60)))
    rules.rescan = .milliseconds(300)
    #expect(way.adapted(rules).rescan == .milliseconds(300))
  }

  @Test func `the folder is read at the start, now and then, and when asked for while it is read`() {
    var readings = ReadingSchedule()
    #expect(readings.isDue(at: start))
    readings.begin()
    #expect(!readings.isDue(at: start + .seconds(900)))
    readings.end(at: start, rescan: .seconds(60))
    #expect(!readings.isDue(at: start + .seconds(59)))
    #expect(readings.isDue(at: start + .seconds(60)))
    readings.begin()
    readings.isUrgent = true
    readings.end(at: start + .seconds(61), rescan: .seconds(60))
    #expect(readings.isDue(at: start + .seconds(61)))
    readings.begin()
    readings.overflow(at: start + .seconds(62), rescan: .seconds(60))
    readings.end(at: start + .seconds(63), rescan: .seconds(60))
    #expect(readings.isDue(at: start + .seconds(63)))
    #expect(readings.count == 3)
  }

  @Test func `names in line keep their order, and what is given back is the next`() {
    var line = ReadyLine()
    for number in 0..<5000 { line.append(FileName("\(number)")!) }
    for number in 0..<5000 {
      #expect(line.count == 5000 - number)
      let name = line.removeFirst()!
      #expect(name.description == "\(number)")
      if number % 3 == 0 {
        line.giveBack(name)
        #expect(line.removeFirst() == name)
      }
    }
    #expect(line.removeFirst() == nil)
    line.giveBack(FileName("x")!)
    #expect(line.count == 1)
    #expect(line.removeFirst()?.description == "x")
  }
}

@Suite("intake: what is known") struct KnownFilesTests {
  private func name(_ number: Int) -> FileName { FileName("\(number).png")! }

  private func status(_ number: Int, changed: Int64 = 4) -> FileStatus {
    FileStatus(inode: UInt64(number), size: 2, modified: 3, changed: changed)
  }

  @Test func `a file is known in its state and in no other`() {
    var known = KnownFiles()
    for number in 0..<2000 { known.remember(name(number), status(number)) }
    for number in 0..<2000 {
      #expect(known.contains(name(number), status(number)))
      #expect(!known.contains(name(number), status(number, changed: 5)))
      #expect(!known.contains(name(number), status(number + 1)))
      #expect(!known.contains(name(number + 2000)))
    }
    known.forget(name(7))
    #expect(!known.contains(name(7)))
    #expect(known.count == 1999)
  }

  @Test func `a reading forgets what it does not find, and keeps what came meanwhile`() {
    var known = KnownFiles()
    for round in 0..<4 {
      for number in 0..<10 { known.remember(name(number), status(number)) }
      known.beginReading()
      for number in 0..<5 { known.markSeen(name(number)) }
      known.remember(name(20 + round), status(20 + round))
      known.endReading()
      #expect(known.count == 6, "\(round)")
      for number in 0..<5 { #expect(known.contains(name(number), status(number))) }
      #expect(known.contains(name(20 + round), status(20 + round)))
      #expect(!known.contains(name(5)))
    }
  }

  @Test func `a folder is the same whatever happens inside it`() {
    var known = KnownFiles()
    func folder(_ inode: UInt64, _ modified: Int64) -> FileStatus {
      FileStatus(kind: .directory, inode: inode, size: modified, modified: modified, changed: modified)
    }
    known.remember(name(1), folder(5, 6))
    #expect(known.contains(name(1), folder(5, 99)))
    #expect(!known.contains(name(1), folder(6, 6)))
    #expect(!known.contains(name(1), FileStatus(inode: 5, size: 6, modified: 6, changed: 6)))
  }

  @Test func `past the limit files stay unknown, and known ones are kept up to date`() {
    var known = KnownFiles(maximumCount: 3)
    for number in 0..<5 { known.remember(name(number), status(number)) }
    #expect(known.count == 3)
    #expect(!known.contains(name(4)))
    known.remember(name(0), status(0, changed: 9))
    #expect(known.contains(name(0), status(0, changed: 9)))
  }

  @Test func `after everything is forgotten files are looked at again, also one that a lane had in hand`() {
    var folder = SimulatedFolder()
    for name in ["known.png", "in-hand.png"] {
      folder.put(name)
      folder.event(name, .movedIn)
    }
    folder.turn()
    #expect(folder.takeRequests().sorted() == ["in-hand.png", "known.png"])
    folder.record("known.png")
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == [])
    folder.intake.forgetKnown()
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == ["known.png"])
    // The lane's answer is from before: it does not count.
    folder.record("in-hand.png")
    folder.turn()
    #expect(folder.takeRequests() == ["in-hand.png"])
    folder.record("in-hand.png")
    folder.record("known.png")
    folder.pass(.seconds(200))
    #expect(folder.takeRequests() == [])
  }

  @Test func `names that come and go while the folder is read are neither lost nor doubled`() {
    var folder = SimulatedFolder()
    for number in 0..<10 { folder.put("\(number).png") }
    folder.intake.beginScan()
    for (name, status) in folder.files.sorted(by: { $0.key < $1.key }).prefix(5) {
      folder.intake.found(name, status, age: .zero, at: folder.now)
    }
    // Between two pieces: one that was read goes, one comes that the rest of the list does not have.
    folder.remove("0.png")
    folder.event("0.png", .deleted)
    folder.put("new.png")
    folder.event("new.png", .movedIn)
    for (name, status) in folder.files.sorted(by: { $0.key < $1.key }).dropFirst(4) where name.description != "new.png"
    {
      folder.intake.found(name, status, age: .zero, at: folder.now)
    }
    folder.intake.endScan(at: folder.now)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests().sorted() == (1..<10).map { "\($0).png" } + ["new.png"])
  }
}

@Suite("watch thread: requests from outside") struct SideWatchTests {
  @Test func `a request to look at everything anew is taken once, and feedback is kept apart from it`() throws {
    let wake = try WakeUp()
    let mailbox = Mailbox(wake: wake)
    #expect(!mailbox.takeRereadingWanted())
    mailbox.post(FileName("a.png")!, .gone)
    mailbox.requestRereading()
    #expect(try waitForInput([wake], timeout: .zero) == [true])
    #expect(mailbox.takeRereadingWanted())
    #expect(!mailbox.takeRereadingWanted())
    #expect(mailbox.take().map(\.name.description) == ["a.png"])
    #expect(mailbox.take().isEmpty)
  }

  @Test func `the place, the model and a request are heard of, whatever else happens beside them`() throws {
    let path = NSTemporaryDirectory() + "ganomaly-side-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for folder in ["spool/incoming", "spool/state", "models"] {
      try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
    }
    func write(_ name: String) throws { try Data("x".utf8).write(to: URL(filePath: path + "/" + name)) }
    var side = try SideWatch(
      incoming: FilePath(path + "/spool/incoming"), model: FilePath(path + "/models/m.safetensors"),
      state: FilePath(path + "/spool/state"))
    #expect(try side.read() == [])
    try write("spool/state/status.json")
    try write("models/m.safetensors.new")
    try write("spool/incoming/a.png")
    #expect(try side.read() == [])
    #expect(rename(path + "/models/m.safetensors.new", path + "/models/m.safetensors") == 0)
    #expect(try side.read() == .model)
    try write("models/m.safetensors")
    #expect(try side.read() == .model)
    try write("spool/state/reinspect.new")
    #expect(rename(path + "/spool/state/reinspect.new", path + "/spool/state/reinspect.request") == 0)
    #expect(try side.read() == .request)
    #expect(rename(path + "/spool/incoming", path + "/spool/away") == 0)
    #expect(try side.read() == .place)
    #expect(mkdir(path + "/spool/incoming", 0o755) == 0)
    #expect(try side.read() == .place)
    #expect(rmdir(path + "/spool/incoming") == 0)
    #expect(try side.read() == .place)
    // A folder that takes the place of the model's is heard of after a renewal.
    #expect(rename(path + "/models", path + "/old") == 0)
    #expect(mkdir(path + "/models", 0o755) == 0)
    side.renew()
    _ = try side.read()
    try write("models/m.safetensors")
    #expect(try side.read() == .model)
    try write("old/m.safetensors")
    #expect(try side.read() == [])
  }

  @Test func `one folder for the model and for requests tells them apart`() throws {
    let path = NSTemporaryDirectory() + "ganomaly-side-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var side = try SideWatch(
      incoming: FilePath(path + "/incoming"), model: FilePath(path + "/model.safetensors"), state: FilePath(path))
    for (name, news) in [
      ("reinspect.request", SideWatch.News.request), ("model.safetensors", .model), ("ledger.sqlite", []),
    ] {
      try Data("x".utf8).write(to: URL(filePath: path + "/" + name))
      #expect(try side.read() == news, "\(name)")
    }
    #expect(mkdir(path + "/incoming", 0o755) == 0)
    #expect(try side.read() == .place)
  }
}
