internal import Linux

/// The thread that writes records: the only one that a stopped journald or a full pipe can hold up.
final class RecordWriter {
  private let sink: RecordSink
  private let ledger: Shared<Ledger>
  private let spool: [UInt8]
  /// Sends an entry to the journal.
  private let send: @Sendable ([JournalField]) throws(LinuxError) -> Void
  /// Prints a line, or lines.
  private let printLine: @Sendable (String) -> Void
  private let limits: Limits
  /// Rows whose entries the journal took, and that the ledger does not have as journalled yet.
  private var confirmed: [RowKey] = []
  /// Entries that no row stands for, and that the journal did not take yet.
  private var waiting: [RecordEntry] = []
  private var nextCatchUp: ContinuousClock.Instant?
  private var pause: Duration
  private var givenUpCount = 0

  /// What it keeps, and how long it waits.
  struct Limits: Sendable {
    /// Entries about the daemon that are kept while the journal takes none.
    var waitingCount = 256
    /// Rows that are kept while the ledger cannot be written; those above it have another entry, with the same id.
    var confirmedCount = 65_536
    /// From a failure to the first attempt to catch up: what is on its way through the queue comes first.
    var delay = Duration.seconds(2)
    /// From an attempt that failed to the next; doubles each time.
    var shortestPause = Duration.seconds(5)
    /// The longest such pause.
    var longestPause = Duration.seconds(60)
    /// How late it may be while new entries come all the time.
    var patience = Duration.seconds(10)
  }

  /// A writer for a sink.
  init(
    sink: RecordSink, ledger: Shared<Ledger>, spool: [UInt8], limits: Limits = Limits(),
    send: @escaping @Sendable ([JournalField]) throws(LinuxError) -> Void = { fields throws(LinuxError) in
      try SystemJournal.send(fields)
    },
    printLine: @escaping @Sendable (String) -> Void = { CurrentProcess.writeErrorLine($0) }
  ) {
    self.sink = sink
    self.ledger = ledger
    self.spool = spool
    self.limits = limits
    self.send = send
    self.printLine = printLine
    pause = limits.shortestPause
  }

  /// Works until the sink's queue is closed and empty.
  func run() {
    if sink.ways.journal { replay(before: .now) }
    var mark: UInt64 = 0
    while let entries = sink.queue.pop(atMost: 256, waitingAtMost: timeLeft, mark: &mark) {
      if sink.ways.lines { printLines(entries) }
      if sink.ways.journal { for entry in entries { write(entry) } }
      confirm()
      if sink.takeReplayWanted() { catchUp(within: limits.delay) }
      let now = ContinuousClock.now
      guard let time = nextCatchUp, time <= now else { continue }
      if entries.isEmpty || now - time > limits.patience { catchUp() }
    }
    confirm()
  }

  /// How long it may wait for entries: until it catches up, else for ever.
  private var timeLeft: Duration? { nextCatchUp.map { max($0 - .now, .zero) } }

  // MARK: New entries

  /// Prints lines, as many with one call as a pipe takes in one piece.
  private func printLines(_ entries: [RecordEntry]) {
    var text = ""
    for entry in entries {
      let line = entry.line
      if !text.isEmpty, text.utf8.count + line.utf8.count + 2 > Self.pieceCount {
        printLine(text)
        text = ""
      }
      text += text.isEmpty ? line : "\n" + line
    }
    if !text.isEmpty { printLine(text) }
  }

  /// Bytes that nobody else's come between, on a pipe.
  ///
  /// Source: pipe(7), PIPE_BUF.
  private static let pieceCount = 4096

  private func write(_ entry: RecordEntry) {
    do {
      try transmit(entry)
      if let row = entry.row { confirmed.append(row) }
      if pause != limits.shortestPause {
        // It is back: what it missed need not wait for the end of a long pause.
        pause = limits.shortestPause
        if nextCatchUp != nil { catchUp(within: limits.delay) }
      }
    } catch {
      if entry.row == nil { keep(entry) }
      if nextCatchUp == nil { catchUp(within: limits.delay) }
    }
  }

  private func transmit(_ entry: RecordEntry) throws(LinuxError) {
    do {
      sink.metrics.beginJournalSend()
      try send(entry.fields)
      if entry.row == nil { sink.noteWritten() }
      sink.metrics.countJournal(isSent: true)
    } catch {
      sink.metrics.countJournal(isSent: false)
      throw error
    }
  }

  /// An entry that no row stands for is kept here until the journal takes it, within bounds.
  private func keep(_ entry: RecordEntry) {
    if waiting.count < limits.waitingCount { waiting.append(entry) } else { givenUpCount += 1 }
  }

  /// Writes down what the journal took; what cannot be written down now is not sent again, but tried again.
  ///
  /// - Returns: whether nothing is left.
  @discardableResult private func confirm() -> Bool {
    if confirmed.isEmpty { return true }
    do {
      try ledger.value.markJournalled(confirmed)
      confirmed = []
      return true
    } catch {
      if confirmed.count > limits.confirmedCount { confirmed.removeFirst(confirmed.count - limits.confirmedCount) }
      if nextCatchUp == nil { postpone() }
      return false
    }
  }

  // MARK: Catching up

  private func catchUp(within delay: Duration) {
    let time = ContinuousClock.now + delay
    nextCatchUp = nextCatchUp.map { min($0, time) } ?? time
  }

  private func postpone() {
    nextCatchUp = .now + pause
    pause = min(pause * 2, limits.longestPause)
  }

  /// Sends what the journal has not got, once it takes entries again, and tells what was lost.
  private func catchUp() {
    nextCatchUp = nil
    confirm()
    if sink.ways.journal {
      // Rows of the last seconds may still be on their way through the queue.
      let delay = Int64(limits.delay / .nanoseconds(1))
      // As long as nobody takes anything, what is told would be lost too.
      guard sendWaiting(), replay(before: WallTime(nanoseconds: WallTime.now.nanoseconds - delay)) else { return }
    }
    sink.noteWritten(givenUpCount)
    let count = givenUpCount + sink.takeLost()
    givenUpCount = 0
    if count > 0 {
      sink.metrics.countJournal(replayed: 0, lost: count)
      let subject = (count == 1 ? "1 record" : "\(count) records") + (sink.ways.journal ? " about the daemon" : "")
      let taker = sink.ways.journal ? "the journal" : "standard error"
      sink.post(.replayed, "\(subject) \(count == 1 ? "was" : "were") given up: \(taker) took none for too long")
    }
  }

  /// - Returns: whether the journal took them all.
  private func sendWaiting() -> Bool {
    while let entry = waiting.first {
      do { try transmit(entry) } catch {
        postpone()
        return false
      }
      waiting.removeFirst()
    }
    return true
  }

  /// Sends the entries of all rows that were recorded earlier and have none.
  ///
  /// - Returns: whether the journal took them, and the ledger knows.
  @discardableResult private func replay(before time: WallTime) -> Bool {
    var count = 0
    let isDone = replayPages(before: time, &count)
    if isDone {
      pause = limits.shortestPause
      // A later row may have lost its entry too.
      if (try? ledger.value.unjournalled(before: .now, limit: 1))?.isEmpty == false { catchUp(within: limits.delay) }
    } else {
      postpone()
    }
    if count > 0 {
      sink.metrics.countJournal(replayed: count, lost: 0)
      sink.post(
        .replayed,
        "\(count) journal \(count == 1 ? "entry was" : "entries were") written late: the journal had not taken them")
    }
    return isDone
  }

  private func replayPages(before time: WallTime, _ count: inout Int) -> Bool {
    while let records = try? ledger.value.unjournalled(before: time, limit: 500) {
      if records.isEmpty { return true }
      let taken = Set(confirmed)
      for record in records where !taken.contains(record.row) {
        do { try transmit(RecordEntry(record, spool: spool)) } catch {
          confirm()
          return false
        }
        confirmed.append(record.row)
        count += 1
      }
      guard confirm() else { return false }
    }
    return false
  }
}
