import Foundation
import Linux
import SystemPackage
import Testing

@testable import Inspection

@Suite("moves that wait when the settings leave files where they are") struct StayingFileTests {
  /// Nothing is moved, nothing is removed.
  private static var leaving: Settings {
    var settings = Settings()
    (settings.onAnomaly, settings.onNormal, settings.onUnreadable) = (.leave, .leave, .leave)
    return settings
  }

  private func records(_ bench: RecorderBench) throws -> [InspectionRecord] {
    try LedgerReader(state: bench.spool.appending("state")).inspections()
  }

  @Test(arguments: [FileAction.quarantined, .passed, .rejected], [true, false])
  func `a file whose move waits stays, and that is told`(action: FileAction, isRestarted: Bool) throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    let full = Faults(failure: { $0 == .beforeMove ? .noSpace : nil })
    let (first, ledger, _) = try bench.recorder(moving: full)
    try first.record([try bench.inspected("a.png", action: action)])
    #expect(try ledger.intended().count == 1)
    let (recorder, later, around) = try bench.recorder(
      retries: isRestarted ? Retries() : first.retries, settings: Self.leaving)
    if isRestarted {
      #expect(try recorder.recover(incoming: bench.incoming) == 1)
    } else {
      try recorder.retry(at: .now + .seconds(60))
    }
    #expect(try bench.content("incoming/a.png") == "content")
    #expect(try later.intended().isEmpty)
    let record = try #require(try records(bench).first)
    #expect(record.action == .left && record.destination == nil && record.stands && record.errorNumber == nil)
    #expect(record.reason == nil && record.detail?.contains("moving was switched off") == true)
    let lines = around.sink.queue.pop(atMost: 9, waitingAtMost: .zero)?.map(\.line) ?? []
    #expect(lines.count { $0.contains("stays in the watched folder") && $0.contains("'leave'") } == 1, "\(lines)")
    // It is known: neither inspected nor moved again.
    try recorder.record([try bench.inspected("a.png", action: .left)])
    #expect(try records(bench).count == 1)
    for folder in ["quarantine", "passed", "rejected"] { #expect(try bench.names(folder) == []) }
  }

  @Test func `a picture that had moved already is in quarantine with all that belongs to it`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    do {
      let (dying, _, _) = try bench.recorder(FaultPoint.afterMoves.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([try bench.inspected("a.png")]) }
    }
    let (recorder, ledger, _) = try bench.recorder(settings: Self.leaving)
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try ledger.intended().isEmpty)
    #expect(try records(bench).map(\.action) == [.quarantined])
    #expect(try bench.names("quarantine").count == 2)
  }

  @Test func `a file that was to pass still does where normal files are removed by now`() throws {
    let bench = try RecorderBench()
    try bench.put("a.png", "content")
    do {
      let (dying, _, _) = try bench.recorder(FaultPoint.afterIntent.crash)
      #expect(throws: Faults.SimulatedCrash.self) { try dying.record([try bench.inspected("a.png", action: .passed)]) }
    }
    let (recorder, _, _) = try bench.recorder(settings: RecorderBench.deleting)
    #expect(try recorder.recover(incoming: bench.incoming) == 1)
    #expect(try records(bench).map(\.action) == [.passed])
    #expect(try bench.names("passed").count == 1)
  }
}
