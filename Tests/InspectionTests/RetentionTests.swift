import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("retention") struct RetentionTests {
  private func items(_ list: [(Int64, Int64)]) -> [Retention.Item] {
    list.map { Retention.Item(recorded: WallTime(nanoseconds: $0.0 * 1_000_000_000), bytes: $0.1) }
  }

  /// The places of those that go, asked oldest first until one stays.
  private func victims(_ age: Int64?, _ bytes: Int64?, _ list: [(Int64, Int64)]) -> [Int] {
    let rule = Retention(maximumAge: age.map { .seconds($0) }, maximumBytes: bytes)
    let items = items(list)
    var total = items.reduce(0) { $0 + $1.bytes }
    var victims: [Int] = []
    for index in items.indices.sorted(by: { (items[$0].recorded, $0) < (items[$1].recorded, $1) }) {
      guard rule.takes(items[index], total: total, now: WallTime(nanoseconds: 100 * 1_000_000_000)) else { break }
      victims.append(index)
      total -= items[index].bytes
    }
    return victims
  }

  @Test func `the oldest go, by age, by size, or by both`() {
    let list: [(Int64, Int64)] = [(90, 5), (10, 7), (50, 3), (50, 2)]
    #expect(victims(nil, nil, list) == [])
    #expect(victims(60, nil, list) == [1])
    #expect(victims(50, nil, list) == [1])
    #expect(victims(49, nil, list) == [1, 2, 3])
    #expect(victims(nil, 17, list) == [])
    #expect(victims(nil, 16, list) == [1])
    #expect(victims(nil, 9, list) == [1, 2])
    #expect(victims(nil, 0, list) == [1, 2, 3, 0])
    #expect(victims(60, 9, list) == [1, 2])
    #expect(victims(1, 1000, []) == [])
    // A clock that was set back makes nothing old.
    #expect(victims(1, nil, [(500, 1)]) == [])
    #expect(victims(1, nil, [(Int64.min / 1_000_000_000, 1)]) == [])
  }

  @Test(arguments: [nil, FaultPoint.purgeIntended, .purgeRemoved, .purgeEmptied, .purgeDone])
  func `a purge that is ended anywhere is finished by the next command`(point: FaultPoint?) throws {
    let bench = try QuarantineBench(count: 3)
    // The newest stays.
    let rule = Retention(maximumAge: nil, maximumBytes: 10)
    var told: [InspectionRecord] = []
    let trial = try bench.desk().purge(rule, isTrial: true) { told.append($0) }
    #expect(trial == (2, 18) && told.map(\.id) == bench.records.prefix(2).map(\.id))
    #expect(try bench.names().count == 6)
    if let point {
      do {
        let desk = try bench.desk(point.crash)
        #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.purge(rule, isTrial: false) { _ in } }
      }
      _ = try bench.desk()
    } else {
      #expect(try bench.desk().purge(rule, isTrial: false) { _ in } == (2, 18))
    }
    #expect(try bench.names().count == 2)
    #expect(try bench.desk().purge(rule, isTrial: false) { _ in } == (0, 0))
    for (index, record) in bench.records.enumerated() {
      let entry = try bench.entry(record)
      #expect(entry.isInQuarantine == (index == 2))
      #expect(entry.departure?.kind == (index == 2 ? nil : .purged))
    }
    #expect(try Ledger(in: bench.bench.state).intendedDepartures().isEmpty)
  }

  /// Upkeep of a bench, and the queue of what it tells.
  private func upkeep(
    _ bench: RecorderBench, _ ledger: Ledger, _ change: (inout Settings) -> Void
  ) throws -> (Upkeep, RecordSink) {
    var settings = Settings()
    change(&settings)
    let sink = RecordSink(
      ways: RecordSink.Ways(.stderr, isPresent: false, isTerminal: false), makeID: { UUID().uuidString })
    let upkeep = Upkeep(
      ledger: Shared(ledger), folders: bench.folders, settings: Shared(settings), sink: sink, isStopping: Shared(false),
      faults: .none)
    return (upkeep, sink)
  }

  private func lines(_ sink: RecordSink) -> [String] {
    sink.queue.pop(atMost: 99, waitingAtMost: .zero)?.map(\.line) ?? []
  }

  @Test func `the daemon removes what was told to be removed, and nothing otherwise`() throws {
    let bench = try QuarantineBench(count: 3)
    let ledger = try Ledger(in: bench.bench.state)
    let later = WallTime(nanoseconds: WallTime.now.nanoseconds + 3 * 86_400 * 1_000_000_000)
    let (idle, quiet) = try upkeep(bench.bench, ledger) { _ in }
    idle.run(now: later)
    #expect(try bench.names().count == 6)
    #expect(lines(quiet) == [])

    let (busy, sink) = try upkeep(bench.bench, ledger) { $0.retain = .seconds(2 * 86_400) }
    busy.run(now: .now)
    #expect(try bench.names().count == 6)
    do {
      // A person works there: the daemon waits for its next turn.
      let desk = try bench.desk()
      busy.run(now: later)
      #expect(try bench.names().count == 6)
      _ = try desk.purge(Retention(maximumAge: nil, maximumBytes: 18), isTrial: false) { _ in }
    }
    busy.run(now: later)
    #expect(try bench.names() == [])
    let told = lines(sink)
    #expect(told.count == 1 && told[0].contains("2 pictures were removed") && told[0].contains("(18 bytes)"), "\(told)")
    #expect(try bench.entry(bench.records[2]).departure?.user == nil)
    #expect(try bench.entry(bench.records[0]).departure?.user?.name == "anna")
  }

  @Test func `the ledger keeps its bound, and every row of a file that is still there`() throws {
    let bench = try QuarantineBench(count: 2)
    let ledger = try Ledger(in: bench.bench.state)
    let (recorder, _, _) = try bench.bench.recorder()
    for number in 0..<20 {
      try bench.bench.put("normal-\(number).png", "normal \(number)")
      try recorder.record([try bench.bench.inspected("normal-\(number).png", action: .left)])
      if number >= 5 { unlink(bench.bench.path + "/incoming/normal-\(number).png") }
    }
    // One is written again: its old row is about a file that is no longer there.
    try bench.bench.put("normal-0.png", "other content")
    _ = try bench.desk().release(bench.entry(bench.records[0]), to: bench.bench.spool)
    let (upkeep, sink) = try upkeep(bench.bench, ledger) { $0.retainRecords = 8 }
    upkeep.run(now: .now)
    let left = try LedgerReader(state: bench.state).inspections()
    #expect(left.count == 8)
    let names = Set(left.map(\.arrival.name.description))
    #expect(names.isSuperset(of: ["1.png", "normal-1.png", "normal-2.png", "normal-3.png", "normal-4.png"]))
    #expect(!names.contains("0.png") && !names.contains("normal-0.png"))
    #expect(names.contains("normal-19.png"))
    #expect(lines(sink).first?.contains("14 old records") == true)
    // A bound below what must be kept keeps it all the same.
    let (narrow, _) = try self.upkeep(bench.bench, ledger) { $0.retainRecords = 1 }
    narrow.run(now: .now)
    #expect(try LedgerReader(state: bench.state).inspections().count == 5)
  }

  @Test(.timeLimit(.minutes(1))) func `it runs once an hour at most, on a thread of its own`() throws {
    let bench = try QuarantineBench()
    let ledger = try Ledger(in: bench.bench.state)
    let (upkeep, sink) = try upkeep(bench.bench, ledger) { $0.retainBytes = 1 << 20 }
    // Errors are told: each run that happens leaves one line.
    try ledger.close()
    let start = ContinuousClock.now
    for offset in [Duration.zero, .seconds(1), .seconds(3599)] { upkeep.beginIfDue(now: start + offset) }
    #expect(sink.queue.pop(atMost: 9, waitingAtMost: .seconds(30))?.isEmpty == false)
    _ = sink.queue.pop(atMost: 9, waitingAtMost: .seconds(1))
    var told: [RecordEntry] = []
    let deadline = ContinuousClock.now + .seconds(30)
    while told.isEmpty, ContinuousClock.now < deadline {
      // The first run may still be ending: asked again until it begins.
      upkeep.beginIfDue(now: start + .seconds(3600))
      told += sink.queue.pop(atMost: 9, waitingAtMost: .milliseconds(100)) ?? []
    }
    #expect(!told.isEmpty)
  }
}

@Suite("reinspect") struct ReinspectTests {
  @Test(arguments: [nil, FaultPoint.reinspectMarked])
  func `marked files get one new row each, and the old row stays`(point: FaultPoint?) throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    for name in ["a.png", "b.png", "c.png"] {
      try bench.put(name, "content of \(name)")
      try recorder.record([try bench.inspected(name, action: .left)])
    }
    let state = bench.spool.appending("state")
    let reinspection = try Reinspection(state: state, incoming: bench.incoming.path, faults: point?.crash ?? .none)
    let names = ["a.png", "b.png", "never.png"].map { FileName($0)! }
    if point != nil {
      #expect(throws: Faults.SimulatedCrash.self) { _ = try reinspection.request(.names(names)) }
      #expect(try bench.state.status(of: Reinspection.requestName) == nil)
    }
    let (count, unknown) = try Reinspection(state: state, incoming: bench.incoming.path).request(.names(names))
    #expect(count == 2 && unknown == [FileName("never.png")!])
    #expect(try bench.state.status(of: Reinspection.requestName)?.kind == .regular)
    let lane = try LaneBench(
      bench, ledger, decoded: .unreadable(reason: "damaged", sentence: "half", mayBeIncomplete: false))
    #expect(lane.examine(try lane.request("a.png")).record?.verdict == .unreadable)
    #expect(lane.examine(try lane.request("c.png")).record == nil)
    for _ in 0..<2 {
      try recorder.record(try ["a.png", "b.png", "c.png"].map { try bench.inspected($0, action: .left) })
    }
    let records = try LedgerReader(state: state).inspections()
    #expect(records.map(\.arrival.name.description) == ["a.png", "b.png", "c.png", "a.png", "b.png"])
    #expect(records.map(\.occurrence) == [0, 0, 0, 1, 1])
    #expect(records.allSatisfy { !$0.isToBeReinspected })
    #expect(lane.examine(try lane.request("a.png")).record == nil)
  }

  @Test func `since a time, or all: only what lies there`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    for (number, name) in ["a.png", "b.png", "c.png", "d.png"].enumerated() {
      try bench.put(name, "content of \(name)")
      let result = try bench.inspected(name, action: name == "d.png" ? .quarantined : .left)
      var record = result.record
      record.recorded = WallTime(nanoseconds: Int64(number) * 1_000_000_000)
      try recorder.record([
        Inspected(
          name: result.name, status: result.status, incoming: result.incoming, record: record, kind: .fresh,
          file: result.file)
      ])
    }
    unlink(bench.path + "/incoming/c.png")
    let reinspection = try Reinspection(state: bench.spool.appending("state"), incoming: bench.incoming.path)
    #expect(try reinspection.request(.since(WallTime(nanoseconds: 1_000_000_000))).count == 1)
    #expect(try ledger.records("WHERE reinspect = 1").map(\.arrival.name.description) == ["b.png"])
    #expect(try reinspection.request(.all).count == 2)
    #expect(try ledger.records("WHERE reinspect = 1").map(\.arrival.name.description) == ["a.png", "b.png"])
  }
}
