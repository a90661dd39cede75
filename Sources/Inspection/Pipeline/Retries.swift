internal import Linux

/// Moves that failed and are tried again, each after a pause that grows.
struct Retries {
  /// One of them.
  struct Entry: Sendable {
    /// The record, still intended.
    var record: InspectionRecord
    /// The folder it was seen in.
    var incoming: Directory
    /// Whether an earlier process saw it there: then it is the folder that was there at the start.
    var isRecovered = false
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
  ///
  /// - Parameters:
  ///   - isRecovered: whether an earlier process saw its file.
  ///   - isDue: whether it is not waited for.
  mutating func add(
    _ record: InspectionRecord, incoming: Directory, isRecovered: Bool = false, isDue: Bool = false,
    at now: ContinuousClock.Instant = .now
  ) {
    let time = isDue ? now : now + .seconds(1)
    entries.append(
      Entry(record: record, incoming: incoming, isRecovered: isRecovered, time: time, attempts: 1))
  }

  /// Has the files of an earlier process looked for in the folder that is there now, at once.
  ///
  /// - Returns: whether there are any.
  mutating func redirect(to folder: Directory, at now: ContinuousClock.Instant = .now) -> Bool {
    var isAny = false
    for index in entries.indices where entries[index].isRecovered {
      entries[index].incoming = folder
      entries[index].time = now
      isAny = true
    }
    return isAny
  }

  /// Has those of a name tried at once: their file was inspected anew.
  mutating func hasten(_ name: FileName, at now: ContinuousClock.Instant = .now) {
    for index in entries.indices where entries[index].record.arrival.name == name { entries[index].time = now }
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
