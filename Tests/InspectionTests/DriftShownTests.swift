import Foundation
import Linux
import Testing

@testable import Inspection

@Suite("drift: what is shown of it, and when") struct DriftShownTests {
  private typealias Drift = MetricsValues.Drift
  private let now = ContinuousClock.now

  private func drift(_ count: Int, alarm: String? = nil, of calibrationCount: Int = 50) -> Drift {
    Drift(
      count: count, evidence: 1, calibrationCount: calibrationCount,
      alarm: alarm.map { MetricsValues.Failure(text: $0, time: WallTime(nanoseconds: 0)) })
  }

  @Test func `an alarm, a beginning and an end are shown at once, further pictures within a second`() {
    var display = DriftDisplay()
    func isDue(_ drift: Drift?, _ milliseconds: Int) -> Bool {
      display.isDue(drift, at: now + .milliseconds(milliseconds))
    }
    #expect(!isDue(nil, 0) && display.deadline == nil)
    #expect(isDue(drift(0), 0), "a beginning")
    #expect(!isDue(drift(0), 9000) && display.deadline == nil, "nothing else")
    #expect(isDue(drift(1), 10_000), "the last time was long ago")
    #expect(!isDue(drift(2), 10_100))
    #expect(!isDue(drift(3), 10_800))
    #expect(display.deadline == now + .milliseconds(10_900))
    #expect(isDue(drift(3), 10_900) && display.deadline == nil)
    #expect(isDue(drift(4, alarm: "x"), 10_900), "an alarm")
    #expect(isDue(drift(0), 10_900), "begun anew")
    #expect(isDue(drift(0, of: 60), 10_900), "another calibration")
    #expect(!isDue(drift(5, of: 60), 10_900))
    #expect(isDue(drift(2, of: 60), 10_900), "begun anew without an alarm")
    #expect(isDue(nil, 10_900), "an end")
    #expect(!isDue(nil, 20_000) && display.deadline == nil)
  }

  @Test func `a keeper has shown what it does, and has nothing to wake up for afterwards`() throws {
    let bench = try DriftBench()
    var keeper = bench.keeper()
    /// How often something was shown in a look at the ledger so many seconds from now.
    func shownByLook(_ seconds: Int) -> Int {
      let before = bench.published.value
      keeper.work(at: now + .seconds(seconds))
      return bench.published.value - before
    }
    func shownByWaiting(_ seconds: Int) -> Int {
      let before = bench.published.value
      keeper.catchUp(at: now + .seconds(seconds))
      return bench.published.value - before
    }
    #expect(shownByLook(0) == 1, "a beginning")
    try bench.record(bench.good(2500))
    #expect(shownByLook(5) == 1, "once, however many pages were read")
    #expect(bench.drift?.count == 2500)
    // The last pages are shown when the pause is over.
    #expect(keeper.patience(at: now + .seconds(5)) == DriftDisplay.pause)
    #expect(shownByWaiting(6) == 1)
    #expect(shownByWaiting(70) == 0)
    #expect(keeper.patience(at: now + .seconds(70)) == nil, "shown and saved")
    #expect(shownByLook(80) == 0, "a look without new rows")

    try bench.record([Float](repeating: 100, count: 60))
    #expect(shownByLook(81) == 1)
    #expect(bench.drift?.alarm != nil)
    bench.model.change { $0.loadCount += 1 }
    #expect(shownByLook(81) == 1, "begun anew by a reload")
    bench.model.change { ($0.judge, $0.loadCount) = (nil, 9) }
    #expect(shownByLook(81) == 1, "ended")
    #expect(keeper.patience(at: now + .seconds(81)) == nil)
  }

  @Test func `the status follows without another publication: pictures, an alarm, a reload, another model`() throws {
    let judge = Shared(DriftBench.judge("c", count: 12))
    let bench = try DaemonBench(
      hasModelFile: true, loadJudge: { _ throws(InspectionError) in judge.value })
    func shown(_ what: String, _ isTrue: @escaping (DaemonStatus.Drift?) -> Bool) throws {
      try bench.eventually(what) {
        guard let status = try DaemonHealth.status(in: bench.daemon.state) else { return false }
        return isTrue(status.drift)
      }
    }
    var housekeeping = Housekeeping(bench.daemon, bench.pipeline)
    housekeeping.announceReady(watchedPath: bench.daemon.folders.incomingPath)
    try shown("the beginning") { $0?.pictures == 0 }
    _ = try bench.daemon.ledger.value.begin(DriftBench.records(DriftBench.good(300)))
    bench.pipeline.drift.look()
    try shown("pictures") {
      $0?.pictures == 300 && $0?.alarm == nil
        && $0?.note
          == "the calibration has only 12 scores: a change that was there from the first picture may never be found; "
          + "calibrate with 30 pictures or more"
    }
    _ = try bench.daemon.ledger.value.begin(DriftBench.records([Float](repeating: 100, count: 60), after: 300))
    bench.pipeline.drift.look()
    try shown("the alarm") { $0?.alarm?.text.contains("a box of rejects") == true && $0?.note == nil }
    let reloader = Reloader(bench.daemon, bench.pipeline)
    reloader.start(includingSettings: true)
    try shown("a new beginning") { $0?.pictures == 0 && $0?.alarm == nil }
    judge.change { $0 = DriftBench.judge("d", count: 30) }
    reloader.start(includingSettings: true)
    try shown("a calibration of scores enough") { $0 != nil && $0?.note == nil }
    judge.change { $0 = DriftBench.judge("e", count: 0) }
    reloader.start(includingSettings: true)
    try shown("nothing to compare") { $0 == nil }
  }

  @Test func `before the watch thread has said how it is, nothing is told`() throws {
    let bench = try DaemonBench()
    let notes = Shared<[String]>([])
    let publisher = StatusPublisher(
      StatusPublisher.Subject(
        state: bench.daemon.state, folders: bench.daemon.folders, metrics: Metrics(),
        model: bench.pipeline.model, settings: bench.pipeline.settings, sink: bench.pipeline.sink, version: "1",
        metricsPath: nil, notify: { note in notes.change { $0.append(note) } }))
    publisher.publishAgain()
    // What was asked for before the end is done before it.
    publisher.finish()
    #expect(notes.value.isEmpty)
  }

  @Test(arguments: [(1, "only 1 score:"), (29, "only 29 scores:"), (30, nil), (1000, nil)] as [(Int, String?)])
  func `a calibration of a handful of scores is said to be one, while there is no alarm`(count: Int, words: String?) {
    #expect((drift(7, of: count).note != nil) == (words != nil))
    if let words { #expect(drift(7, of: count).note?.contains(words) == true) }
    #expect(drift(7, alarm: "x", of: count).note == nil)
  }
}
