import Foundation
import Imaging
import Linux
import SystemPackage
import Testing

@testable import Inspection

/// A lane over a bench's files, with a judge to whom every file is the same.
struct LaneBench {
  let bench: RecorderBench
  let around: Lane.Surroundings
  let judge: PictureJudge

  /// - Parameters:
  ///   - capacity: how many files may wait, and how many results.
  ///   - decoded: what every file comes to.
  ///   - onScore: called with the count of pictures of every slice; each has the score zero.
  init(
    _ bench: RecorderBench, _ ledger: Ledger, damage: Shared<LedgerDamage?> = Shared(nil),
    isStopping: Shared<Bool> = Shared(false), capacity: Int = 1, decoded: PictureJudge.Decoded,
    onScore: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    self.bench = bench
    judge = PictureJudge(
      identity: PictureJudge.Identity(modelDigest: "", calibration: "", threshold: 1, summary: ""),
      decode: { _, _ in decoded },
      makeScoring: { _ in
        { pictures in
          onScore(pictures.count)
          return pictures.map { _ in 0 }
        }
      }, pValue: { _ in nil })
    around = Lane.Surroundings(
      jobs: BoundedQueue(capacity: capacity), results: BoundedQueue(capacity: capacity),
      mailbox: Mailbox(wake: try WakeUp()),
      model: Shared(CurrentModel(generation: 1, judge: judge)), settings: Shared(Settings()), ledger: Shared(ledger),
      damage: damage, isStopping: isStopping, makeID: { UUID().uuidString.lowercased() })
  }

  /// A request for a file as it is now: settled, final, finished.
  func request(_ name: String) throws -> InspectionRequest {
    let name = FileName(name)!
    return InspectionRequest(
      name: name, status: try bench.incoming.status(of: name)!, readiness: .settled, isFinal: true, isFinished: true,
      isAbandoned: false, attempt: 1, noticed: .now)
  }

  /// One file's whole way up to its score.
  func examine(
    _ request: InspectionRequest, _ judge: PictureJudge? = nil, sign: SignOfLife = .none
  ) -> LaneStep.Outcome {
    let batch = LaneBatch(around, judge ?? self.judge, around.settings.value, sign: sign)
    let step = LaneStep(LaneJob(request: request, incoming: bench.incoming), batch, .now)
    switch step.open() {
    case .ended(let end): return .ended(end)
    case .file(let picture, let status):
      switch around.look({ ledger throws(InspectionError) in try ledger.records(of: [step.arrival]) }) {
      case .success(let found): return step.examine(picture, status, found: found[0], since: .now)
      case .failure: return .ended(.finding(.incomplete))
      }
    }
  }
}

extension LaneStep.Outcome {
  /// What is told to the intake; nil where something is recorded or scored.
  var finding: InspectionFinding? { if case .ended(.finding(let finding)) = self { finding } else { nil } }
  /// What is recorded.
  var record: InspectionRecord? { if case .ended(.result(let result)) = self { result.record } else { nil } }
}

@Suite("lane: one file up to its score") struct LaneTests {
  @Test func `decoding and preparing a large picture gives signs of life all the way`() throws {
    let count = Shared(0)
    let sign = SignOfLife { count.change { $0 += 1 } }
    let picture = Image(
      width: 1024, height: 4096, channelCount: 3, samples: [UInt8](repeating: 7, count: 3 * 4096 * 1024))
    let preparation = Preparation(size: 32, channelCount: 1)
    guard case .picture = PictureJudge.decode(PNG.encode(picture), .default, preparation, sign) else {
      Issue.record("not decoded")
      return
    }
    // 4096 rows of 3 KiB are 12 mebibytes; the result has 32 rows.
    #expect(count.value == 12 + 32)

    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, decoded: Self.damaged)
    try bench.put("a.png", "half")
    let judge = PictureJudge(
      identity: lane.judge.identity,
      telling: { _, _, sign in
        sign.give()
        return Self.damaged
      }, scoring: lane.judge.makeScoring, pValue: { _ in nil }, calibrationScores: [])
    count.change { $0 = 0 }
    _ = lane.examine(try lane.request("a.png"), judge, sign: sign)
    #expect(count.value >= 1)
  }

  private static let damaged = PictureJudge.Decoded.unreadable(
    reason: "damaged", sentence: "half a picture", mayBeIncomplete: true)

  @Test func `a file that changed while it waited in line is not judged`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, decoded: Self.damaged)
    try bench.put("a.png", "half")
    let request = try lane.request("a.png")
    #expect(lane.examine(request).record?.verdict == .unreadable)
    let handle = try FileHandle(forWritingTo: URL(filePath: bench.path + "/incoming/a.png"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(" and more".utf8))
    try handle.close()
    #expect(lane.examine(request).finding == .changed)
  }

  @Test func `a failure of a file that changed while it waited in line is not recorded`() throws {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let lane = try LaneBench(bench, ledger, decoded: .failed(reason: "memory", sentence: "no memory"))
    try bench.put("a.png", "whole")
    let request = try lane.request("a.png")
    #expect(lane.examine(request).record?.verdict == .error)
    try bench.put("a.png", "another file")
    #expect(lane.examine(request).finding == .changed)
  }

  @Test(arguments: [Reason.gone, Reason.replaced])
  func `an anomaly that was away at its move is quarantined when it comes back`(reason: String) throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "scored")
    let result = try bench.inspected("a.png")
    let (recorder, ledger, _) = try bench.recorder()
    #expect(rename(bench.path + "/incoming/a.png", bench.path + "/away.png") == 0)
    if reason == Reason.replaced { try bench.put("a.png", "another") }
    try recorder.record([result])
    #expect(try ledger.record(of: result.record.arrival)?.reason == reason)
    #expect(rename(bench.path + "/away.png", bench.path + "/incoming/a.png") == 0)

    let lane = try LaneBench(bench, ledger, decoded: Self.damaged)
    #expect(lane.examine(try lane.request("a.png")).record?.verdict == .unreadable)
    try recorder.record([try bench.inspected("a.png")])
    #expect(try bench.names("incoming") == [])
    #expect(try bench.pictures().count == 1)
    let records = try LedgerReader(state: bench.spool.appending("state")).inspections()
    #expect(records.map(\.action) == [.left, .quarantined])
    #expect(records.map(\.occurrence) == [0, 1])
  }
}
