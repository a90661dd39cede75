private import Crypto
internal import Linux
internal import SystemPackage

/// Takes pictures out of quarantine, by steps that a crash between any two of them leaves to be finished.
struct Departures {
  let ledger: Ledger
  let faults: Faults

  /// Where a picture goes.
  struct Place {
    let folder: Directory
    let name: FileName
  }

  /// Why a picture cannot be released.
  enum Refusal: Error {
    /// The name is taken.
    case taken(Place)
    /// It is no longer the file that was scored.
    case changed
    /// It is not in quarantine any more.
    case missing
  }

  // MARK: Release

  /// Gives a picture back: ledger first, then the file, its sidecar, and the ledger again.
  ///
  /// - Throws: `Refusal` with everything as it was; `LinuxError` with everything as it was, or the picture where it goes
  ///   and the rest to be finished; `InspectionError`; `Faults.SimulatedCrash`.
  func release(
    _ record: InspectionRecord, from quarantine: Directory, to place: Place, user: User?, now: WallTime
  ) throws {
    guard let name = record.destination, let status = try quarantine.status(of: name) else { throw Refusal.missing }
    guard status.size == record.arrival.size, try FileDigest.of(name, in: quarantine) == record.digest else {
      throw Refusal.changed
    }
    if try place.folder.status(of: place.name) != nil { throw Refusal.taken(place) }
    let departure = Departure(.released, time: now, user: user, folder: place.folder.path.bytes, name: place.name)
    try ledger.beginDepartures([record], departure)
    try faults.pass(.releaseIntended)
    do {
      try move(record, name, from: quarantine, to: place)
    } catch let error as LinuxError {
      // Where it is there already, only the rest failed: the next command finishes that.
      if try error.code != .fileExists && isThere(record, place) { throw error }
      // Nothing has moved: as if it had never been asked for.
      try ledger.withdrawDeparture(of: record)
      throw error.code == .fileExists ? Refusal.taken(place) : error
    } catch let refusal as Refusal {
      try ledger.withdrawDeparture(of: record)
      throw refusal
    }
    try faults.pass(.releaseMoved)
    try finishRelease(record, departure, from: quarantine)
  }

  /// Whether the picture lies where it goes.
  private func isThere(_ record: InspectionRecord, _ place: Place) throws(LinuxError) -> Bool {
    guard try place.folder.status(of: place.name)?.size == record.arrival.size else { return false }
    return try FileDigest.of(place.name, in: place.folder) == record.digest
  }

  /// Moves the picture, or copies it to another file system: then it still lies in quarantine, too.
  private func move(_ record: InspectionRecord, _ name: FileName, from quarantine: Directory, to place: Place) throws {
    do {
      try quarantine.rename(name, to: place.folder, place.name, .refuseExisting)
    } catch {
      guard error.code == .improperLink else { throw error }
      try copy(record, name, from: quarantine, to: place)
      return
    }
    try place.folder.synchronizeWherePossible()
  }

  private func copy(_ record: InspectionRecord, _ name: FileName, from quarantine: Directory, to place: Place) throws {
    guard case .file(let file) = try PlainFile.open(name, in: quarantine) else { throw Refusal.missing }
    let isCopied = try CheckedCopy(faults: faults).make(
      of: file, in: place.folder, as: place.name, id: record.id, digest: record.digest,
      attributes: CheckedCopy.Attributes(
        mode: record.mode & 0o777, owner: Self.known(record.owner), group: Self.known(record.group)))
    guard isCopied else { throw Refusal.changed }
  }

  /// In a user namespace every foreign owner reads as 65534: that is no owner to put back.
  private static func known(_ number: UInt32) -> UInt32? { number == 65_534 ? nil : number }

  private func finishRelease(
    _ record: InspectionRecord, _ departure: Departure, from quarantine: Directory
  ) throws {
    // Only a copy has left it there.
    if let name = record.destination { try Self.removeIfThere(name, in: quarantine) }
    try removeCompanions(record, from: quarantine)
    try quarantine.synchronizeWherePossible()
    try faults.pass(.releaseSidecarRemoved)
    try ledger.finishDepartures([record], departure)
    try faults.pass(.releaseDone)
  }

  // MARK: Purge

  /// Removes pictures for good: ledger first, then the files, then the ledger again.
  ///
  /// - Parameter removed: called after each picture.
  /// - Throws: `LinuxError` where one cannot be removed, with the intents of the rest left to be finished later.
  func purge(
    _ records: [InspectionRecord], from quarantine: Directory, user: User?, now: WallTime,
    removed: (InspectionRecord) -> Void = { _ in }
  ) throws {
    if records.isEmpty { return }
    let departure = Departure(.purged, time: now, user: user)
    try ledger.beginDepartures(records, departure)
    try faults.pass(.purgeIntended)
    for record in records {
      try remove(record, from: quarantine)
      removed(record)
    }
    try finishPurge(records, departure, from: quarantine)
  }

  private func remove(_ record: InspectionRecord, from quarantine: Directory) throws {
    guard let name = record.destination else { return }
    try Self.removeIfThere(name, in: quarantine)
    try faults.pass(.purgeRemoved)
    try removeCompanions(record, from: quarantine)
  }

  private func finishPurge(
    _ records: [InspectionRecord], _ departure: Departure, from quarantine: Directory
  ) throws {
    try quarantine.synchronizeWherePossible()
    try faults.pass(.purgeEmptied)
    try ledger.finishDepartures(records, departure)
    try faults.pass(.purgeDone)
  }

  /// Removes what lies beside a picture: sidecar and side pictures.
  private func removeCompanions(_ record: InspectionRecord, from quarantine: Directory) throws {
    guard let name = record.destination else { return }
    for ending in [".json", ".view.png", ".map.png"] {
      guard let companion = FileName(bytes: name.bytes + Array(ending.utf8)) else { continue }
      try Self.removeIfThere(companion, in: quarantine)
    }
  }

  private static func removeIfThere(_ name: FileName, in folder: Directory) throws(LinuxError) {
    do { try folder.remove(name) } catch { if error.code != .noSuchFileOrDirectory { throw error } }
  }

  // MARK: After an interruption

  /// Brings departures to their end that were interrupted; nobody else may be working in the quarantine now.
  ///
  /// - Parameter quarantine: the folder of a record's picture.
  /// - Returns: why some could not be ended, a sentence each; they stay intended.
  func settle(
    _ quarantine: (InspectionRecord) throws(LinuxError) -> Directory
  ) throws(InspectionError) -> [String] {
    var failures: [String] = []
    for entry in try ledger.intendedDepartures() {
      guard let departure = entry.departure else { continue }
      do {
        try settle(entry.record, departure, from: quarantine(entry.record))
      } catch {
        failures.append(
          "'\(entry.record.arrival.name)' of event \(entry.record.id) is still to leave quarantine: \(error)")
      }
    }
    return failures
  }

  private func settle(_ record: InspectionRecord, _ departure: Departure, from quarantine: Directory) throws {
    switch departure.kind {
    case .purged:
      try remove(record, from: quarantine)
      try finishPurge([record], departure, from: quarantine)
    case .released:
      guard let bytes = departure.folder, let name = departure.name else { return }
      let folder = try Directory(path: BytePath(bytes: bytes).filePath)
      try CheckedCopy.removeLeftover(id: record.id, in: folder)
      try settleRelease(record, departure, from: quarantine, to: Place(folder: folder, name: name))
    }
  }

  private func settleRelease(
    _ record: InspectionRecord, _ departure: Departure, from quarantine: Directory, to place: Place
  ) throws {
    if let name = record.destination, try quarantine.status(of: name) != nil {
      if try place.folder.status(of: place.name) == nil {
        try move(record, name, from: quarantine, to: place)
      } else if try !isThere(record, place) {
        // Another file has the place by now: the picture stays in quarantine.
        return try ledger.withdrawDeparture(of: record)
      }
    }
    // Gone from quarantine: it is where it goes, or has been taken from there already.
    try finishRelease(record, departure, from: quarantine)
  }
}
