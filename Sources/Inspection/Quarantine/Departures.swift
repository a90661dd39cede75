internal import Linux
internal import SystemPackage

/// Takes pictures out of quarantine, by steps that a crash between any two of them leaves to be finished or taken back.
struct Departures {
  let ledger: Ledger
  let faults: Faults
  /// What is given up where the ledger has no room for a purge, or to settle what keeps one waiting; nil: nothing.
  var reserve: LedgerReserve?
  /// Told of every piece that is copied or read.
  var sign = SignOfLife.none

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
    /// It is leaving quarantine in another way.
    case leaving
  }

  /// How a picture came to its place.
  enum Way {
    /// It has left quarantine by that.
    case renamed
    /// It still lies in quarantine, too: the place is another file system's.
    case copied
  }

  // MARK: Release

  /// Gives a picture back: ledger first, then the file, its sidecar, and the ledger again.
  ///
  /// - Returns: why the last steps failed, which are done later; nil where nothing is left to do.
  /// - Throws: `Refusal`, `LinuxError`, `InspectionError` with everything as it was; `Faults.SimulatedCrash`.
  func release(
    _ record: InspectionRecord, from quarantine: Directory, to place: Place, user: User?, now: WallTime
  ) throws -> InspectionError? {
    guard let name = record.destination, try quarantine.status(of: name) != nil else { throw Refusal.missing }
    guard try Self.isPicture(name, in: quarantine, of: record) else { throw Refusal.changed }
    if try place.folder.status(of: place.name) != nil { throw Refusal.taken(place) }
    let departure = Departure(.released, time: now, user: user, folder: place.folder.path.bytes, name: place.name)
    // One that waits for its place may have brought the picture there: where this one fails, that one waits on.
    let former = try ledger.waitingRelease(of: record.id)
    func takeBack() throws(InspectionError) {
      if let former { try ledger.putBack(former) } else { try ledger.withdrawDepartures(of: [record]) }
    }
    guard
      try !ledger.beginDepartures(
        [record], departure, from: FolderIdentity(quarantine), to: FolderIdentity(place.folder)
      ).isEmpty
    else {
      throw Refusal.leaving
    }
    let way: Way
    do {
      try faults.pass(.releaseIntended)
      way = try move(record, name, from: quarantine, to: place)
    } catch let error as LinuxError {
      // It lies where it lay: as if it had never been asked for.
      try takeBack()
      throw error.code == .fileExists ? Refusal.taken(place) : error
    } catch let refusal as Refusal {
      try takeBack()
      throw refusal
    }
    // From here on the release stands, whatever follows: somebody may have taken the picture from there already.
    do {
      try makeDurable(way, record, departure, place)
      try faults.pass(.releaseMoved)
      try finishRelease(record, departure, from: quarantine)
      return nil
    } catch let error as LinuxError {
      return .system(error)
    } catch let error as InspectionError {
      return error
    }
  }

  /// Whether a name is a record's picture as it was scored; where nobody knows its digest, one of its size.
  static func isPicture(_ name: FileName, in folder: Directory, of record: InspectionRecord) throws(LinuxError) -> Bool
  {
    guard let status = try folder.status(of: name), status.kind == .regular, status.size == record.arrival.size else {
      return false
    }
    if record.digest.isEmpty { return true }
    return try FileDigest.of(name, in: folder) == record.digest
  }

  /// Moves the picture, or copies it to another file system.
  ///
  /// - Throws: with the picture where it was, and nothing at its place.
  func move(
    _ record: InspectionRecord, _ name: FileName, from quarantine: Directory, to place: Place
  ) throws -> Way {
    do {
      try quarantine.rename(name, to: place.folder, place.name, .refuseExisting)
      return .renamed
    } catch {
      guard error.code == .improperLink else { throw error }
    }
    guard case .file(let file) = try PlainFile.open(name, in: quarantine) else { throw Refusal.missing }
    guard let digest = record.digest.isEmpty ? try FileDigest.of(name, in: quarantine) : record.digest,
      try CheckedCopy(faults: faults, sign: sign).put(
        file, in: place.folder, as: place.name, id: record.id, digest: digest,
        attributes: CheckedCopy.Attributes(
          mode: record.mode & 0o777, owner: Self.known(record.owner), group: Self.known(record.group)))
    else { throw Refusal.changed }
    return .copied
  }

  /// Waits until the picture's place is on the disk; then it counts as released, though what it leaves behind is still
  /// there, and wherever its folders are when that is to be finished.
  func makeDurable(_ way: Way, _ record: InspectionRecord, _ departure: Departure, _ place: Place) throws {
    try faults.pass(.afterRename)
    let isCertain = try place.folder.synchronizeWherePossible()
    // A rename that a power failure may undo is not noted: finishing it would remove the picture from quarantine.
    guard isCertain || way == .copied else { return }
    if way == .copied { try faults.pass(.copyFolderSynchronized) }
    try withReserve { () throws(InspectionError) in try ledger.noteRelease(of: record, departure) }
  }

  /// In a user namespace every foreign owner reads as 65534: that is no owner to put back.
  private static func known(_ number: UInt32) -> UInt32? { number == 65_534 ? nil : number }

  /// Removes what is left in quarantine of a picture that is released.
  func finishRelease(_ record: InspectionRecord, _ departure: Departure, from quarantine: Directory) throws {
    // Only a copy has left it there.
    if let name = record.destination { try Self.removeIfThere(name, in: quarantine) }
    try removeCompanions(record, from: quarantine)
    try quarantine.synchronizeWherePossible()
    try faults.pass(.releaseSidecarRemoved)
    try withReserve { () throws(InspectionError) in try ledger.finishDepartures([record], departure) }
    try faults.pass(.releaseDone)
  }

  // MARK: Purge

  /// A picture that could not be removed.
  struct Failure {
    let record: InspectionRecord
    let error: LinuxError
  }

  /// Removes pictures for good: ledger first, then the files, then the ledger again. One that cannot be removed keeps no
  /// other, and stays in quarantine.
  ///
  /// - Parameter removed: called after each picture.
  /// - Returns: those that could not be removed.
  /// - Throws: `LinuxError` or `InspectionError` with the rest to be finished later; `Faults.SimulatedCrash`.
  func purge(
    _ records: [InspectionRecord], from quarantine: Directory, user: User?, now: WallTime,
    removed: (InspectionRecord) -> Void = { _ in }
  ) throws -> [Failure] {
    if records.isEmpty { return [] }
    let departure = Departure(.purged, time: now, user: user)
    let identity = try FolderIdentity(quarantine)
    let begun = try withReserve { () throws(InspectionError) in
      try ledger.beginDepartures(records, departure, from: identity)
    }
    try faults.pass(.purgeIntended)
    var gone: [InspectionRecord] = []
    var staying: [InspectionRecord] = []
    var failures: [Failure] = []
    for record in begun {
      do {
        if let name = record.destination { try Self.removeIfThere(name, in: quarantine) }
      } catch {
        staying.append(record)
        failures.append(Failure(record: record, error: error))
        continue
      }
      removed(record)
      do {
        try faults.pass(.purgeRemoved)
        try removeCompanions(record, from: quarantine)
        gone.append(record)
      } catch let error as LinuxError {
        // The picture is gone: what lies beside it goes later.
        failures.append(Failure(record: record, error: error))
      }
    }
    try finishPurge(gone, departure, from: quarantine)
    try withReserve { () throws(InspectionError) in try ledger.withdrawDepartures(of: staying) }
    return failures
  }

  /// Notes that pictures are gone for good, once that is on the disk.
  func finishPurge(_ records: [InspectionRecord], _ departure: Departure, from quarantine: Directory) throws {
    try quarantine.synchronizeWherePossible()
    try faults.pass(.purgeEmptied)
    try withReserve { () throws(InspectionError) in try ledger.finishDepartures(records, departure) }
    try faults.pass(.purgeDone)
  }

  /// Runs work on the ledger, and gives the reserve up for it where there is one and the disk is full.
  func withReserve<Result>(_ body: () throws(InspectionError) -> Result) throws(InspectionError) -> Result {
    guard let reserve else { return try body() }
    return try reserve.used(by: body)
  }

  /// Removes what lies beside a picture: sidecar and side pictures.
  func removeCompanions(_ record: InspectionRecord, from quarantine: Directory) throws(LinuxError) {
    guard let name = record.destination else { return }
    for ending in [".json", ".view.png", ".map.png"] {
      guard let companion = FileName(bytes: name.bytes + Array(ending.utf8)) else { continue }
      try Self.removeIfThere(companion, in: quarantine)
    }
  }

  private static func removeIfThere(_ name: FileName, in folder: Directory) throws(LinuxError) {
    do { try folder.remove(name) } catch { if error.code != .noSuchFileOrDirectory { throw error } }
  }
}
