internal import Linux

/// Names by the time at which they want attention, earliest first.
///
/// A name may be in it more than once; whoever takes it out asks whether the time is still the name's own.
struct DeadlineHeap {
  /// A name and its time.
  struct Entry {
    let time: ContinuousClock.Instant
    let name: FileName
  }

  private var entries: [Entry] = []

  /// Entries in it.
  var count: Int { entries.count }

  /// The earliest entry.
  var first: Entry? { entries.first }

  /// Adds an entry.
  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0, entries[child].time < entries[(child - 1) / 2].time {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the earliest entry out.
  mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].time < entries[smallest].time { smallest = child }
      }
      if smallest == parent { return }
      entries.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
