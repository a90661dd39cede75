internal import Linux
private import SystemPackage

/// After an interruption: a release is brought to its end, a purge is not: whoever asked for it has seen it end, and may
/// have thought better of it.
extension Departures {
  /// Settles departures that were interrupted; nobody else may be working in the quarantine now.
  ///
  /// - Parameters:
  ///   - isPurgeRepeated: whether a person purges now: a purge that waits for its folder waits no more.
  ///   - quarantine: the folder of a record's picture.
  /// - Returns: what became of each.
  func settle(
    isPurgeRepeated: Bool = false, _ quarantine: (InspectionRecord) throws(InspectionError) -> Directory
  ) throws(InspectionError) -> [Settlement] {
    var settlements: [Settlement] = []
    let entries = try ledger.intendedDepartures()
    var heirs = QuarantineHeirs(ledger: ledger, leaving: entries)
    for entry in entries {
      guard let departure = entry.departure else { continue }
      var end: Settlement.End
      do {
        let folder = try quarantine(entry.record)
        if try heirs.holds(folder, entry.record) {
          end = try settle(entry, departure, from: folder)
        } else if isPurgeRepeated, departure.kind == .purged {
          end = try withdraw(
            entry.record,
            "another folder than the one with the picture is at '\(escaped(folder.path))'; now that a purge is asked for "
              + "again, it is not waited for: should it come back with the picture, that can be purged then")
        } else {
          end = .unfinished(Self.absence(of: folder, "the one with the picture", departure.kind))
        }
      } catch {
        end = Self.isAbsence(error) ? .unfinished("\(error)") : .failed("\(error)")
      }
      settlements.append(Settlement(record: entry.record, departure: departure, end: end))
    }
    return settlements
  }

  private func settle(
    _ entry: LedgerEntry, _ departure: Departure, from quarantine: Directory
  ) throws -> Settlement.End {
    switch departure.kind {
    case .purged: return try settlePurge(entry.record, departure, from: quarantine)
    case .released:
      // What is known to have arrived is not looked for: somebody may have taken it from there.
      if !entry.hasArrived, let end = try settleMove(entry.record, departure, from: quarantine) { return end }
      try finishRelease(entry.record, departure, from: quarantine)
      return .finished
    }
  }

  /// Whether an error only says that a folder is not there: a disk that is away is waited for.
  private static func isAbsence(_ error: any Error) -> Bool {
    switch error {
    case let error as LinuxError: error.code == .noSuchFileOrDirectory
    case InspectionError.system(let error): error.code == .noSuchFileOrDirectory
    default: false
    }
  }

  /// Why a departure waits for a folder.
  private static func absence(of folder: Directory, _ which: String, _ kind: Departure.Kind) -> String {
    let command = kind == .purged ? "purge" : "release"
    return
      "another folder is at '\(escaped(folder.path))' than \(which); mount or rename that one to where it was, and the next "
      + "start or command settles it; where it is gone for good, 'ganomaly quarantine \(command)' once more ends the wait"
  }

  private func settlePurge(
    _ record: InspectionRecord, _ departure: Departure, from quarantine: Directory
  ) throws -> Settlement.End {
    if let name = record.destination, try quarantine.status(of: name) != nil {
      return try withdraw(record, "the picture stays in quarantine")
    }
    try removeCompanions(record, from: quarantine)
    try finishPurge([record], departure, from: quarantine)
    return .finished
  }

  /// Brings a picture to the place it was released to.
  ///
  /// - Returns: the end where it cannot come there any more; nil once it is there.
  private func settleMove(
    _ record: InspectionRecord, _ departure: Departure, from quarantine: Directory
  ) throws -> Settlement.End? {
    guard let bytes = departure.folder, let placeName = departure.name, let name = record.destination else {
      return try withdraw(record, "its place is not known")
    }
    let place = Place(folder: try Directory(path: BytePath(bytes: bytes).filePath), name: placeName)
    let isThere = try Self.isPicture(placeName, in: place.folder, of: record)
    if !isThere, try FolderIdentity(place.folder).isAnother(than: ledger.folders(ofDeparture: record.id).place) {
      // It may have arrived there: until that can be seen, its bytes stay allowed.
      return .unfinished(Self.absence(of: place.folder, "the one that it was released to", .released))
    }
    try CheckedCopy.removeLeftover(id: record.id, in: place.folder)
    guard try quarantine.status(of: name) != nil else {
      // Who takes files from there may have been quicker; that a daemon met it proves that it was there.
      if try isThere || ledger.hasMet(record, releasedBy: departure) {
        try place.folder.synchronizeWherePossible()
        return nil
      }
      return try withdraw(record, "the picture lies neither in quarantine nor where it was to go")
    }
    if isThere {
      try makeDurable(.copied, record, departure, place)
      return nil
    }
    guard try place.folder.status(of: placeName) == nil else {
      return try withdraw(record, "another file has its place; the picture stays in quarantine")
    }
    guard try Self.isPicture(name, in: quarantine, of: record) else {
      return try withdraw(record, "it is no longer the file that was scored; it stays in quarantine")
    }
    try makeDurable(move(record, name, from: quarantine, to: place), record, departure, place)
    return nil
  }

  private func withdraw(_ record: InspectionRecord, _ reason: String) throws(InspectionError) -> Settlement.End {
    // It waits no more for the purge that makes room, which needs the room to say so.
    try withReserve { () throws(InspectionError) in try ledger.withdrawDepartures(of: [record]) }
    return .withdrawn(reason)
  }
}
