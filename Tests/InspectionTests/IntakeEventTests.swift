import Linux
import Testing

@testable import Inspection

/// Every row of the table of what inotify delivers.
@Suite("intake: events") struct IntakeEventTests {
  @Test func `a copy is ready when its writer closes it, and not before`() {
    var folder = SimulatedFolder()
    folder.put("a.png", size: 0)
    folder.event("a.png", .created)
    folder.turn()
    folder.write("a.png", size: 5)
    folder.event("a.png", .modified)
    folder.pass(.seconds(5))
    #expect(folder.takeRequests() == [])
    folder.event("a.png", .closedAfterWriting)
    folder.turn()
    #expect(folder.requests.first?.readiness == .closed)
    #expect(folder.requests.first?.isFinished == true)
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a copy whose three events come at once is requested once`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .created, .modified, .closedAfterWriting)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a copy over an existing name is another arrival`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.write("a.png", size: 11)
    folder.event("a.png", .modified)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == [])
    folder.event("a.png", .closedAfterWriting)
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a rename in is ready at once, also over a name that is known`() {
    var folder = SimulatedFolder()
    for _ in 0..<2 {
      folder.put("a.png")
      folder.event("a.png", .movedIn)
      folder.turn()
      #expect(folder.takeRequests() == ["a.png"])
      folder.record("a.png")
    }
  }

  @Test func `a part file is ignored until it has its name`() {
    var folder = SimulatedFolder()
    folder.put("a.png.part")
    folder.event("a.png.part", .created, .modified, .closedAfterWriting, .movedOut)
    folder.remove("a.png.part")
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
    #expect(folder.intake.ignoredCount == 1)
  }

  @Test func `an exchange sends MOVED_TO before MOVED_FROM and the new file is not dropped`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.put("a.png")
    folder.event("a.png", .movedIn, .movedOut)
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a hard link sends only CREATE and is ready when it has settled`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .created)
    folder.pass(.milliseconds(199))
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(2))
    #expect(folder.requests.first?.readiness == .settled)
    #expect(folder.requests.first?.isFinished == false)
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a file renamed in while its writer has it open waits for the writer`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
    folder.finish("a.png", .busy)
    folder.write("a.png", size: 20)
    folder.event("a.png", .modified)
    folder.pass(.seconds(5))
    #expect(folder.takeRequests() == [])
    folder.event("a.png", .closedAfterWriting)
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a busy file without further events is asked for again, less and less often`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    var pauses: [Duration] = []
    for _ in 0..<7 {
      let before = folder.now
      while folder.requests.isEmpty { folder.pass(.milliseconds(50)) }
      pauses.append(folder.now - before)
      #expect(folder.takeRequests() == ["a.png"])
      folder.finish("a.png", .busy)
    }
    #expect(pauses == pauses.sorted())
    #expect(pauses.last! <= .seconds(6))
  }

  @Test func `a file written from outside is found by the next reading of the folder`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.write("a.png", size: 12)
    folder.pass(.seconds(50))
    #expect(folder.takeRequests() == [])
    folder.pass(.seconds(12))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test(arguments: [FileStatus.Kind.symbolicLink, .fifo, .socket, .device])
  func `what is not a plain file is requested at once, to be refused`(kind: FileStatus.Kind) {
    var folder = SimulatedFolder()
    folder.put("a.png", kind: kind)
    folder.event("a.png", .created)
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
    folder.record("a.png")
    folder.pass(.seconds(200))
    #expect(folder.takeRequests() == [])
  }

  @Test func `a folder is requested once, whatever happens inside it`() {
    var folder = SimulatedFolder()
    folder.put("sub", kind: .directory)
    folder.event("sub", [.created, .isFolder])
    folder.turn()
    #expect(folder.takeRequests() == ["sub"])
    folder.record("sub")
    let old = folder.files[SimulatedFolder.name("sub")]!
    folder.files[SimulatedFolder.name("sub")] = FileStatus(
      kind: .directory, inode: old.inode, size: 4096, modified: 77, changed: 77)
    folder.pass(.seconds(200))
    #expect(folder.takeRequests() == [])
  }

  @Test func `a truncation by path sends only MODIFY and is looked at when nobody can be writing`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.write("a.png", size: 1)
    folder.event("a.png", .modified)
    folder.pass(.seconds(9))
    #expect(folder.takeRequests() == [])
    folder.pass(.seconds(2))
    #expect(folder.requests.first?.readiness == .stalled)
    #expect(folder.takeRequests() == ["a.png"])
    folder.finish("a.png", .unknownWriters)
    folder.pass(.seconds(3500))
    #expect(folder.takeRequests() == [])
    folder.pass(.seconds(101))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `an empty file that is touched is tried until the grace is over, then finally`() {
    var folder = SimulatedFolder()
    folder.put("a.png", size: 0)
    folder.event("a.png", .created, .closedAfterWriting)
    var finals: [Bool] = []
    for _ in 0..<40 where finals.last != true {
      while folder.requests.isEmpty { folder.pass(.milliseconds(50)) }
      finals.append(folder.requests[0].isFinal)
      #expect(folder.requests[0].attempt == finals.count)
      _ = folder.takeRequests()
      if !finals.last! { folder.finish("a.png", .incomplete) }
    }
    #expect(finals.last == true)
    #expect(finals.count < 12)
    #expect(folder.now - SimulatedFolder.start >= .seconds(10))
    #expect(folder.now - SimulatedFolder.start < .seconds(12))
  }

  @Test func `three fast overwrites of one file are one request`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    for size in [11, 12, 13] {
      folder.write("a.png", size: Int64(size))
      folder.event("a.png", .modified, .closedAfterWriting)
    }
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == ["a.png"])
    folder.record("a.png")
    folder.event("a.png", .closedAfterWriting)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == [])
  }

  @Test func `an overflow reads the folder in full and finds what no event told`() {
    var folder = SimulatedFolder()
    folder.put("seen.png")
    folder.event("seen.png", .created, .modified)
    folder.turn()
    folder.put("unseen.png")
    folder.intake.notice(InotifyEvent(watch: -1, kinds: .overflow, name: nil), at: folder.now)
    folder.pass(.seconds(1))
    #expect(Set(folder.takeRequests()) == ["seen.png", "unseen.png"])
    #expect(folder.reports == [.overflow(count: 1)])
    #expect(folder.intake.overflowCount == 1)
  }

  @Test func `overflows that repeat read the folder less often`() {
    var folder = SimulatedFolder()
    var scans = 0
    for _ in 0..<50 {
      folder.intake.notice(InotifyEvent(watch: -1, kinds: .overflow, name: nil), at: folder.now)
      for _ in 0..<10 {
        if folder.intake.isScanDue(at: folder.now) { scans += 1 }
        folder.turn()
        folder.now += .milliseconds(100)
      }
    }
    #expect(scans >= 3)
    #expect(scans <= 10)
  }
}
