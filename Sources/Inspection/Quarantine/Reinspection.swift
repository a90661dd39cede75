public import Linux
public import SystemPackage

/// Asks for another look at files that lie in the watched folder: rows are marked, then the daemon is told.
public struct Reinspection {
  /// The file in the state folder whose arrival tells the daemon to read the watched folder anew.
  public static let requestName = FileName("reinspect.request")!

  /// Which files.
  public enum Selection: Sendable {
    /// All that were inspected.
    case all
    /// Those that were inspected then or later.
    case since(WallTime)
    /// Files of these names.
    case names([FileName])
  }

  private let ledger: Ledger
  private let state: Directory
  private let incoming: Directory
  private let faults: Faults

  /// Opens ledger and watched folder.
  ///
  /// - Throws: `InspectionError`; where permission lacks it says what helps.
  public init(state: FilePath, incoming: FilePath, faults: Faults = .none) throws(InspectionError) {
    let folder = try Permission.asking { () throws(LinuxError) in
      let folder = try Directory(path: state)
      if try folder.status(of: Ledger.fileName) != nil { try folder.checkChangeable() }
      return folder
    }
    self.state = folder
    self.incoming = try Permission.asking { () throws(LinuxError) in try Directory(path: incoming) }
    ledger = try Permission.asking(ledger: state) { () throws(InspectionError) in try Ledger(existingIn: folder) }
    self.faults = faults
  }

  /// Marks the rows of files that lie in the folder, and asks the daemon; without a daemon the next start does it.
  ///
  /// - Returns: how many files will be looked at again, and the names asked for that were never inspected.
  public func request(_ selection: Selection) throws -> (count: Int, unknown: [FileName]) {
    var numbers: [Int64] = []
    var unknown: [FileName] = []
    let names: [FileName]
    // A move that waits is given up for a file that a person names, and for no other.
    var isEachNamed = false
    if case .names(let wanted) = selection {
      names = wanted
      isEachNamed = true
    } else {
      names = try Permission.asking { () throws(LinuxError) in try incoming.names() }
    }
    for name in names {
      let status = try Permission.asking { () throws(LinuxError) in try incoming.status(of: name) }
      guard let status, let record = try ledger.record(of: Arrival(name: name, status: status)),
        record.state == .done ? !record.action.takesFileAway : isEachNamed
      else {
        unknown.append(name)
        continue
      }
      if case .since(let time) = selection, record.recorded < time { continue }
      numbers.append(record.number)
    }
    var count = 0
    // In pieces: a daemon that records waits for none of them long.
    for start in stride(from: 0, to: numbers.count, by: 1000) {
      count += try ledger.markForReinspection(
        Array(numbers[start..<min(start + 1000, numbers.count)]), evenThoseThatWait: isEachNamed)
    }
    try faults.reach(.reinspectMarked)
    if count > 0 {
      try Permission.asking { () throws(LinuxError) in try state.write([], to: Self.requestName, mode: 0o644) }
    }
    if case .names = selection { return (count, unknown) }
    return (count, [])
  }
}
