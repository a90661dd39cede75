internal import Linux

/// Tells journal, intake and counts what became of inspections.
struct Announcer {
  let sink: RecordSink
  let mailbox: Mailbox
  let settings: Shared<Settings>
  let metrics: Metrics
  let spool: [UInt8]

  /// Tells of new inspections, of all of them with one call each.
  func announce(_ ended: [Recorder.Moving]) {
    metrics.count(ended.lazy.map(\.record))
    let settings = settings.value
    sink.post(
      ended.compactMap { record, _ in
        // Moved, but without its sidecar yet: the entry comes when it is complete.
        let isIncomplete = record.action == .quarantined && record.state == .intended
        return isIncomplete ? nil : entry(record, settings)
      })
    mailbox.post(ended.map { Feedback(name: $1.name, finding: Self.finding($0, $1.status, settings)) })
  }

  /// What the intake is told of a file with a new row.
  private static func finding(
    _ record: InspectionRecord, _ status: FileStatus, _ settings: Settings
  ) -> InspectionFinding {
    switch (record.verdict, record.state, record.action) {
    case (.error, _, _): .failing
    case (_, .intended, .quarantined): .gone
    case (_, .intended, _): .recorded(status)
    case (_, .done, .left) where record.reason == Reason.replaced: .changed
    case (.unreadable, .done, .left) where settings.onUnreadable == .move && record.reason != Reason.gone:
      .unfinished(status)
    case (_, .done, .left) where record.reason != Reason.gone: .recorded(status)
    default: .gone
    }
  }

  /// Leaves a record's entry for the journal, where it gets one.
  func post(_ record: InspectionRecord) {
    if let entry = entry(record, settings.value) { sink.post(entry) }
  }

  private func entry(_ record: InspectionRecord, _ settings: Settings) -> RecordEntry? {
    guard record.verdict != .normal || Self.isNormalWanted(record, settings) else { return nil }
    var record = record
    // A move that is still to come has not happened; for quarantine there is a word for it.
    record.action = record.carriedOutAction
    return RecordEntry(record, spool: spool)
  }

  /// Whether a record's entry must be confirmed by the journal.
  func isConfirmationWanted(_ record: InspectionRecord) -> Bool {
    sink.needsConfirmation && (record.verdict != .normal || Self.isNormalWanted(record, settings.value))
  }

  /// Whether a normal picture gets a record; one of N by its id, so that the answer stays the same.
  private static func isNormalWanted(_ record: InspectionRecord, _ settings: Settings) -> Bool {
    switch settings.journalNormal {
    case .all: true
    case .none: false
    case .sample(let count):
      UInt64(record.id.filter { $0 != "-" }.prefix(12), radix: 16).map { $0 % UInt64(count) == 0 } ?? true
    }
  }
}
