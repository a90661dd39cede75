internal import Linux

/// Moves that failed and are tried again, each after a pause that grows.
struct Retries {
  /// One of them.
  struct Entry: Sendable {
    /// The record, still intended.
    var record: InspectionRecord
    /// The folder it was seen in.
    let incoming: Directory
    /// When it is due.
    var time: ContinuousClock.Instant
    /// How often it was tried.
    var attempts: Int
  }

  /// All that wait.
  private(set) var entries: [Entry] = []

  /// None.
  init() {}

  /// Adds a move that has just failed for the first time.
  mutating func add(_ record: InspectionRecord, incoming: Directory, at now: ContinuousClock.Instant = .now) {
    entries.append(Entry(record: record, incoming: incoming, time: now + .seconds(1), attempts: 1))
  }

  /// Takes out those whose time has come.
  mutating func takeDue(at now: ContinuousClock.Instant) -> [Entry] {
    let due = entries.filter { $0.time <= now }
    if !due.isEmpty { entries.removeAll { $0.time <= now } }
    return due
  }

  /// Puts one back that failed again, or was not come to.
  ///
  /// - Parameter record: as it is by now.
  mutating func putBack(_ entry: Entry, _ record: InspectionRecord, at now: ContinuousClock.Instant) {
    var entry = entry
    entry.record = record
    entry.attempts += 1
    entry.time = now + min(.seconds(1 << min(entry.attempts, 6)), .seconds(60))
    entries.append(entry)
  }
}
