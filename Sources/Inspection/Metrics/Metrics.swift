internal import Linux
private import Synchronization

/// Where all threads count what they did; a call holds a lock for the time of an addition, nothing else.
final class Metrics: Sendable {
  private let mutex: Mutex<MetricsValues>
  private let start = ContinuousClock.now

  /// Nothing counted yet.
  init(started: WallTime = .now) { mutex = Mutex(MetricsValues(started: started)) }

  /// What was counted up to now.
  var values: MetricsValues { mutex.withLock { $0 } }

  /// Seconds since the start, by a clock that does not jump.
  private var second: Int { Int((ContinuousClock.now - start).components.seconds) }

  /// Inspections of the last minute.
  var recentCount: Int {
    let second = second
    return mutex.withLock { $0.recent.count(at: second) }
  }

  /// Counts an inspection when it is recorded, with what was done then; a move that succeeds later is `countLateMove`'s.
  func count(_ record: InspectionRecord) { count(CollectionOfOne(record)) }

  /// Counts inspections that were recorded together.
  func count(_ records: some Collection<InspectionRecord>) {
    if records.isEmpty { return }
    let second = second
    mutex.withLock { values in
      for record in records { Self.count(record, second, &values) }
    }
  }

  private static func count(_ record: InspectionRecord, _ second: Int, _ values: inout MetricsValues) {
    values.recent.add(at: second)
    values.inspections[MetricsValues.Outcome(verdict: record.verdict, action: record.action), default: 0] += 1
    // What a crash left behind is counted when it is settled, and was recorded before.
    values.lastImage = max(values.lastImage ?? record.recorded, record.recorded)
    values.wait.observe(Double(record.waitMicroseconds) / 1e6)
    if record.decodeMicroseconds > 0 { values.decode.observe(Double(record.decodeMicroseconds) / 1e6) }
    if let score = record.score {
      values.inference.observe(Double(record.inferenceMicroseconds) / 1e6)
      // A threshold that is not above zero, which a combination of terms may have, is no measure of a score.
      if let threshold = record.threshold, threshold > 0 {
        values.scoreRatio.observe(Double(score) / Double(threshold))
      }
    }
    countQuarantined(record, &values)
  }

  /// Counts a move that succeeded after it had failed.
  func countLateMove(_ record: InspectionRecord) {
    mutex.withLock { Self.countQuarantined(record, &$0) }
  }

  /// Notes how many files wait for another attempt to move them.
  ///
  /// - Returns: whether it is another number than before.
  @discardableResult
  func setWaitingMoves(_ count: Int) -> Bool {
    mutex.withLock { values in
      defer { values.waitingMoveCount = count }
      return values.waitingMoveCount != count
    }
  }

  /// Counts side pictures of pictures in quarantine.
  func count(_ views: SidecarWriter.ViewCounts) {
    mutex.withLock { values in
      values.views.written += views.written
      values.views.missing += views.missing
    }
  }

  /// Notes how far the line's scores are from the calibration's; nil where there is nothing to compare.
  func setDrift(_ drift: MetricsValues.Drift?) { mutex.withLock { $0.drift = drift } }

  /// Notes what a reading of the quarantine found.
  func setQuarantine(_ content: MetricsValues.Content) { mutex.withLock { $0.quarantine = content } }

  /// Notes that the journal is being given an entry; `countJournal(isSent:)` follows, unless it hangs.
  func beginJournalSend(at time: ContinuousClock.Instant = .now) { mutex.withLock { $0.journalSendStart = time } }

  /// Notes whether the journal took an entry.
  func countJournal(isSent: Bool) {
    mutex.withLock { values in
      values.journalSendStart = nil
      if isSent { values.journalSentCount += 1 } else { values.journalFailureCount += 1 }
      values.isJournalFailing = !isSent
    }
  }

  /// Notes entries that the journal got late, and such that were given up.
  func countJournal(replayed: Int, lost: Int) {
    mutex.withLock { values in
      values.journalReplayedCount += replayed
      values.journalLostCount += lost
    }
  }

  /// Notes that a model was loaded.
  func countModelLoad(at time: WallTime = .now) {
    mutex.withLock { values in
      values.modelLoadCount += 1
      values.modelLoaded = time
      values.modelRefusal = nil
    }
  }

  /// Notes that a model file was refused.
  func countModelRefusal(_ reason: String, at time: WallTime = .now) {
    mutex.withLock { values in
      values.modelRefusalCount += 1
      values.modelRefusal = MetricsValues.Failure(text: reason, time: time)
    }
  }

  /// Notes that the file of the model in use is gone; that is no refusal of another one.
  func noteModelMissing(_ text: String, at time: WallTime = .now) {
    mutex.withLock { $0.modelRefusal = MetricsValues.Failure(text: text, time: time) }
  }

  /// Forgets a refusal: the model in use is the newest again.
  func forgetModelRefusal() { mutex.withLock { $0.modelRefusal = nil } }

  /// Remembers what went wrong last.
  func noteFailure(_ text: String, at time: WallTime = .now) {
    mutex.withLock { $0.lastFailure = MetricsValues.Failure(text: text, time: time) }
  }

  private static func countQuarantined(_ record: InspectionRecord, _ values: inout MetricsValues) {
    guard record.action == .quarantined, record.state == .done else { return }
    values.quarantine?.fileCount += 1
    values.quarantine?.byteCount += record.arrival.size
  }
}
