internal import Linux
private import SystemPackage

/// Releases that wait for a folder which may never come back: who asks for one again ends the wait.
extension Departures {
  /// What became of a release that was asked for again.
  enum WaitEnd: Equatable {
    /// None waits, or the picture still lies in quarantine: it is released as any other.
    case none
    /// The picture had gone to its place: that counts.
    case finished(BytePath)
    /// Nobody knows where it is: it counts as lying in its quarantine again, and its bytes stay allowed until it is
    /// confirmed or purged.
    case givenUp
  }

  /// Ends a release that was interrupted, and whose picture is not in the folder at hand.
  ///
  /// Where that is the folder that had the picture, the picture has left it by that release, wherever it is now. Where it
  /// is another one, the picture's place tells, or that the daemon has met it there.
  func endWaitingRelease(of record: InspectionRecord, from quarantine: Directory) throws -> WaitEnd {
    let entries = try ledger.intendedDepartures()
    guard let entry = entries.first(where: { $0.record.id == record.id }), let departure = entry.departure,
      departure.kind == .released, let bytes = departure.folder, let placeName = departure.name,
      let name = record.destination, try quarantine.status(of: name) == nil
    else { return .none }
    let place = BytePath(bytes: bytes)
    var heirs = QuarantineHeirs(ledger: ledger, leaving: entries)
    var hasLeft = try entry.hasArrived || heirs.holds(quarantine, record)
    if !hasLeft { hasLeft = try ledger.hasMet(record, releasedBy: departure) }
    if !hasLeft { hasLeft = try isPicture(of: record, at: place, placeName) }
    guard hasLeft else {
      try ledger.withdrawDepartures(of: [record], isPermissionKept: true)
      return .givenUp
    }
    try finishRelease(record, departure, from: quarantine)
    return .finished(place.appending(placeName.bytes))
  }

  /// Whether the picture lies at its place, on the disk.
  private func isPicture(of record: InspectionRecord, at place: BytePath, _ name: FileName) throws(LinuxError) -> Bool {
    let folder: Directory
    do { folder = try Directory(path: place.filePath) } catch {
      guard error.code == .noSuchFileOrDirectory || error.code == .notDirectory else { throw error }
      return false
    }
    guard try Self.isPicture(name, in: folder, of: record) else { return false }
    try folder.synchronizeWherePossible()
    return true
  }
}
