import Linux
import Testing

@testable import Inspection

@Suite("intake: rules") struct IntakeTests {
  @Test func `files that lie there at the start are requested when they have settled`() {
    var folder = SimulatedFolder()
    for number in 0..<100 { folder.put("\(number).png") }
    folder.intake.requestScan()
    folder.turn()
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(250))
    #expect(folder.takeRequests().count == 100)
  }

  @Test func `what was recorded is not requested again by any later reading of the folder`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.pass(.seconds(600))
    #expect(folder.takeRequests() == [])
    #expect(folder.intake.pendingCount == 0)
  }

  @Test func `a new time of change alone is looked at again`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.touchChangeTime("a.png")
    folder.pass(.seconds(61))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `one slow writer holds up nobody else and is reported once`() {
    var folder = SimulatedFolder()
    folder.put("slow.png")
    folder.event("slow.png", .created)
    for step in 0..<400 {
      folder.write("slow.png", size: Int64(20 + step))
      folder.event("slow.png", .modified)
      if step == 7 {
        folder.put("fast.png")
        folder.event("fast.png", .movedIn)
      }
      folder.pass(.milliseconds(300))
    }
    #expect(folder.takeRequests() == ["fast.png"])
    #expect(folder.reports == [.slowWriter(SimulatedFolder.name("slow.png"))])
    folder.event("slow.png", .closedAfterWriting)
    folder.turn()
    #expect(folder.takeRequests() == ["slow.png"])
  }

  @Test func `where writers cannot be known a closed file must settle too`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .created, .modified, .closedAfterWriting)
    folder.turn()
    #expect(folder.requests.map(\.readiness) == [.closed])
    _ = folder.takeRequests()
    folder.finish("a.png", .unknownWriters)
    folder.pass(.milliseconds(150))
    #expect(folder.takeRequests() == [])
    folder.pass(.milliseconds(60))
    #expect(folder.requests.map(\.readiness) == [.settled])
    #expect(folder.requests.map(\.isFinished) == [true])
    #expect(folder.requests.map(\.attempt) == [1])
  }

  @Test func `a file that changed while it was inspected is inspected again`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    _ = folder.takeRequests()
    folder.write("a.png", size: 30)
    folder.finish("a.png", .changed)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `an event during the inspection leads to another look after it`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    _ = folder.takeRequests()
    let inspected = folder.files[SimulatedFolder.name("a.png")]!
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == [])
    folder.finish("a.png", .recorded(inspected))
    folder.turn()
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `never is one name with two lanes`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    for _ in 0..<20 {
      folder.write("a.png", size: Int64.random(in: 1...1000))
      folder.event("a.png", .modified, .closedAfterWriting)
      folder.pass(.seconds(70))
    }
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `a removed file is forgotten`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .created, .modified)
    folder.turn()
    folder.remove("a.png")
    folder.event("a.png", .deleted)
    folder.turn()
    #expect(folder.intake.pendingCount == 0)
  }

  @Test func `a request without room comes back first`() {
    var folder = SimulatedFolder()
    for name in ["a.png", "b.png"] {
      folder.put(name)
      folder.event(name, .movedIn)
    }
    for name in folder.intake.namesToObserve(at: folder.now) {
      folder.intake.observe(name, folder.files[name], age: .zero, at: folder.now)
    }
    let first = folder.intake.nextRequest(at: folder.now)!
    folder.intake.giveBack(first)
    #expect(folder.intake.nextRequest(at: folder.now) == first)
    #expect(folder.intake.nextRequest(at: folder.now)?.name.description == "b.png")
    #expect(folder.intake.nextRequest(at: folder.now) == nil)
  }

  @Test func `names past the limit are left to a later reading of the folder, and none is lost`() {
    var rules = IntakeRules()
    rules.maximumPending = 10
    var folder = SimulatedFolder(rules: rules)
    for number in 0..<35 {
      folder.put("\(number).png")
      folder.event("\(number).png", .movedIn)
    }
    var seen: Set<String> = []
    for _ in 0..<20 {
      folder.pass(.milliseconds(300))
      #expect(folder.intake.pendingCount <= 10)
      for name in folder.takeRequests() {
        #expect(seen.insert(name).inserted)
        folder.record(name)
      }
    }
    #expect(seen.count == 35)
  }

  @Test
  func `an event that changes nothing, and comes while a lane has the file, does not keep it from being abandoned`() {
    var rules = IntakeRules()
    rules.abandon = .seconds(20)
    var folder = SimulatedFolder(rules: rules)
    folder.put("torn.png")
    folder.event("torn.png", .created, .modified)
    folder.pass(.seconds(20))
    #expect(folder.takeRequests().contains("torn.png"))
    // The kernel kept it while files were in line.
    folder.event("torn.png", .closedAfterWriting)
    folder.finish("torn.png", .unfinished(folder.files[SimulatedFolder.name("torn.png")]!))
    folder.pass(.seconds(25))
    #expect(folder.requests.last?.isAbandoned == true)
  }

  @Test func `an unfinished unreadable file is abandoned after its time, unless it changes`() {
    var folder = SimulatedFolder()
    for name in ["left.png", "changed.png"] {
      folder.put(name)
      folder.event(name, .created)
    }
    folder.pass(.milliseconds(250))
    _ = folder.takeRequests()
    for name in ["left.png", "changed.png"] {
      folder.finish(name, .unfinished(folder.files[SimulatedFolder.name(name)]!))
    }
    folder.pass(.seconds(3500))
    #expect(folder.takeRequests() == [])
    folder.write("changed.png", size: 99)
    folder.pass(.seconds(110))
    #expect(folder.requests.map(\.isAbandoned) == [false, true])
    #expect(folder.takeRequests() == ["changed.png", "left.png"])
  }

  @Test func `a lost folder is forgotten, and read anew`() {
    var folder = SimulatedFolder()
    folder.put("a.png")
    folder.event("a.png", .movedIn)
    folder.turn()
    folder.record("a.png")
    _ = folder.takeRequests()
    folder.intake.forgetAll()
    folder.pass(.seconds(1))
    #expect(folder.takeRequests() == ["a.png"])
  }

  @Test func `deadlines come out in order of time`() {
    var heap = DeadlineHeap()
    var random = SystemRandomNumberGenerator()
    let start = ContinuousClock.now
    for _ in 0..<500 {
      heap.insert(
        DeadlineHeap.Entry(time: start + .milliseconds(Int.random(in: 0...100, using: &random)), name: FileName("a")!))
    }
    var last = start
    var count = 0
    while let first = heap.first {
      #expect(first.time >= last)
      last = first.time
      heap.removeFirst()
      count += 1
    }
    #expect(count == 500)
  }
}
