import Linux
import Testing

@testable import Inspection

@Suite("intake: times that tell too little") struct TimestampTickTests {
  private let tick = Duration.milliseconds(20)

  @Test func `a closed file is handed out when later writes would show in its times`() {
    var folder = SimulatedFolder(tick: tick)
    folder.put("a.png")
    folder.event("a.png", .created, .modified, .closedAfterWriting)
    folder.pass(.milliseconds(19))
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(2))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a second write within the tick starts the wait anew where its times differ`() {
    var folder = SimulatedFolder(tick: tick)
    folder.put("a.png")
    folder.event("a.png", .created, .modified, .closedAfterWriting)
    folder.pass(.milliseconds(15))
    folder.write("a.png", size: 10)
    folder.event("a.png", .modified, .closedAfterWriting)
    folder.pass(.milliseconds(15))
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(6))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a short settle is no shorter than the tick`() {
    var rules = IntakeRules()
    rules.settle = .milliseconds(1)
    var folder = SimulatedFolder(rules: rules, tick: tick)
    folder.put("a.png")
    folder.event("a.png", .created)
    folder.pass(.milliseconds(19))
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(2))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a file system that counts seconds is given two of them`() {
    var folder = SimulatedFolder(tick: tick)
    folder.files[SimulatedFolder.name("a.png")] = FileStatus(
      inode: 7, size: 10, modified: 5_000_000_000, changed: 5_000_000_000)
    folder.event("a.png", .movedIn)
    folder.pass(.milliseconds(2090))
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(20))
    #expect(folder.takeRequests() == ["a.png"])
  }
}
