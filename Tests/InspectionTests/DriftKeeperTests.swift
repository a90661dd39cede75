import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// A ledger that pictures are recorded in by hand, and a keeper over it.
final class DriftBench {
  let bench: RecorderBench
  let ledger: Shared<Ledger>
  let metrics = Metrics()
  let sink: RecordSink
  let model: Shared<CurrentModel>
  let published = Shared(0)
  private var number = 0

  init() throws {
    bench = try RecorderBench()
    ledger = Shared(try Ledger(in: bench.state))
    sink = RecordSink(
      ways: RecordSink.Ways(.stderr, isPresent: false, isTerminal: false), makeID: { UUID().uuidString })
    model = Shared(CurrentModel(generation: 1, judge: Self.judge("c")))
  }

  static func judge(_ calibration: String, count: Int = 199) -> PictureJudge {
    var numbers = DriftNumbers(seed: 1)
    return PictureJudge(
      identity: PictureJudge.Identity(modelDigest: "ab", calibration: calibration, threshold: 1, summary: ""),
      decode: { _, _ in .failed(reason: "", sentence: "") }, makeScoring: { _ in { $0.map { _ in 0 } } },
      pValue: { _ in nil }, calibrationScores: (0..<count).map { _ in numbers.score() }.sorted())
  }

  func keeper() -> DriftKeeper {
    DriftKeeper(
      DriftKeeper.Surroundings(
        ledger: ledger, model: model, state: bench.state, metrics: metrics, sink: sink,
        publish: { [published] in published.change { $0 += 1 } }))
  }

  /// Records pictures with these scores.
  func record(_ scores: [Float?], calibration: String = "c") throws {
    _ = try ledger.value.begin(Self.records(scores, calibration: calibration, after: number))
    number += scores.count
  }

  /// Records of pictures with these scores, numbered one by one after a number.
  static func records(_ scores: [Float?], calibration: String = "c", after number: Int = 0) -> [InspectionRecord] {
    scores.enumerated().map { index, score in
      let number = number + 1 + index
      return InspectionRecord(
        id: "00000000-0000-4000-8000-" + String(format: "%012d", number),
        recorded: WallTime(nanoseconds: Int64(number) * 1_000_000_000), arrived: WallTime(nanoseconds: 0),
        folder: [0x2f],
        arrival: Arrival(name: FileName("\(number).png")!, device: 1, inode: UInt64(number), size: 1, modified: 1),
        changed: 1, score: score, threshold: 1, verdict: score == nil ? .unreadable : .normal, action: .left,
        calibration: calibration)
    }
  }

  /// What was told since the last time.
  func told() -> [RecordEntry] { sink.queue.count == 0 ? [] : sink.queue.pop(atMost: 100, waitingAtMost: .zero) ?? [] }

  var drift: MetricsValues.Drift? { metrics.values.drift }
  var statePath: String { bench.path + "/state/drift.json" }
  func good(_ count: Int, seed: Int = 50) -> [Float] { Self.good(count, seed: seed) }

  /// Scores of an unchanged line.
  static func good(_ count: Int, seed: Int = 50) -> [Float] {
    var numbers = DriftNumbers(seed: seed)
    return (0..<count).map { _ in numbers.score() }
  }
}

@Suite("drift: rows of the ledger, alarm, state") struct DriftKeeperTests {
  private let now = ContinuousClock.now

  @Test func `a line that changed is told of once, shown, and known after a restart and a crash`() throws {
    let bench = try DriftBench()
    try bench.record(bench.good(50))
    var keeper = bench.keeper()
    keeper.work(at: now)
    #expect(bench.drift?.count == 0, "what was recorded before the first look is not tested")
    try bench.record(bench.good(1500).map { $0 } + [nil, 7, nil])
    try bench.record([0.1, 0.2], calibration: "another")
    keeper.work(at: now)
    #expect(bench.drift?.count == 1501 && bench.drift?.alarm == nil)
    #expect(bench.told().isEmpty)

    // A crash: what was not saved is read again from the ledger.
    keeper = bench.keeper()
    keeper.work(at: now)
    #expect(bench.drift?.count == 1501)
    let evidence = try #require(bench.drift).evidence
    #expect(evidence > 0)
    keeper.save()
    keeper = bench.keeper()
    keeper.work(at: now)
    #expect(bench.drift?.count == 1501 && bench.drift?.evidence == evidence)

    try bench.record(bench.good(400, seed: 51).map { $0 * 1.6 })
    keeper.work(at: now)
    let told = bench.told()
    #expect(
      told.count == 1
        && told.first?.fields.first { $0.name == "MESSAGE_ID" }?.value == Array(MessageID.drifted.rawValue.utf8))
    let text = try #require(told.first?.text)
    #expect(text.hasPrefix("the line has changed: its scores are higher than the calibration's since about 1970-"))
    #expect(bench.drift?.alarm?.text == text)
    #expect(keeper.patience(at: now) == nil, "an alarm is saved at once")

    keeper = bench.keeper()
    keeper.work(at: now)
    try bench.record(bench.good(400, seed: 52).map { $0 * 2 })
    keeper.work(at: now)
    #expect(bench.told().isEmpty && bench.drift?.alarm?.text == text)
    #expect(FileStatus(path: FilePath(bench.statePath))?.mode == 0o640)
  }

  @Test func `another calibration, or a reload after an alarm, begins anew; a reload without one does not`() throws {
    let bench = try DriftBench()
    var keeper = bench.keeper()
    keeper.work(at: now)
    try bench.record(bench.good(20))
    keeper.work(at: now)
    bench.model.change { $0.loadCount += 1 }
    keeper.work(at: now)
    #expect(bench.drift?.count == 20)
    try bench.record([Float](repeating: 100, count: 60))
    keeper.work(at: now)
    #expect(bench.drift?.alarm != nil)
    bench.model.change { $0.loadCount += 1 }
    keeper.work(at: now)
    #expect(bench.drift == MetricsValues.Drift(count: 0, evidence: 0, calibrationCount: 199, alarm: nil))
    try bench.record([Float](repeating: 100, count: 60))
    keeper.work(at: now)
    let texts = bench.told().map(\.text)
    #expect(
      texts.count == 2 && texts.allSatisfy { $0.hasPrefix("the line has changed: more than half") },
      "what has not gone away is found again")

    bench.model.change { ($0.judge, $0.generation, $0.loadCount) = (DriftBench.judge("d"), 2, 5) }
    keeper.work(at: now)
    #expect(bench.drift == MetricsValues.Drift(count: 0, evidence: 0, calibrationCount: 199, alarm: nil))
    // The state of another calibration is no damage.
    bench.model.change { $0.judge = DriftBench.judge("e") }
    var other = bench.keeper()
    other.work(at: now)
    #expect(bench.told().isEmpty && bench.drift?.count == 0)
    bench.model.change { $0.judge = nil }
    other.work(at: now)
    #expect(bench.drift == nil)
  }

  @Test(arguments: ["", "{", "{\"calibration\":\"c\",\"version\":1}", String(repeating: "x", count: 2 << 20)])
  func `a damaged state is told of, and the watch begins anew`(content: String) throws {
    let bench = try DriftBench()
    try Data(content.utf8).write(to: URL(filePath: bench.statePath))
    var keeper = bench.keeper()
    keeper.work(at: now)
    let told = bench.told()
    #expect(told.count == 1 && told.first?.text.contains("'drift.json'") == true)
    try bench.record(bench.good(3))
    keeper.work(at: now)
    #expect(bench.drift?.count == 3)
  }

  @Test func `a state whose numbers cannot be is no state`() throws {
    var test = DriftTest(calibrationScores: [1, 2, 3])
    _ = test.note(score: 1.5, chance: 0.5, time: 7)
    var state = DriftState(calibration: "c", after: RowKey(number: 4, id: "x"), calibrationScores: [1, 2, 3])
    state.test = test
    #expect(DriftState(bytes: state.encoded, calibrationCount: 3) == state)
    #expect(DriftState(bytes: state.encoded, calibrationCount: 4) == nil, "another calibration's")
    let text = String(decoding: state.encoded, as: UTF8.self)
    for (from, to) in [
      ("\"count\":1,", "\"count\":-1,"), ("\"version\":2", "\"version\":1"), ("\"stake\":0.6", "\"stake\":0.7"),
      ("\"number\":4", "\"number\":-4"), ("\"counts\":[", "\"counts\":[99,"),
      ("\"urn\":{\"count\":5", "\"urn\":{\"count\":6"), ("\"upperCount\":1}", "\"upperCount\":0}"),
    ] {
      #expect(text.contains(from), "\(from)")
      #expect(DriftState(bytes: Array(text.replacing(from, with: to).utf8), calibrationCount: 3) == nil, "\(from)")
    }
  }

  @Test func `an alarm whose numbers cannot be is no state`() throws {
    var state = DriftState(calibration: "c", after: nil, calibrationScores: [1, 2, 3])
    for picture in 0..<4000 where state.test.alarm == nil {
      // Places in turn at both ends, which is what wider scores look like.
      _ = state.test.note(score: picture % 2 == 0 ? -Float(picture) : 2.5, chance: 0.001, time: Int64(picture))
    }
    #expect(state.test.alarm != nil)
    #expect(DriftState(bytes: state.encoded, calibrationCount: 3) == state)
    let text = String(decoding: state.encoded, as: UTF8.self)
    for (from, to) in [
      (
        "\"calibrationCount\":3,\"calibrationUpperCount\":1,\"direction\"",
        "\"calibrationCount\":-1,\"calibrationUpperCount\":1,\"direction\""
      ),
      (
        "\"calibrationCount\":3,\"calibrationUpperCount\":1,\"direction\"",
        "\"calibrationCount\":3,\"calibrationUpperCount\":9223372036854775807,\"direction\""
      ),
    ] {
      #expect(text.contains(from), "\(from)")
      #expect(DriftState(bytes: Array(text.replacing(from, with: to).utf8), calibrationCount: 3) == nil, "\(to)")
    }
  }

  @Test func `a ledger that was begun anew is followed from its end`() throws {
    let bench = try DriftBench()
    var keeper = bench.keeper()
    keeper.work(at: now)
    try bench.record(bench.good(30))
    keeper.work(at: now)
    try bench.ledger.value.close()
    for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
      unlink(bench.bench.path + "/state/" + name)
    }
    let new = try Ledger(in: bench.bench.state)
    bench.ledger.change { $0 = new }
    try bench.record(bench.good(40, seed: 60))
    keeper.work(at: now)
    #expect(bench.drift?.count == 30, "its rows so far may be those that were tested")
    try bench.record(bench.good(5, seed: 61))
    keeper.work(at: now)
    #expect(bench.drift?.count == 35)
  }

  @Test func `tests are saved within a minute, and a failure is told once`() throws {
    let bench = try DriftBench()
    var keeper = bench.keeper()
    keeper.work(at: now)
    try bench.record(bench.good(1))
    keeper.work(at: now)
    #expect(keeper.patience(at: now) == DriftDisplay.pause, "what is compared is shown within a second")
    keeper.catchUp(at: now + .seconds(1))
    #expect(keeper.patience(at: now + .seconds(10)) == .seconds(50))
    unlink(bench.statePath)
    try FileManager.default.createDirectory(atPath: bench.statePath, withIntermediateDirectories: true)
    keeper.save()
    keeper.save()
    #expect(bench.told().count == 1)
    #expect(rmdir(bench.statePath) == 0)
    try bench.record(bench.good(1))
    keeper.work(at: now + .seconds(60))
    keeper.work(at: now + .seconds(120))
    #expect(FileStatus(path: FilePath(bench.statePath)) != nil)
  }

  @Test func `the chance of an event is its own, and evenly spread`() {
    let chances = (0..<1000).map { DriftChance.value(of: "00000000-0000-4000-8000-" + String(format: "%012d", $0)) }
    #expect(chances.allSatisfy { 0 <= $0 && $0 < 1 } && Set(chances).count == 1000)
    for tenth in 0..<10 {
      let count = chances.count { Int($0 * 10) == tenth }
      #expect(70...130 ~= count, "\(tenth): \(count)")
    }
    #expect(DriftChance.value(of: "a") == DriftChance.value(of: "a"))
  }
}
