import Foundation
import GANomalyModel
import Imaging
import Linux
import TestSupport
import Testing

@testable import Inspection

@Suite("lane: what is gathered, and when it goes") struct LaneOutboxTests {
  private static let picture = PictureJudge.Decoded.picture(
    Image(width: 1, height: 1, channelCount: 1, samples: [0]), width: 1, height: 1)

  @Test func `nothing goes before it is asked for, and all of it in its order then`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, capacity: 8, decoded: Self.picture)
    var outbox = LaneOutbox(lane.around, Heartbeat(name: "test"))
    #expect(outbox.isEmpty)
    for name in ["a.png", "b.png"] {
      try bench.put(name, name)
      outbox.hand(on: try bench.inspected(name))
      outbox.post(FileName("c-" + name)!, .gone)
    }
    #expect(!outbox.isEmpty)
    #expect(lane.around.results.count == 0)
    #expect(lane.around.mailbox.take().isEmpty)
    outbox.empty()
    #expect(outbox.isEmpty)
    #expect(lane.around.results.pop(atMost: 9, waitingAtMost: .zero)?.map { "\($0.name)" } == ["a.png", "b.png"])
    #expect(lane.around.mailbox.take().map { "\($0.name)" } == ["c-a.png", "c-b.png"])
  }

  @Test func `what is kept for its time goes with the next look`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, capacity: 8, decoded: Self.picture)
    var outbox = LaneOutbox(lane.around, Heartbeat(name: "test"))
    outbox.post(FileName("a.png")!, .gone)
    try eventually("its time") {
      outbox.emptyWhereDue()
      return outbox.isEmpty
    }
    #expect(lane.around.mailbox.take().count == 1)
  }

  @Test(arguments: [true, false])
  func `no more is kept than the bounds of results and of open files`(areOpen: Bool) throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, capacity: 100, decoded: Self.picture)
    var outbox = LaneOutbox(lane.around, Heartbeat(name: "test"))
    let bound = areOpen ? LaneOutbox.maximumOpenCount : LaneOutbox.maximumCount
    try bench.put("a.png", "a")
    let open = try bench.inspected("a.png")
    let closed = Inspected(
      name: open.name, status: open.status, incoming: open.incoming, record: open.record, kind: .fresh, file: nil)
    for _ in 0..<bound { outbox.hand(on: areOpen ? open : closed) }
    #expect(lane.around.results.count == bound)
    #expect(outbox.isEmpty)
  }

  @Test func `a full queue of results is waited for, and what does not fit at the end of the daemon is dropped`() throws
  {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let isStopping = Shared(false)
    let lane = try LaneBench(bench, ledger, isStopping: isStopping, capacity: 2, decoded: Self.picture)
    try bench.put("a.png", "a")
    let result = try bench.inspected("a.png")
    let ended = BoundedQueue<Int>(capacity: 1)
    let around = lane.around
    _ = PlainThread(name: "lane") {
      var outbox = LaneOutbox(around, Heartbeat(name: "test"))
      for _ in 0..<5 { outbox.hand(on: result) }
      outbox.empty()
      _ = ended.push(0)
    }
    var count = 0
    while count < 5, let some = around.results.pop(atMost: 1, waitingAtMost: .seconds(60)), !some.isEmpty { count += 1 }
    #expect(count == 5)
    #expect(ended.pop(atMost: 1, waitingAtMost: .seconds(60)) == [0])

    isStopping.change { $0 = true }
    var outbox = LaneOutbox(around, Heartbeat(name: "test"))
    for _ in 0..<5 { outbox.hand(on: result) }
    outbox.empty()
    #expect(around.results.count == 2)
    #expect(outbox.isEmpty)
  }

  @Test func `a lane that has nothing more to do keeps nothing`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, capacity: 64, decoded: Self.picture)
    let ended = BoundedQueue<Int>(capacity: 1)
    let around = lane.around
    _ = PlainThread(name: "lane") {
      Lane(around, heartbeat: Heartbeat(name: "test")).run()
      _ = ended.push(0)
    }
    defer {
      around.jobs.close()
      #expect(ended.pop(atMost: 1, waitingAtMost: .seconds(60)) == [0])
    }
    // One alone, and more than a batch: all of them, though nothing follows.
    var expected = 0
    for count in [1, 40] {
      for number in 0..<count { try bench.put("\(count)-\(number).png", "picture \(number)") }
      for number in 0..<count {
        let job = LaneJob(request: try lane.request("\(count)-\(number).png"), incoming: bench.incoming)
        #expect(around.jobs.push(job) == .added)
      }
      expected += count
      try eventually("\(expected) results") { around.results.count == expected }
    }
  }

  @Test func `what is decided does not wait for the next batch`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let batch = Settings().batch
    let scored = Shared(0)
    let isGoing = BoundedQueue<Int>(capacity: 1)
    let lane = try LaneBench(
      bench, ledger, capacity: 64, decoded: Self.picture,
      onScore: { count in
        scored.change { $0 += count }
        // The second batch's first picture takes until the end of the test.
        if scored.value > batch { _ = isGoing.pop(atMost: 1, waitingAtMost: .seconds(60)) }
      })
    let (around, ended) = (lane.around, BoundedQueue<Int>(capacity: 1))
    for number in 0...batch {
      try bench.put("\(number).png", "picture \(number)")
      _ = around.jobs.push(LaneJob(request: try lane.request("\(number).png"), incoming: bench.incoming))
    }
    _ = PlainThread(name: "lane") {
      Lane(around, heartbeat: Heartbeat(name: "test")).run()
      _ = ended.push(0)
    }
    try eventually("the second batch") { scored.value == batch + 1 }
    #expect(around.results.count == batch)
    isGoing.close()
    around.jobs.close()
    #expect(ended.pop(atMost: 1, waitingAtMost: .seconds(60)) == [0])
    #expect(around.results.count == batch + 1)
  }

  @Test func `a lane that has taken half of its queue has more handed out before it works`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let isGoing = BoundedQueue<Int>(capacity: 1)
    let lane = try LaneBench(
      bench, ledger, capacity: 32, decoded: Self.picture,
      onScore: { _ in _ = isGoing.pop(atMost: 1, waitingAtMost: .seconds(60)) })
    let wake = try WakeUp()
    let around = Lane.Surroundings(
      jobs: lane.around.jobs, results: lane.around.results, mailbox: Mailbox(wake: wake), model: lane.around.model,
      settings: lane.around.settings, ledger: lane.around.ledger, damage: lane.around.damage,
      isStopping: lane.around.isStopping, makeID: Daemon.makeID, laneCount: 2)
    for number in 0..<32 {
      try bench.put("\(number).png", "picture \(number)")
      _ = around.jobs.push(LaneJob(request: try lane.request("\(number).png"), incoming: bench.incoming))
    }
    around.mailbox.awaitRoom()
    let ended = BoundedQueue<Int>(capacity: 1)
    _ = PlainThread(name: "lane") {
      Lane(around, heartbeat: Heartbeat(name: "test")).run()
      _ = ended.push(0)
    }
    // The first picture's score takes until the end of the test.
    #expect(try waitForInput([wake], timeout: .seconds(60)) == [true])
    #expect(around.jobs.count == 16)
    #expect(around.results.count == 0)
    isGoing.close()
    around.jobs.close()
    #expect(ended.pop(atMost: 1, waitingAtMost: .seconds(60)) == [0])
    #expect(around.results.count == 32)
  }

  @Test func `results that come one after the other have a commit together, and one alone has its own`() throws {
    let bench = try RecorderBench()
    let commits = Shared<[ContinuousClock.Instant]>([])
    let later = Shared<[Inspected]>([])
    let queue = Shared<BoundedQueue<Inspected>?>(nil)
    // What comes while the first is recorded, one after the other.
    let faults = Faults { point in
      guard point == .afterIntent else { return }
      commits.change { $0.append(.now) }
      for result in later.change({ rest in
        defer { rest = [] }; return rest
      }) { _ = queue.value?.push(result) }
    }
    for name in ["a.png", "b.png", "c.png"] { try bench.put(name, name) }
    let (_, ledger, around) = try bench.recorder(faults)
    queue.change { $0 = around.results }
    let results = try ["a.png", "b.png", "c.png"].map { try bench.inspected($0, action: .left) }
    later.change { $0 = Array(results.dropFirst()) }
    let start = ContinuousClock.now
    #expect(around.results.push(results[0]) == .added)
    let ended = ThreadGroup(name: "test", count: 1) { _ in
      Recorder(around, heartbeat: Heartbeat(name: "test")).run()
    }
    try eventually("three rows") { try ledger.records("").count == 3 }
    around.results.close()
    ended.wait(atMost: .seconds(60))
    #expect(commits.value.count == 2)
    #expect(commits.value[1] - start >= Recorder.pace)
  }

  @Test func `a lane that waits for room for a side picture hands on those that have it`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, capacity: 8, decoded: Self.picture)
    let image = Image(width: 1, height: 1, channelCount: 1, samples: [9])
    let judge = PictureJudge(
      identity: lane.judge.identity, decode: { _, _ in Self.picture },
      scoring: { _ in
        PictureJudge.Scoring { pictures, _ in pictures.map { _ in .init(score: 2, reconstruction: image) } }
      }, pValue: { _ in nil })
    var around = Lane.Surroundings(
      jobs: lane.around.jobs, results: lane.around.results, mailbox: lane.around.mailbox,
      model: Shared(CurrentModel(generation: 1, judge: judge)), settings: lane.around.settings,
      ledger: lane.around.ledger, damage: lane.around.damage, isStopping: lane.around.isStopping,
      makeID: Daemon.makeID)
    // Room for one alone.
    around.room = SideViewRoom(capacity: 1)
    for number in 0..<4 {
      try bench.put("\(number).png", "picture \(number)")
      _ = around.jobs.push(LaneJob(request: try lane.request("\(number).png"), incoming: bench.incoming))
    }
    let ended = BoundedQueue<Int>(capacity: 1)
    _ = PlainThread(name: "lane") { [around] in
      Lane(around, heartbeat: Heartbeat(name: "test")).run()
      _ = ended.push(0)
    }
    var haveViews: [Bool] = []
    try eventually("four results") {
      // Each is let go at once; a nudge ends the wait without one.
      haveViews += (around.results.pop(atMost: 1, waitingAtMost: .seconds(1)) ?? []).map { $0.view != nil }
      return haveViews.count == 4
    }
    #expect(haveViews == [true, true, true, true])
    around.jobs.close()
    #expect(ended.pop(atMost: 1, waitingAtMost: .seconds(60)) == [0])
  }

  @Test func `a batch's arrivals are looked up as each alone`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    func record(_ name: String, device: UInt64 = 1, size: Int64 = 3, digest: UInt8 = 7) -> InspectionRecord {
      InspectionRecord(
        id: Daemon.makeID(), recorded: .now, arrived: .now, folder: Array("/in".utf8),
        arrival: Arrival(name: FileName(name)!, device: device, inode: 2, size: size, modified: 4), changed: 5,
        digest: [UInt8](repeating: digest, count: 32), verdict: .normal, action: .left)
    }
    var gone = record("gone.png")
    gone.reason = Reason.gone
    let same = record("same.png")
    var others = [record("other.png", device: 2), record("twice.png", device: 2), record("twice.png")]
    others[1].reason = Reason.replaced
    _ = try ledger.begin([gone, same] + others)
    // A second row of an arrival whose first one does not stand.
    _ = try ledger.begin([record("gone.png", digest: 8)])

    let names = ["none.png", "gone.png", "same.png", "other.png", "twice.png"]
    let arrivals = names.map { record($0).arrival } + [record("same.png", size: 4).arrival, gone.arrival]
    let found = try ledger.records(of: arrivals)
    #expect(try found == arrivals.map { try ledger.record(of: $0) })
    #expect(found.map { $0?.occurrence } == [nil, 1, 0, 0, 0, nil, 1])
    #expect(found.map { $0?.arrival.device } == [nil, 1, 1, 2, 1, nil, 1])
    // One of another file system that says nothing any more is none.
    #expect(try ledger.records(of: [record("twice.png", device: 3).arrival])[0]?.arrival.device == 1)
    #expect(try ledger.records(of: []).isEmpty)
  }

  @Test func `an event's id is a random UUID in lower case`() {
    #expect(EventIDs.text(0, 0) == "00000000-0000-4000-8000-000000000000")
    #expect(EventIDs.text(.max, .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    #expect(EventIDs.text(0x0123_4567_89AB_CDEF, 0x0123_4567_89AB_CDEF) == "01234567-89ab-4def-8123-456789abcdef")
    let ids = (0..<1000).map { _ in Daemon.makeID() }
    #expect(Set(ids).count == 1000)
    #expect(ids.allSatisfy { UUID(uuidString: $0)?.uuidString.lowercased() == $0 })
  }
}
