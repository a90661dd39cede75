internal import Linux

/// Tells whether a folder is the one that a picture was to leave, or took its place for good: a disk that was changed, a
/// backup that was restored. Its number is another one then, and its pictures are the same.
struct QuarantineHeirs {
  private let ledger: Ledger
  private let leaving: [LedgerEntry]
  private var known: [Pair: Bool] = [:]

  /// A folder's number, and the number of the one whose place it may have taken.
  private struct Pair: Hashable {
    let present: UInt64
    let former: UInt64
  }

  /// - Parameter leaving: the pictures that are still to leave quarantine.
  init(ledger: Ledger, leaving: [LedgerEntry]) {
    self.ledger = ledger
    self.leaving = leaving
  }

  /// Whether a departure can be settled in a folder: it has the number that was written down, or holds the picture, or
  /// another picture of the folder with that number.
  mutating func holds(_ folder: Directory, _ record: InspectionRecord) throws -> Bool {
    let present = try FolderIdentity(folder)
    guard let former = try ledger.folders(ofDeparture: record.id).quarantine, present.isAnother(than: former) else {
      return true
    }
    if try Self.lies(record, in: folder) { return true }
    let pair = Pair(present: present.inode, former: former)
    if let answer = known[pair] { return answer }
    let answer = try hasInherited(folder, former)
    known[pair] = answer
    return answer
  }

  /// Whether any picture lies in a folder that was last seen in the one of a number.
  private func hasInherited(_ folder: Directory, _ former: UInt64) throws -> Bool {
    let names = Set(try folder.names())
    func proves(_ record: InspectionRecord) throws -> Bool {
      guard let name = record.destination, names.contains(name) else { return false }
      return try Self.lies(record, in: folder)
    }
    for entry in leaving where try ledger.folders(ofDeparture: entry.record.id).quarantine == former {
      if try proves(entry.record) { return true }
    }
    var last: (recorded: WallTime, number: Int64)?
    while true {
      let records = try ledger.quarantined(after: last, limit: 500)
      guard let end = records.last else { return false }
      last = (end.recorded, end.number)
      if try records.contains(where: { try $0.targetInode == former && proves($0) }) { return true }
    }
  }

  /// Whether a record's picture lies in a folder, as it was scored.
  static func lies(_ record: InspectionRecord, in folder: Directory) throws(LinuxError) -> Bool {
    guard let name = record.destination else { return false }
    return try Departures.isPicture(name, in: folder, of: record)
  }
}
