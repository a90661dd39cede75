internal import Linux

/// The recorder's way to the ledger: it waits for one that cannot be written, and has one that is damaged replaced.
struct LedgerAccess {
  let ledger: Shared<Ledger>
  let sink: RecordSink
  let heartbeat: Heartbeat
  let isStopping: Shared<Bool>
  /// Raised while the ledger cannot be written: nothing new is handed out meanwhile.
  let isBlocked: Shared<Bool>
  /// What the lanes found of a damaged ledger.
  let damage: Shared<LedgerDamage?>
  /// Where the watch thread hears of what it looks at.
  let mailbox: Mailbox
  /// Replaces a damaged ledger by a new one; false when that failed too.
  let repair: @Sendable (_ reason: String) -> Bool

  /// Writes until the ledger takes it: without a durable intent no file moves. Nil when the daemon stops meanwhile.
  ///
  /// - Parameter isWaiting: false at the start, before anybody answers a signal: it tries once, and nil is a failure.
  func persist<Result>(
    isWaiting: Bool = true, _ body: (Ledger) throws(InspectionError) -> Result
  ) -> Result? {
    var pause = Duration.milliseconds(100)
    var isRepaired = false
    while true {
      do {
        let result = try body(ledger.value)
        if isBlocked.value {
          isBlocked.change { $0 = false }
          mailbox.notifyWatcher()
          sink.post(.diskFloor, priority: 5, "the ledger can be written again; intake goes on")
        }
        return result
      } catch {
        if case .ledger(_, let reason, isDamaged: true) = error, repair(reason), !isRepaired {
          isRepaired = true
          continue
        }
        if !isBlocked.value {
          isBlocked.change { $0 = true }
          mailbox.notifyWatcher()
          sink.post(.diskFloor, priority: 2, "intake is paused: \(error)")
        }
        if isStopping.value || !isWaiting { return nil }
        rest(pause)
        // A new ledger that is damaged at once is a broken disk: each repair keeps the old file, so not too often.
        pause = min(pause * 2, .seconds(isRepaired ? 60 : 5))
      }
    }
  }

  /// Waits, with signs of life, and not on when the daemon is told to stop.
  private func rest(_ pause: Duration) {
    let end = ContinuousClock.now + pause
    while !isStopping.value, ContinuousClock.now < end {
      heartbeat.beat()
      // Nothing ever comes out of an empty queue of its own: its wait is a pause that ends by itself.
      _ = BoundedQueue<Int>(capacity: 1).pop(atMost: 1, waitingAtMost: min(.seconds(1), end - .now))
    }
  }

  /// Repairs the ledger that a lane found damaged, unless that has been done by now, and tells of rows set aside.
  func attend() {
    let report = damage.change { report in
      defer { report = nil }
      return report
    }
    if let report, report.ledger === ledger.value { _ = repair(report.reason) }
    let notes = ledger.value.takeNotes()
    for note in notes { sink.post(.ledgerDamaged, priority: 3, note) }
    // The ledger knows nothing any more of the files that these rows were about.
    if !notes.isEmpty { mailbox.requestRereading() }
  }
}
