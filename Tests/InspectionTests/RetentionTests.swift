import Foundation
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Inspection

@Suite("retention") struct RetentionTests {
  private func items(_ list: [(Int64, Int64)]) -> [Retention.Item] {
    list.map { Retention.Item(recorded: Self.time($0.0), bytes: $0.1) }
  }

  /// A time in seconds since the first that a clock that was set can show.
  private static func time(_ seconds: Int64) -> WallTime {
    WallTime(nanoseconds: Retention.beginning.nanoseconds + seconds * 1_000_000_000)
  }

  /// The places of those that go, asked oldest first until one stays.
  private func victims(_ age: Int64?, _ bytes: Int64?, _ list: [(Int64, Int64)]) -> [Int] {
    let rule = Retention(maximumAge: age.map { .seconds($0) }, maximumBytes: bytes)
    let items = items(list)
    var total = items.reduce(0) { $0 + $1.bytes }
    var victims: [Int] = []
    for index in items.indices.sorted(by: { (items[$0].recorded, $0) < (items[$1].recorded, $1) }) {
      switch rule.decision(items[index], total: total, now: Self.time(100)) {
      case .takes: break
      case .undated: continue
      case .keeps: return victims
      }
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
    // What a clock recorded that was not set has no age, and hides no other; its size counts all the same.
    #expect(victims(1, nil, [(-1_000_000, 1), (50, 1), (500, 1)]) == [1])
    #expect(victims(nil, 0, [(-1_000_000, 1)]) == [0])
    #expect(victims(99, 1, [(-1_000_000, 1), (-5, 1)]) == [0])
  }

  @Test func `a clock that is set forward makes nothing old`() {
    let start = Self.time(1000)
    let instant = ContinuousClock.now
    let time = SteadyTime(start, at: instant)
    #expect(time.now(Self.time(1060), at: instant + .seconds(60)) == Self.time(1060))
    #expect(time.now(Self.time(900), at: instant + .seconds(60)) == Self.time(900))
    #expect(time.now(Self.time(99_999_999), at: instant + .seconds(60)) == Self.time(1060))
  }

  @Test func `upkeep is due once an hour, soon where somebody works there, and tells once that this lasts`() {
    let start = ContinuousClock.now
    var turn = Upkeep.Turn()
    func begins(_ seconds: Int) -> Bool {
      defer { turn.end() }
      return turn.begin(at: start + .seconds(seconds))
    }
    func isTold(_ seconds: Int) -> Bool { turn.noteHeld(at: start + .seconds(seconds)) }
    #expect([0, 1, 3599, 3600, 7199].map(begins) == [true, false, false, true, false])
    let isBegun = turn.begin(at: start + .seconds(7200))
    let isBegunTwice = turn.begin(at: start + .seconds(99_999))
    #expect(isBegun && !isBegunTwice)
    #expect([7200].map(isTold) == [false])
    turn.end()
    #expect([7201, 7260].map(begins) == [false, true])
    #expect([7260, 7800, 9000].map(isTold) == [false, true, false])
    turn.noteFree()
    #expect([9100, 9700].map(isTold) == [false, true])
  }

  @Test(arguments: [nil, FaultPoint.purgeIntended, .purgeRemoved, .purgeEmptied, .purgeDone])
  func `a purge that is ended anywhere removes nothing more later, and all that is gone is known`(
    point: FaultPoint?
  ) throws {
    let bench = try QuarantineBench(count: 3)
    // The newest stays.
    let rule = Retention(maximumAge: nil, maximumBytes: try bench.bytes(2))
    var told: [InspectionRecord] = []
    try bench.desk(purpose: .look).purge(rule) { told.append($0) }
    #expect(told.map(\.id) == bench.records.prefix(2).map(\.id))
    #expect(try bench.names().count == 6)
    var gone = 2
    if let point {
      do {
        let desk = try bench.desk(point.crash, purpose: .free)
        #expect(throws: Faults.SimulatedCrash.self) { try desk.purge(rule) { _ in } }
      }
      gone = point == .purgeIntended ? 0 : point == .purgeRemoved ? 1 : 2
      // Who only looks settles nothing.
      #expect(try bench.desk(purpose: .look).settlements.isEmpty)
      #expect(try Ledger(in: bench.bench.state).intendedDepartures().count == (point == .purgeDone ? 0 : 2))
      let settlements = try bench.desk().settlements
      #expect(settlements.count == (point == .purgeDone ? 0 : 2))
      #expect(settlements.count { $0.end == .finished } == (point == .purgeDone ? 0 : gone))
      #expect(settlements.allSatisfy { !$0.isPending })
    } else {
      var removed: [InspectionRecord] = []
      try bench.desk(purpose: .free).purge(rule) { removed.append($0) }
      #expect(removed.map(\.id) == told.map(\.id))
    }
    #expect(try bench.names().count == 2 * (3 - gone))
    for (index, record) in bench.records.enumerated() {
      let entry = try bench.entry(record)
      #expect(entry.isInQuarantine == (index >= gone))
      #expect(entry.departure?.kind == (index >= gone ? nil : .purged))
    }
    #expect(try Ledger(in: bench.bench.state).intendedDepartures().isEmpty)
    try bench.desk(purpose: .free).purge(rule) { _ in }
    #expect(try bench.names().count == 2)
  }

  @Test func `sidecars and side pictures count as bytes of their picture`() throws {
    let bench = try QuarantineBench(count: 2)
    let bare = try bench.bytes(0)
    let name = try #require(bench.records[0].destination)
    for (ending, count) in [(".view.png", 1000), (".map.png", 200)] {
      let beside = try #require(FileName("\(name)\(ending)"))
      try bench.bench.folders.quarantine.write([UInt8](repeating: 1, count: count), to: beside, mode: 0o600)
    }
    #expect(try bench.bytes(0) == bare + 1200 && bare > 9)
    func removed(_ bytes: Int64, _ purpose: QuarantineDesk.Purpose) throws -> [Int64] {
      var sizes: [Int64] = []
      try bench.desk(purpose: purpose).purge(Retention(maximumAge: nil, maximumBytes: bytes)) { sizes.append($1) }
      return sizes
    }
    #expect(try removed(bench.bytes(0, 1), .look) == [])
    #expect(try removed(bench.bytes(0, 1) - 1, .look) == [bare + 1200])
    #expect(try removed(bench.bytes(0, 1) - 1, .free) == [bare + 1200])
    #expect(try bench.names().count == 2)
  }

  @Test func `a picture that cannot be removed stays, keeps no other, and is told of`() throws {
    let bench = try QuarantineBench(count: 3)
    // A folder under its name cannot be removed as a file, whoever tries; a picture's place is what counts.
    let name = try #require(bench.records[1].destination)
    let path = bench.bench.folders.quarantine.path.string + "/\(name)"
    let ledger = try Ledger(in: bench.bench.state)
    var removed: [String] = []
    #expect(unlink(path) == 0 && mkdir(path, 0o700) == 0)
    let failures = try Departures(ledger: ledger, faults: .none).purge(
      bench.records, from: bench.bench.folders.quarantine, user: nil, now: .now
    ) { removed.append($0.id) }
    #expect(failures.map(\.record.id) == [bench.records[1].id])
    #expect(removed == [bench.records[0].id, bench.records[2].id])
    #expect(try ledger.intendedDepartures().isEmpty)
    #expect(try bench.records.map { try bench.entry($0).departure?.state } == [.done, nil, .done])
  }

  @Test func `what is to be released is not purged, by no command and not by the daemon`() throws {
    let bench = try QuarantineBench(count: 2)
    let away = try Directory.creating(path: bench.bench.spool.appending("good"))
    let entry = try bench.entry(bench.records[0])
    do {
      let desk = try bench.desk(FaultPoint.releaseIntended.crash)
      #expect(throws: Faults.SimulatedCrash.self) { _ = try desk.release(entry, to: away.path) }
    }
    #expect(rename(away.path.string, away.path.string + ".away") == 0)
    let rule = Retention(maximumAge: nil, maximumBytes: 0)
    var removed: [String] = []
    do {
      let desk = try bench.desk(purpose: .free)
      #expect(desk.settlements.map(\.isPending) == [true])
      // A disk that is away is waited for: that is no error of the purge.
      #expect(desk.settlements.map(\.isFailure) == [false])
      try desk.purge(rule) { removed.append($0.id) }
    }
    #expect(removed == [bench.records[1].id])
    let ledger = try Ledger(in: bench.bench.state)
    #expect(try ledger.beginDepartures([entry.record], Departure(.purged, time: .now, user: nil)).isEmpty)
    #expect(try bench.entry(entry.record).departure?.kind == .released)
    #expect(try bench.names().count == 2)
    // Its place is back: it is released.
    #expect(rename(away.path.string + ".away", away.path.string) == 0)
    #expect(try bench.desk().settlements.map(\.end) == [.finished])
    #expect(try bench.bench.content("good/0.png") == "content 0")
  }

  @Test(arguments: [FileAction.quarantined, .quarantineFailed, .passed])
  func `a row that is taken up again meanwhile is not purged`(action: FileAction) throws {
    let bench = try QuarantineBench()
    let ledger = try Ledger(in: bench.bench.state)
    let chosen = bench.records
    // The purge has chosen its pictures; then the daemon takes one of them up again.
    var record = chosen[0]
    (record.state, record.action) = (action == .passed ? .done : .intended, action)
    try ledger.finish([record])
    let failures = try Departures(ledger: ledger, faults: .none).purge(
      chosen, from: bench.bench.folders.quarantine, user: nil, now: .now)
    #expect(failures.isEmpty)
    #expect(try ledger.intendedDepartures().isEmpty)
    #expect(try bench.names().count == 2)
    #expect(try bench.entry(record).departure == nil)
  }

  @Test func `a purge gives the reserve up where the ledger has no room, once, and says what helps without`() throws {
    let bench = try RecorderBench()
    var reserve = LedgerReserve(state: bench.state)
    reserve.freeBytes = { _ throws(LinuxError) in LedgerReserve.minimumFreeBytes - 1 }
    try reserve.renew()
    #expect(try bench.state.status(of: LedgerReserve.name) == nil)
    reserve.freeBytes = { _ throws(LinuxError) in LedgerReserve.minimumFreeBytes }
    try reserve.renew()
    #expect(try bench.state.status(of: LedgerReserve.name)?.size == 1 << 20)
    var attempts = 0
    let work = { () throws(InspectionError) -> Int in
      attempts += 1
      if try onSystem({ () throws(LinuxError) in try bench.state.status(of: LedgerReserve.name) }) != nil {
        throw .ledger(path: "l", reason: "database or disk is full", isDamaged: false)
      }
      return 7
    }
    #expect(try reserve.used(by: work) == 7)
    #expect(attempts == 2)
    #expect(throws: InspectionError.self) {
      try reserve.used { () throws(InspectionError) -> Int in
        attempts += 1
        throw .ledger(path: "l", reason: "disk I/O error", isDamaged: false)
      }
    }
    // There is room, so that is no matter of room: not tried again.
    #expect(attempts == 3)
    do {
      reserve.freeBytes = { _ throws(LinuxError) in 0 }
      _ = try reserve.used { () throws(InspectionError) -> Int in
        throw .ledger(path: "l", reason: "disk I/O error", isDamaged: false)
      }
      Issue.record("there is no room")
    } catch {
      #expect(error.description.contains("free a megabyte in"))
    }
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
      ledger: Shared(ledger), folders: bench.folders, state: bench.state, settings: Shared(settings), sink: sink,
      isStopping: Shared(false), faults: .none)
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
    idle.run(now: later, incoming: bench.bench.incoming)
    #expect(try bench.names().count == 6)
    #expect(lines(quiet) == [])

    let (busy, sink) = try upkeep(bench.bench, ledger) { $0.retain = .seconds(2 * 86_400) }
    busy.run(now: .now, incoming: bench.bench.incoming)
    #expect(try bench.names().count == 6)
    do {
      // A person works there: the daemon waits for its next turn.
      let desk = try bench.desk(purpose: .free)
      try desk.purge(Retention(maximumAge: nil, maximumBytes: bench.bytes(0, 1, 2))) { _ in }
      busy.run(now: later, incoming: bench.bench.incoming)
      #expect(try bench.names().count == 6)
      try desk.purge(Retention(maximumAge: nil, maximumBytes: bench.bytes(0, 1, 2) - 1)) { _ in }
    }
    let bytes = try bench.bytes(1, 2)
    busy.run(now: later, incoming: bench.bench.incoming)
    #expect(try bench.names() == [])
    let told = lines(sink)
    #expect(
      told.count == 1 && told[0].contains("2 pictures were removed") && told[0].contains("(\(bytes) bytes)"), "\(told)")
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
    // While the watched folder is lost, or another has its place, nobody knows which files are there.
    upkeep.run(now: .now, incoming: nil)
    let path = bench.bench.path + "/incoming"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o700) == 0)
    upkeep.run(now: .now, incoming: bench.bench.incoming)
    #expect(try LedgerReader(state: bench.state).inspections().count == 22)
    #expect(rmdir(path) == 0 && rename(path + ".away", path) == 0)
    upkeep.run(now: .now, incoming: bench.bench.incoming)
    let left = try LedgerReader(state: bench.state).inspections()
    #expect(left.count == 8)
    let names = Set(left.map(\.arrival.name.description))
    #expect(names.isSuperset(of: ["1.png", "normal-1.png", "normal-2.png", "normal-3.png", "normal-4.png"]))
    #expect(!names.contains("0.png") && !names.contains("normal-0.png"))
    #expect(names.contains("normal-19.png"))
    #expect(lines(sink).first?.contains("14 old records") == true)
    // A bound below what must be kept keeps it all the same.
    let (narrow, _) = try self.upkeep(bench.bench, ledger) { $0.retainRecords = 1 }
    narrow.run(now: .now, incoming: bench.bench.incoming)
    #expect(try LedgerReader(state: bench.state).inspections().count == 5)
  }

  @Test func `rows of files that lie in a folder that is away stay, no more of them than the bound`() throws {
    let bench = try RecorderBench()
    let (recorder, ledger, _) = try bench.recorder()
    for number in 0..<20 {
      try bench.put("\(number).png", "normal \(number)")
      try recorder.record([try bench.inspected("\(number).png", action: .left)])
    }
    let path = bench.path + "/incoming"
    #expect(rename(path, path + ".away") == 0 && mkdir(path, 0o700) == 0)
    let other = try Directory(path: FilePath(path))
    func names(_ bound: Int) throws -> [String] {
      try upkeep(bench, ledger) { $0.retainRecords = bound }.0.run(now: .now, incoming: other)
      return try ledger.records("ORDER BY number").map(\.arrival.name.description)
    }
    #expect(try names(10).count == 20)
    #expect(try names(8) == (4..<20).map { "\($0).png" })
    // In the folder itself nothing is outside.
    #expect(try ledger.leftCount(outside: bench.incoming.status().inode) == 0)
    #expect(try ledger.leftCount(outside: other.status().inode) == 16)
  }

  @Test func `a row that waits for its file stays, and a file is the same on a file system of another number`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "normal")
    var record = try bench.inspected("a.png", action: .left).record
    record.isJournalled = true
    #expect(record.isPrunable(isFileThere: false, isPictureThere: false))
    record.isAwaited = true
    #expect(!record.isPrunable(isFileThere: false, isPictureThere: false))
    func status(inode: UInt64, modified: Int64) -> FileStatus {
      FileStatus(device: 77, inode: inode, size: 5, modified: modified, changed: 9)
    }
    let arrival = Arrival(name: FileName("a.png")!, device: 1, inode: 3, size: 5, modified: 7)
    #expect(arrival.isSameFile(status(inode: 3, modified: 7)))
    #expect(!arrival.isSameFile(status(inode: 4, modified: 7)) && !arrival.isSameFile(status(inode: 3, modified: 8)))
  }

  @Test(.timeLimit(.minutes(5))) func `it runs once an hour at most, on a thread of its own`() throws {
    let bench = try QuarantineBench()
    let ledger = try Ledger(in: bench.bench.state)
    let (upkeep, sink) = try upkeep(bench.bench, ledger) { $0.retainBytes = 1 << 20 }
    // Errors are told: each run that happens leaves one line.
    try ledger.close()
    let start = ContinuousClock.now
    for offset in [Duration.zero, .seconds(1), .seconds(3599)] { upkeep.beginIfDue(now: start + offset, incoming: nil) }
    #expect(sink.queue.pop(atMost: 9, waitingAtMost: .seconds(60))?.isEmpty == false)
    _ = sink.queue.pop(atMost: 9, waitingAtMost: .seconds(1))
    var told: [RecordEntry] = []
    try eventually("the next run") {
      // The first may still be ending: asked again until it begins.
      upkeep.beginIfDue(now: start + .seconds(3600), incoming: nil)
      told += sink.queue.pop(atMost: 9, waitingAtMost: .milliseconds(100)) ?? []
      return !told.isEmpty
    }
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
