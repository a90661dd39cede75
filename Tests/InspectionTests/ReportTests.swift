import Linux
import Testing

@testable import Inspection

@Suite("records: summaries") struct ReportTests {
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
}
