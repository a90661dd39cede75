internal import Linux
private import SystemPackage

/// After an interruption: a release is brought to its end, a purge is not: whoever asked for it has seen it end, and may
/// have thought better of it.
extension Departures {
  /// Settles departures that were interrupted; nobody else may be working in the quarantine now.
  ///
  /// - Parameter quarantine: the folder of a record's picture.
  /// - Returns: what became of each.
  func settle(
    _ quarantine: (InspectionRecord) throws(InspectionError) -> Directory
  ) throws(InspectionError) -> [Settlement] {
    var settlements: [Settlement] = []
    for entry in try ledger.intendedDepartures() {
      guard let departure = entry.departure else { continue }
      var end: Settlement.End
      do {
        let folder = try quarantine(entry.record)
        if try FolderIdentity(folder).isAnother(than: ledger.folders(ofDeparture: entry.record.id).quarantine) {
          end = .unfinished(Self.absence(of: folder, "the one with the picture"))
        } else {
          end = try settle(entry, departure, from: folder)
        }
      } catch {
        end = .unfinished("\(error)")
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

  /// Why a departure waits for a folder.
  private static func absence(of folder: Directory, _ which: String) -> String {
    "another folder is at '\(escaped(folder.path))' than \(which); mount or rename that one to where it was, and the next "
      + "start or command settles it"
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
    if try FolderIdentity(place.folder).isAnother(than: ledger.folders(ofDeparture: record.id).place) {
      // It may have arrived there: until that can be seen, its bytes stay allowed.
      return .unfinished(Self.absence(of: place.folder, "the one that it was released to"))
    }
    try CheckedCopy.removeLeftover(id: record.id, in: place.folder)
    let isThere = try Self.isPicture(placeName, in: place.folder, of: record)
    guard try quarantine.status(of: name) != nil else {
      // Who takes files from there may have been quicker; that a daemon met it proves that it was there.
      if try isThere || ledger.hasMet(record.digest, since: departure.time) {
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
    try ledger.withdrawDepartures(of: [record])
    return .withdrawn(reason)
  }
}
