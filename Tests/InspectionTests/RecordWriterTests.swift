import Foundation
import GRDB
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Inspection

/// A journal that takes entries or does not, as a test wants it, and remembers those that it took.
final class SimulatedJournal: Sendable {
  struct State: Sendable {
    var isTaking = true
    var attemptCount = 0
    var taken: [[String: String]] = []
  }

  let state = Shared(State())

  /// What a writer calls.
  var send: @Sendable ([JournalField]) throws(LinuxError) -> Void {
    { [state] fields throws(LinuxError) in
      let isTaken = state.change { state in
        state.attemptCount += 1
        guard state.isTaking else { return false }
        let pairs = fields.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
        state.taken.append(Dictionary(pairs) { first, _ in first })
        return true
      }
      if !isTaken { throw LinuxError(operation: "write to the journal", code: .connectionRefused) }
    }
  }

  /// Changes whether it takes entries.
  func set(isTaking: Bool) { state.change { $0.isTaking = isTaking } }

  /// The event ids of rows that it took, in order.
  var ids: [String] {
    state.value.taken.filter { $0["GANOMALY_VERDICT"] != nil }.compactMap { $0["GANOMALY_EVENT_ID"] }
  }

  /// The sentences about the daemon that it took, in order.
  var sentences: [String] {
    state.value.taken.filter { $0["GANOMALY_VERDICT"] == nil }.compactMap { $0["MESSAGE"] }
  }
}

/// A running writer over a bench's ledger and a simulated journal; it ends with the value.
final class WriterBench {
  let bench: RecorderBench
  let ledger: Shared<Ledger>
  let sink: RecordSink
  let journal = SimulatedJournal()
  let lines = Shared<[String]>([])
  private var threads: ThreadGroup?

  /// - Parameter ways: where records go.
  init(_ ways: RecordSink.Ways = RecordSink.Ways(.journal, isPresent: true, isTerminal: false), capacity: Int = 64)
    throws
  {
    bench = try RecorderBench()
    ledger = Shared(try Ledger(in: bench.state))
    sink = RecordSink(ways: ways, capacity: capacity, makeID: { UUID().uuidString })
  }

  /// Starts the writer, with times that suit a test.
  func start(waitingCount: Int = 256) {
    let (sink, ledger, send, lines) = (sink, ledger, journal.send, lines)
    threads = ThreadGroup(name: "writer", count: 1) { _ in
      let limits = RecordWriter.Limits(
        waitingCount: waitingCount, delay: .milliseconds(20), shortestPause: .milliseconds(20),
        longestPause: .milliseconds(100), patience: .milliseconds(200))
      RecordWriter(
        sink: sink, ledger: ledger, spool: Array("/spool".utf8), limits: limits, send: send,
        printLine: { line in lines.change { $0.append(line) } }
      ).run()
    }
  }

  deinit {
    sink.queue.close()
    threads?.wait(atMost: .seconds(10))
  }

  /// A row in the ledger, as the recorder would put it there.
  func row(_ number: Int) throws -> InspectionRecord {
    let record = InspectionRecord(
      id: "\(number)-" + UUID().uuidString.lowercased(), recorded: WallTime(nanoseconds: Int64(number)),
      arrived: WallTime(nanoseconds: 1), folder: Array("/spool/incoming".utf8),
      arrival: Arrival(name: FileName("\(number).png")!, device: 1, inode: UInt64(number), size: 1, modified: 1),
      changed: 1, digest: [UInt8](repeating: 7, count: 32), score: 1, threshold: 2, verdict: .normal, action: .left)
    guard case .inserted(let inserted) = try ledger.value.begin([record])[0] else { throw CancellationError() }
    return inserted
  }

  /// Rows that the ledger says have no entry.
  func missing() throws -> [String] { try ledger.value.unjournalled(before: .now, limit: 10_000).map(\.id) }

  /// Runs a statement on the ledger's file, as nobody should.
  func execute(_ statement: String) throws {
    var configuration = Configuration()
    // The writer and its ledger are at work meanwhile.
    configuration.busyMode = .timeout(60)
    let queue = try DatabaseQueue(path: ledger.value.path, configuration: configuration)
    try queue.write { try $0.execute(sql: statement) }
    try queue.close()
  }
}

@Suite("records: the writer and a journal that may be away") struct RecordWriterTests {
  @Test func `lines that wait together are printed in their order, in pieces that a pipe takes whole`() throws {
    let bench = try WriterBench(RecordSink.Ways(.stderr, isPresent: false, isTerminal: false), capacity: 400)
    let long = String(repeating: "l", count: 5000)
    bench.sink.post((1...200).map { RecordEntry(.overflow, "event \($0)", id: "\($0)") })
    bench.sink.post(.overflow, long)
    bench.sink.post(.overflow, "the last")
    bench.start()
    let lines = bench.lines
    try eventually("the last line") { lines.value.last?.hasSuffix("the last") == true }
    let pieces = lines.value
    #expect(pieces.count < 20)
    #expect(pieces.allSatisfy { $0.utf8.count < 4096 || $0.hasSuffix(long) && !$0.contains("\n") })
    let texts = pieces.flatMap { $0.split(separator: "\n") }.map { $0.split(separator: " ", maxSplits: 1)[1] }
    #expect(texts == (1...200).map { "event \($0)" } + [long[...], "the last"])
  }

  @Test func `what the journal did not take is sent later, rows from the ledger, the rest in its order`() throws {
    let bench = try WriterBench()
    bench.journal.set(isTaking: false)
    let rows = try (1...20).map(bench.row)
    for row in rows { bench.sink.post(RecordEntry(row, spool: [])) }
    for number in 1...3 { bench.sink.post(.overflow, "event \(number)") }
    // All in line before the start: each is tried once before any is tried again.
    bench.start()
    try eventually("attempts") { bench.journal.state.value.attemptCount > 23 }
    #expect(try bench.missing() == rows.map(\.id))
    bench.journal.set(isTaking: true)
    try eventually("the replay") { try bench.missing().isEmpty && bench.journal.sentences.count == 4 }
    #expect(bench.journal.ids == rows.map(\.id))
    #expect(
      bench.journal.sentences == [
        "event 1", "event 2", "event 3", "20 journal entries were written late: the journal had not taken them",
      ])
  }

  @Test func `rows that were left without an entry are written at the start, each once`() throws {
    let bench = try WriterBench()
    let rows = try (1...600).map(bench.row)
    bench.start()
    try eventually("the replay") { try bench.missing().isEmpty }
    #expect(bench.journal.ids == rows.map(\.id))
    try eventually("its entry") { bench.journal.sentences.count == 1 }
    #expect(bench.journal.sentences[0].hasPrefix("600 journal entries were written late"))
  }

  @Test func `entries about the daemon beyond the limit are given up, counted and told`() throws {
    let bench = try WriterBench()
    bench.journal.set(isTaking: false)
    for number in 1...12 { bench.sink.post(.overflow, "event \(number)") }
    bench.start(waitingCount: 5)
    try eventually("attempts") { bench.journal.state.value.attemptCount >= 12 }
    bench.journal.set(isTaking: true)
    try eventually("the count") { bench.journal.sentences.count == 6 }
    #expect(bench.journal.sentences[0..<5] == ["event 1", "event 2", "event 3", "event 4", "event 5"])
    #expect(
      bench.journal.sentences[5] == "7 records about the daemon were given up: the journal took none for too long")
  }

  @Test func `entries that found no room in the queue are told of, without any other coming`() throws {
    let bench = try WriterBench(capacity: 2)
    for number in 1...5 { bench.sink.post(.overflow, "event \(number)") }
    bench.start()
    try eventually("the count") { bench.journal.sentences.count == 3 }
    #expect(bench.journal.sentences[2].hasPrefix("3 records about the daemon were given up"))
  }

  @Test func `what the ledger cannot note is not sent again and again`() throws {
    let bench = try WriterBench()
    // Before the start, whose replay could note some of the rows already.
    try bench.execute(
      "CREATE TRIGGER broken BEFORE UPDATE ON inspection BEGIN SELECT raise(ABORT, 'the disk is full'); END")
    bench.start()
    let rows = try (1...30).map(bench.row)
    for row in rows { bench.sink.post(RecordEntry(row, spool: [])) }
    for number in 31...40 {
      // Each time the missing rows are looked for; those that were sent must not be sent again.
      let row = try bench.row(number)
      bench.sink.wantReplay()
      bench.sink.post(RecordEntry(row, spool: []))
      try eventually("another turn") { bench.journal.ids.contains(row.id) }
    }
    // Two where a replay came between the row and its entry.
    let counts = Dictionary(grouping: bench.journal.ids) { $0 }.mapValues(\.count)
    #expect(counts.count == 40)
    #expect(counts.values.allSatisfy { $0 <= 2 }, "\(counts.values.sorted())")
    #expect(try bench.missing().count == 40)
    try bench.execute("DROP TRIGGER broken")
    try eventually("the notes") { try bench.missing().isEmpty }
    #expect(Dictionary(grouping: bench.journal.ids) { $0 }.allSatisfy { $0.value.count <= 2 })
  }

  @Test func `a steady flow of entries does not keep the missing ones waiting`() throws {
    let bench = try WriterBench()
    let rows = try (1...3).map(bench.row)
    bench.journal.set(isTaking: false)
    for row in rows { bench.sink.post(RecordEntry(row, spool: [])) }
    bench.start()
    // The first is of the start's own look at the ledger.
    try eventually("attempts") { bench.journal.state.value.attemptCount > 3 }
    bench.journal.set(isTaking: true)
    try eventually("no missing ones, with others between") {
      bench.sink.post(.overflow, "another")
      return try bench.missing().isEmpty
    }
    #expect(bench.journal.ids == rows.map(\.id))
  }

  @Test func `lines alone never touch the journal, whatever the ledger misses`() throws {
    let bench = try WriterBench(RecordSink.Ways(.stderr, isPresent: true, isTerminal: false), capacity: 1)
    let row = try bench.row(1)
    bench.sink.post(RecordEntry(row, spool: []))
    bench.sink.post(.overflow, "no room")
    bench.start()
    try eventually("the line about the lost one") { bench.lines.value.count == 2 }
    #expect(bench.lines.value[0].contains("normal '1.png', score 1.0 not above 2.0, left"))
    #expect(bench.lines.value[1].hasSuffix("1 record was given up: standard error took none for too long"))
    #expect(bench.journal.state.value.attemptCount == 0)
  }

  @Test func `a failed move whose entry the journal missed is told of before it succeeds`() throws {
    let bench = try WriterBench()
    var record = try bench.row(1)
    (record.state, record.verdict, record.action) = (.intended, .anomaly, .quarantined)
    (record.id, record.arrival) = ("2", Arrival(name: FileName("2.png")!, device: 1, inode: 2, size: 1, modified: 1))
    record.destination = FileName("there.png")
    _ = try bench.ledger.value.begin([record])
    #expect(try bench.missing().count == 1, "what is still to be moved has no entry yet")
    record.action = .quarantineFailed
    try bench.ledger.value.finish([record])
    bench.start()
    try eventually("both entries") { try bench.missing().isEmpty }
    let ids = bench.journal.state.value.taken.compactMap { $0["MESSAGE_ID"] }
    #expect(ids.contains(MessageID.notQuarantined.rawValue))
  }

  @Test func `the row of a file that is abandoned at once keeps the entry that it has`() throws {
    let bench = try WriterBench()
    var record = try bench.row(1)
    (record.verdict, record.score, record.threshold) = (.unreadable, nil, nil)
    (record.id, record.arrival) = ("2", Arrival(name: FileName("2.png")!, device: 1, inode: 2, size: 1, modified: 1))
    guard case .inserted(let known) = try bench.ledger.value.begin([record])[0] else { throw CancellationError() }
    // A lane has read the row by now; its entry is noted after that.
    bench.start()
    try eventually("the entries") { try bench.missing().isEmpty }
    var stale = known
    (stale.action, stale.destination) = (.rejected, FileName("there.png")!)
    try bench.ledger.value.finish([stale])
    #expect(try bench.missing().isEmpty)
  }

  @Test func `both ways write the same entry twice`() throws {
    let bench = try WriterBench(RecordSink.Ways(.both, isPresent: true, isTerminal: false))
    bench.start()
    // After its look at the ledger at the start, which would send the row too.
    bench.sink.post(.overflow, "first")
    try eventually("the first") { bench.lines.value.count == 1 }
    bench.sink.post(RecordEntry(try bench.row(1), spool: []))
    try eventually("both") { bench.lines.value.count == 2 && bench.journal.ids.count == 1 }
    #expect(bench.journal.sentences == ["first"])
    try eventually("the note") { try bench.missing().isEmpty }
  }
}
