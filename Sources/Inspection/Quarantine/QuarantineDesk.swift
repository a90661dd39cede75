public import Linux
public import SystemPackage

/// Where a person works on a quarantine, beside a running daemon or without one.
public final class QuarantineDesk {
  private let ledger: Ledger
  private let faults: Faults
  private let user: User?
  private let spool: FilePath?
  private let lock: FileLock?
  private var folders: [FilePath: Directory] = [:]

  /// Opens ledger and quarantine for changes, and finishes what an earlier command was interrupted at.
  ///
  /// - Parameters:
  ///   - state: folder of the ledger.
  ///   - spool: where the quarantine lies; nil: beside the folder where each picture arrived.
  ///   - user: who gives the commands.
  ///   - wait: longest wait for another command to end.
  ///   - report: told what could not be finished, a sentence each.
  /// - Throws: `InspectionError`; where permission lacks it says what helps.
  public init(
    state: FilePath, spool: FilePath?, user: User? = CurrentProcess.user, faults: Faults = .none,
    wait: Duration = .seconds(30), report: (String) -> Void
  ) throws(InspectionError) {
    self.spool = spool
    self.user = user
    self.faults = faults
    let folder = try Permission.asking { () throws(LinuxError) in
      let folder = try Directory(path: state)
      // The ledger's log lies beside it: whoever may not write there cannot write to the ledger.
      if try folder.status(of: Ledger.fileName) != nil { try folder.checkChangeable() }
      return folder
    }
    ledger = try Permission.asking(ledger: state) { () throws(InspectionError) in try Ledger(existingIn: folder) }
    lock = try Self.takeLock(spool, ledger, wait)
    for failure in try Departures(ledger: ledger, faults: faults).settle({ record throws(LinuxError) in
      try self.quarantine(of: record)
    }) {
      report(failure)
    }
  }

  /// Waits until nobody else takes pictures out of the quarantine.
  private static func takeLock(
    _ spool: FilePath?, _ ledger: Ledger, _ wait: Duration
  ) throws(InspectionError) -> FileLock? {
    let path: FilePath
    if let spool {
      path = spool.appending("quarantine")
    } else if let record = try ledger.quarantined(limit: 1).first {
      path = Self.quarantinePath(of: record, nil)
    } else {
      return nil
    }
    let folder = try Permission.asking { () throws(LinuxError) in try Directory(path: path) }
    try Permission.asking { () throws(LinuxError) in try folder.checkChangeable() }
    return try QuarantineLock.take(folder, waitingAtMost: wait)
  }

  // MARK: Commands

  /// Gives a picture back to its place, or to another folder.
  ///
  /// - Returns: the path that it has now.
  /// - Throws: `InspectionError` with a sentence; then the picture lies where it was.
  public func release(_ entry: LedgerEntry, to folder: FilePath?, now: WallTime = .now) throws -> BytePath {
    let record = entry.record
    try check(entry)
    let target = try Permission.asking { () throws(LinuxError) in
      try Directory(path: folder ?? BytePath(bytes: record.folder).filePath)
    }
    let place = Departures.Place(folder: target, name: record.arrival.name)
    do {
      try Departures(ledger: ledger, faults: faults).release(
        record, from: quarantine(of: record), to: place, user: user, now: now)
    } catch let error as LinuxError {
      throw Permission.error(error)
    } catch let refusal as Departures.Refusal {
      throw InspectionError.command("cannot release '\(record.arrival.name)': \(Self.sentence(refusal))")
    }
    return BytePath(bytes: target.path.bytes).appending(record.arrival.name.bytes)
  }

  /// Notes that a picture is an anomaly indeed, in ledger and sidecar.
  public func confirm(_ entry: LedgerEntry, now: WallTime = .now) throws {
    let record = entry.record
    guard record.verdict == .anomaly else {
      throw InspectionError.command(
        "cannot confirm '\(record.arrival.name)' of event \(record.id): its verdict is '\(record.verdict.rawValue)', "
          + "expected 'anomaly'")
    }
    if let departure = entry.departure, departure.kind == .released, departure.state == .done {
      throw InspectionError.command(
        "cannot confirm '\(record.arrival.name)' of event \(record.id): it was released as normal at \(departure.time.iso)"
      )
    }
    let review = Review(label: .anomaly, time: now, user: user)
    try ledger.review(record.id, review)
    try faults.reach(.confirmRecorded)
    if entry.isInQuarantine, let sidecar = Sidecar(record, review: review),
      let name = Sidecar.name(for: sidecar.name)
    {
      try Permission.asking { () throws(LinuxError) in
        let quarantine = try quarantine(of: record)
        guard try quarantine.status(of: sidecar.name) != nil else { return }
        try quarantine.write(sidecar.encoded, to: name, mode: 0o640)
      }
    }
    try faults.reach(.confirmWritten)
  }

  /// Removes pictures for good by a rule.
  ///
  /// - Parameters:
  ///   - isTrial: only tells what would be removed.
  ///   - removed: called for each picture, oldest first.
  /// - Returns: how many, and their bytes.
  public func purge(
    _ rule: Retention, isTrial: Bool, now: WallTime = .now, removed: (InspectionRecord) -> Void
  ) throws -> (count: Int, bytes: Int64) {
    let plan = PurgePlan(rule: rule, ledger: ledger) { record throws(LinuxError) in
      try self.quarantine(of: record)
    }
    do {
      return try plan.run(now: now) { batch in
        if isTrial {
          batch.forEach(removed)
        } else {
          try Departures(ledger: ledger, faults: faults).purge(
            batch, from: quarantine(of: batch[0]), user: user, now: now, removed: removed)
        }
        return true
      }
    } catch let error as LinuxError {
      throw Permission.error(error)
    }
  }

  private func check(_ entry: LedgerEntry) throws(InspectionError) {
    let record = entry.record
    if entry.isInQuarantine { return }
    var why = "its file was '\(record.action.rawValue)'"
    if record.state == .intended { why = "it is still on its way there" }
    if let departure = entry.departure, departure.state == .done {
      why = "it was \(departure.kind.rawValue) at \(departure.time.iso)"
    }
    throw .command("'\(record.arrival.name)' of event \(record.id) is not in quarantine: \(why)")
  }

  private static func sentence(_ refusal: Departures.Refusal) -> String {
    switch refusal {
    case .taken(let place):
      "'\(escaped(place.folder.path))/\(place.name)' is there already; name another folder with '--to'"
    case .changed: "it is no longer the file that was scored; if that is wanted, move it by hand"
    case .missing: "the picture is not in the quarantine folder any more"
    }
  }

  // MARK: Folders

  private func quarantine(of record: InspectionRecord) throws(LinuxError) -> Directory {
    let path = Self.quarantinePath(of: record, spool)
    if let folder = folders[path] { return folder }
    let folder = try Directory(path: path)
    folders[path] = folder
    return folder
  }

  /// Where a record's picture lies.
  ///
  /// - Parameter spool: where that is known; else the quarantine lies beside the folder in which the picture arrived.
  public static func quarantinePath(of record: InspectionRecord, _ spool: FilePath?) -> FilePath {
    (spool ?? BytePath(bytes: record.folder).parent.filePath).appending("quarantine")
  }
}
