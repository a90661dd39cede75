import Linux
import Testing

@testable import Inspection

@Suite("records: summaries and drift") struct ReportTests {
  private let start = ContinuousClock.now

  @Test func `a summary comes when its time is over, with what is new since the last one`() throws {
    var summary = Summary(at: start, interval: .seconds(600))
    #expect(summary.deadline == nil, "nothing to tell, nothing to wake up for")
    summary.isWanted = true
    #expect(summary.deadline == start + .seconds(600))
    var report = summary.next([.normal: 7, .anomaly: 2], at: start + .seconds(600))
    let first = try #require(report)
    #expect(first.text == "in the last 10 minutes: 7 normal, 2 anomaly, 0 unreadable, 0 refused, 0 error")
    #expect(first.fields.map(\.name) == Verdict.allCases.map { "GANOMALY_COUNT_\($0.rawValue.uppercased())" })
    #expect(first.fields.map { String(decoding: $0.value, as: UTF8.self) } == ["7", "2", "0", "0", "0"])
    #expect(summary.deadline == nil)
    summary.isWanted = true
    report = summary.next([.normal: 9, .anomaly: 2], at: start + .seconds(1500))
    let second = try #require(report)
    #expect(second.text.hasPrefix("in the last 15 minutes: 2 normal, 0 anomaly"))
    summary.isWanted = true
    report = summary.next([.normal: 9, .anomaly: 2], at: start + .seconds(2100))
    #expect(report == nil)
  }

  /// Counts pictures whose p-values are drawn by a rule.
  private func count(_ pictures: Int, into halves: inout ScoreHalves, _ pValue: (Int) -> Double) {
    for picture in 0..<pictures { halves.note(pValue: pValue(picture), calibration: halves.calibration) }
  }

  @Test func `pictures like those of the calibration never count as drifted`() {
    var generator = SystemRandomNumberGenerator()
    var monitor = DriftMonitor()
    var drift: DriftMonitor.Drift?
    var halves = ScoreHalves(calibration: "c")
    for _ in 0..<500 {
      count(DriftMonitor.blockCount, into: &halves) { _ in Double.random(in: 0...1, using: &generator) }
      drift = monitor.note(halves, calibrationCount: 99)
      #expect(drift == nil)
    }
  }

  @Test(arguments: [(0.9, 180), (0.05, 10)])
  func `scores that moved up or down are told of once, and again after a calm`(share: Double, upper: Int) {
    var monitor = DriftMonitor()
    var drift: DriftMonitor.Drift?
    var halves = ScoreHalves(calibration: "c")
    count(150, into: &halves) { $0 < Int(150 * share) ? 0.1 : 0.9 }
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift == nil, "the block is not full")
    count(50, into: &halves) { $0 < Int(50 * share) ? 0.1 : 0.9 }
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift?.count == 200)
    #expect(abs((drift?.upperCount ?? 0) - upper) <= 1)
    count(200, into: &halves) { $0 < Int(200 * share) ? 0.1 : 0.9 }
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift == nil, "told already")
    count(200, into: &halves) { $0 % 2 == 0 ? 0.1 : 0.9 }
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift == nil)
    count(200, into: &halves) { $0 < Int(200 * share) ? 0.1 : 0.9 }
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift != nil)
  }

  @Test func `another calibration begins anew, and a small one is trusted less`() {
    var monitor = DriftMonitor()
    var drift: DriftMonitor.Drift?
    var halves = ScoreHalves(calibration: "c")
    count(199, into: &halves) { _ in 0.1 }
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift == nil)
    halves.note(pValue: 0.1, calibration: "d")
    #expect(
      halves
        == {
          var one = ScoreHalves(calibration: "d"); one.note(pValue: 0.1, calibration: "d"); return one
        }())
    drift = monitor.note(halves, calibrationCount: 300)
    #expect(drift == nil)
    count(199, into: &halves) { $0 % 4 == 0 ? 0.9 : 0.1 }
    var same = monitor
    drift = monitor.note(halves, calibrationCount: 1000)
    #expect(drift != nil)
    drift = same.note(halves, calibrationCount: 20)
    #expect(drift == nil)
  }

  @Test func `a judge tells how many scores its calibration has`() {
    func judge(_ pValue: @escaping @Sendable (Float) -> Double?) -> PictureJudge {
      PictureJudge(
        identity: PictureJudge.Identity(modelDigest: "", calibration: "", threshold: 1, summary: ""),
        decode: { _, _ in .failed(reason: "", sentence: "") }, makeScoring: { _ in { $0.map { _ in 0 } } },
        pValue: pValue)
    }
    #expect(judge { _ in nil }.calibrationCount == nil)
    #expect(judge { $0 == .infinity ? 1 / 300 : 1 }.calibrationCount == 299)
  }
}
