internal import Linux

/// Tells journal, intake and counts what became of inspections.
struct Announcer {
  let sink: RecordSink
  let mailbox: Mailbox
  let settings: Shared<Settings>
  let metrics: Metrics
  let spool: [UInt8]

  /// Tells of a new inspection.
  func announce(_ record: InspectionRecord, _ result: Inspected) {
    metrics.count(record)
    // Moved, but without its sidecar yet: the entry comes when it is complete.
    let isIncomplete = record.action == .quarantined && record.state == .intended
    if !isIncomplete { post(record) }
    switch (record.verdict, record.state, record.action) {
    case (.error, _, _): mailbox.post(result.name, .failing)
    case (_, .intended, .quarantined): mailbox.post(result.name, .gone)
    case (_, .intended, _): mailbox.post(result.name, .recorded(result.status))
    case (_, .done, .left) where record.reason == Reason.replaced: mailbox.post(result.name, .changed)
    case (.unreadable, .done, .left) where settings.value.onUnreadable == .move && record.reason != Reason.gone:
      mailbox.post(result.name, .unfinished(result.status))
    case (_, .done, .left) where record.reason != Reason.gone:
      mailbox.post(result.name, .recorded(result.status))
    default: mailbox.post(result.name, .gone)
    }
  }

  /// Leaves a record's entry for the journal, where it gets one.
  func post(_ record: InspectionRecord) {
    guard record.verdict != .normal || isNormalWanted(record) else { return }
    var record = record
    // A move that is still to come has not happened; for quarantine there is a word for it.
    record.action = record.carriedOutAction
    sink.post(RecordEntry(record, spool: spool))
  }

  /// Whether a record's entry must be confirmed by the journal.
  func isConfirmationWanted(_ record: InspectionRecord) -> Bool {
    sink.needsConfirmation && (record.verdict != .normal || isNormalWanted(record))
  }

  /// Whether a normal picture gets a record; one of N by its id, so that the answer stays the same.
  private func isNormalWanted(_ record: InspectionRecord) -> Bool {
    switch settings.value.journalNormal {
    case .all: true
    case .none: false
    case .sample(let count):
      UInt64(record.id.filter { $0 != "-" }.prefix(12), radix: 16).map { $0 % UInt64(count) == 0 } ?? true
    }
  }
}
