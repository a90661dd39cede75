internal import Linux

/// Names in the order in which the lanes get them.
struct ReadyLine: Sendable {
  private var names: [FileName] = []
  private var start = 0

  /// Names in the line.
  var count: Int { names.count - start }

  /// Puts a name at the end.
  mutating func append(_ name: FileName) { names.append(name) }

  /// Takes the first name out; nil when there is none.
  mutating func removeFirst() -> FileName? {
    guard start < names.count else { return nil }
    let name = names[start]
    start += 1
    if start == names.count {
      names.removeAll(keepingCapacity: names.count <= 1024)
      start = 0
    } else if start > 1024 && start * 2 > names.count {
      names.removeFirst(start)
      start = 0
    }
    return name
  }

  /// Drops the names that are not to stay.
  mutating func keep(_ isKept: (FileName) -> Bool) {
    names = names[start...].filter(isKept)
    start = 0
  }

  /// Makes a name the first.
  mutating func giveBack(_ name: FileName) {
    if start > 0 {
      start -= 1
      names[start] = name
    } else {
      names.insert(name, at: 0)
    }
  }
}
