import Foundation
import Linux
import Testing

@testable import Inspection
@testable import ganomaly

@Suite("ganomaly status: the table") struct StatusTableTests {
  private func health(_ drift: DaemonStatus.Drift?) -> DaemonHealth {
    let time = WallTime(nanoseconds: 1_800_000_000_000_000_000)
    let status = DaemonStatus(
      isRunning: true, process: 42, version: "1", started: time.iso, time: time.iso, renewalSeconds: 60, status: "",
      queue: .init(files: 0, oldestSeconds: nil, highMark: 1000),
      watch: .init(folder: "/i", isUp: true, isPolling: false, ignoredNames: 0, overflows: 0, rescans: 1), paused: [],
      inspections: .init(total: 0, verdicts: [:], lastMinute: 0, lastTime: nil),
      model: .init(
        path: "/m", sha256: "ab", calibration: "c", threshold: 0.1, summary: "s", since: nil, refusals: 0, refused: nil),
      moves: .init(quarantineFiles: 0, quarantineBytes: 0, waiting: 0), drift: drift,
      journal: .init(isUsed: true, isFailing: false, waiting: 0, replayed: 0, lost: 0), lastError: nil)
    return DaemonHealth.judge(holder: "process 42 on '/s'", status: status, now: time)
  }

  @Test func `what is to be known of a small calibration stands under drift, and in the JSON`() {
    let note = "the calibration has only 12 scores"
    let small = health(.init(pictures: 5, evidence: 0.5, alarmAt: 7, alarm: nil, note: note))
    let table = StatusTable(health: small, now: WallTime(nanoseconds: 1_800_000_001_000_000_000)).text
    #expect(
      table.contains(
        "drift            none in 5 pictures since the calibration: evidence 0.50, an alarm comes at 7.0\n"
          + "                 \(note)\n"))
    #expect(small.level == .healthy && small.json.contains("\"note\":\"\(note)\""))
    let large = health(.init(pictures: 5, evidence: 0.5, alarmAt: 7, alarm: nil, note: nil))
    #expect(!large.json.contains("\"note\""))
  }

  @Test func `an alarm says what to do if it was a box of rejects`() {
    let alarm = DaemonStatus.Failure(time: "2027-01-15T08:00:00.000Z", text: "changed")
    let health = health(.init(pictures: 5, evidence: 7, alarmAt: 7, alarm: alarm))
    #expect(
      health.level == .degraded
        && health.reasons.first?.remedy.contains("a box of rejects: systemctl reload ganomalyd") == true)
  }
}
