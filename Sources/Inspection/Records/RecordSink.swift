internal import Linux
private import Synchronization

/// Where the threads leave their records; never waits.
final class RecordSink: Sendable {
  /// How records leave the process, decided at the start.
  struct Ways: Sendable, Equatable {
    var journal: Bool
    var lines: Bool

    /// What the setting means here.
    ///
    /// - Parameters:
    ///   - isPresent: whether journald's socket exists.
    ///   - isTerminal: whether standard error is a terminal.
    init(_ setting: Settings.Records, isPresent: Bool, isTerminal: Bool) {
      switch setting {
      case .auto: (journal, lines) = (isPresent, !isPresent || isTerminal)
      case .journal: (journal, lines) = (true, false)
      case .stderr: (journal, lines) = (false, true)
      case .both: (journal, lines) = (true, true)
      }
    }
  }

  let ways: Ways
  let queue: BoundedQueue<RecordEntry>
  let metrics: Metrics
  private let makeID: @Sendable () -> String
  private let replayWanted = Atomic<Bool>(false)
  private let lost = Atomic<Int>(0)
  /// Entries about the daemon that the journal has not got, and that were not given up yet.
  private let unwritten = Atomic<Int>(0)

  /// A sink with room for so many records that are not written yet.
  init(ways: Ways, capacity: Int = 4096, metrics: Metrics = Metrics(), makeID: @escaping @Sendable () -> String) {
    self.ways = ways
    self.metrics = metrics
    queue = BoundedQueue(capacity: capacity)
    self.makeID = makeID
  }

  /// Whether a row's entry must be confirmed by the journal before it counts as journalled; a printed line counts.
  var needsConfirmation: Bool { ways.journal }

  /// Leaves an entry. With no room for it, a row's entry is replayed from the ledger later; any other is counted as lost.
  func post(_ entry: RecordEntry) {
    if entry.isFailure { metrics.noteFailure(entry.text) }
    guard queue.push(entry) != .added else {
      if entry.row == nil && ways.journal { unwritten.add(1, ordering: .relaxed) }
      return
    }
    miss(entry)
  }

  /// There is no room for an entry.
  private func miss(_ entry: RecordEntry) {
    if entry.row == nil || !ways.journal { lost.add(1, ordering: .relaxed) }
    // To be told, too, once there is room again.
    wantReplay()
  }

  /// Leaves entries of rows, with one call.
  func post(_ entries: [RecordEntry]) {
    for entry in entries where entry.isFailure { metrics.noteFailure(entry.text) }
    var rest = entries[...]
    guard queue.push(contentsOf: &rest) != .added else { return }
    for entry in rest { miss(entry) }
  }

  /// Leaves an entry about the daemon itself.
  func post(_ message: MessageID, priority: Int? = nil, _ text: String, fields: [JournalField] = []) {
    post(RecordEntry(message, priority: priority, text, id: makeID(), fields: fields))
  }

  /// Asks for a replay of what the journal has not got.
  func wantReplay() {
    replayWanted.store(true, ordering: .relaxed)
    queue.nudge()
  }

  /// Whether a replay was asked for since the last time.
  func takeReplayWanted() -> Bool { replayWanted.exchange(false, ordering: .relaxed) }

  /// Notes that entries about the daemon were written, or given up and counted.
  func noteWritten(_ count: Int = 1) { unwritten.subtract(count, ordering: .relaxed) }

  /// Entries about the daemon that the journal would never get if the process ended now.
  var unwrittenCount: Int { unwritten.load(ordering: .relaxed) }

  /// Entries that were lost since the last time.
  func takeLost() -> Int { lost.exchange(0, ordering: .relaxed) }
}
