internal import Linux

/// The thread that writes records: the only one that a stopped journald or a full pipe can hold up.
final class RecordWriter {
  private let sink: RecordSink
  private let ledger: Shared<Ledger>
  private let spool: [UInt8]
  /// Sends an entry to the journal.
  private let send: @Sendable ([JournalField]) throws(LinuxError) -> Void
  /// Prints a line.
  private let printLine: @Sendable (String) -> Void
  private var confirmed: [RowKey] = []
  private var waiting: [RecordEntry] = []
  private var nextReplay: ContinuousClock.Instant?
  private var givenUp = 0

  /// A writer for a sink.
  init(
    sink: RecordSink, ledger: Shared<Ledger>, spool: [UInt8],
    send: @escaping @Sendable ([JournalField]) throws(LinuxError) -> Void = { fields throws(LinuxError) in
      try SystemJournal.send(fields)
    },
    printLine: @escaping @Sendable (String) -> Void = { CurrentProcess.writeErrorLine($0) }
  ) {
    self.sink = sink
    self.ledger = ledger
    self.spool = spool
    self.send = send
    self.printLine = printLine
  }

  /// Works until the sink's queue is closed and empty.
  func run() {
    if sink.ways.journal { replay(before: .now) }
    var mark: UInt64 = 0
    while let entries = sink.queue.pop(atMost: 256, waitingAtMost: patience, mark: &mark) {
      for entry in entries { write(entry) }
      confirm()
      let now = ContinuousClock.now
      if sink.takeReplayWanted() { nextReplay = nextReplay ?? now + .seconds(2) }
      if entries.isEmpty, let time = nextReplay, time <= now { catchUp() }
    }
    confirm()
  }

  /// How long it may wait for entries: until it catches up, else for ever.
  private var patience: Duration? { nextReplay.map { max($0 - .now, .zero) } }

  private func write(_ entry: RecordEntry) {
    if sink.ways.lines { printLine(entry.line) }
    guard sink.ways.journal else { return }
    do {
      try send(entry.fields)
      sink.metrics.countJournal(isSent: true)
      if let row = entry.row { confirmed.append(row) }
    } catch {
      sink.metrics.countJournal(isSent: false)
      if entry.row == nil { keep(entry) }
      nextReplay = nextReplay ?? .now + .seconds(2)
    }
  }

  /// An entry that no row stands for is kept here until the journal takes it, within bounds.
  private func keep(_ entry: RecordEntry) {
    if waiting.count < 256 { waiting.append(entry) } else { givenUp += 1 }
  }

  private func confirm() {
    if confirmed.isEmpty { return }
    // Not written down is not lost: the entry is sent again later, and its id tells the repeat.
    do { try ledger.value.markJournalled(confirmed) } catch { sink.wantReplay() }
    confirmed = []
  }

  /// Sends what the journal has not got, once it takes entries again.
  private func catchUp() {
    nextReplay = nil
    let entries = waiting
    waiting = []
    for entry in entries {
      let isSent = (try? send(entry.fields)) != nil
      sink.metrics.countJournal(isSent: isSent)
      guard isSent else {
        keep(entry)
        nextReplay = .now + .seconds(5)
        continue
      }
    }
    // Rows of the last seconds may still be on their way through the queue.
    if nextReplay == nil { replay(before: WallTime(nanoseconds: WallTime.now.nanoseconds - 2_000_000_000)) }
    let lost = givenUp + sink.takeLost()
    givenUp = 0
    if lost > 0 { announce(replayed: 0, lost: lost) }
  }

  private func replay(before time: WallTime) {
    var count = 0
    while true {
      guard let records = try? ledger.value.unjournalled(before: time, limit: 500) else {
        nextReplay = .now + .seconds(5)
        break
      }
      if records.isEmpty { break }
      for record in records {
        do {
          try send(RecordEntry(record, spool: spool).fields)
          sink.metrics.countJournal(isSent: true)
        } catch {
          sink.metrics.countJournal(isSent: false)
          nextReplay = .now + .seconds(5)
          break
        }
        confirmed.append(record.row)
      }
      count += confirmed.count
      let isStuck = confirmed.isEmpty
      confirm()
      if nextReplay != nil || isStuck { break }
    }
    if count > 0 { announce(replayed: count, lost: 0) }
    if nextReplay == nil, (try? ledger.value.unjournalled(before: .now, limit: 1))?.isEmpty == false {
      nextReplay = .now + .seconds(3)
    }
  }

  private func announce(replayed: Int, lost: Int) {
    sink.metrics.countJournal(replayed: replayed, lost: lost)
    let text =
      lost > 0
      ? "\(lost) records about the daemon were given up: the journal took none"
      : "\(replayed) journal entries were written late: the journal had not taken them"
    sink.post(.replayed, text)
  }
}
