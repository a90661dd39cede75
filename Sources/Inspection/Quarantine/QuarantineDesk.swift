public import Linux
public import SystemPackage

/// Where a person works on a quarantine, beside a running daemon or without one.
public final class QuarantineDesk {
  /// What a person comes for.
  public enum Purpose: Sendable {
    /// To look: nothing is changed, not even what an interruption left.
    case look
    /// To change something.
    case change
    /// To make room, also on a disk that is full.
    case free
  }

  private struct Workplace {
    let folder: Directory
    let lock: FileLock?
  }

  /// What became of departures that an earlier command was interrupted at.
  public private(set) var settlements: [Settlement] = []
  private let ledger: Ledger
  private let faults: Faults
  private let user: User?
  private let spool: FilePath?
  private let wait: Duration
  private let purpose: Purpose
  private let reserve: LedgerReserve?
  private let report: (String) -> Void
  private var workplaces: [FilePath: Workplace] = [:]
  private var missing: Set<FilePath> = []

  /// Opens the ledger, and settles what an earlier command was interrupted at.
  ///
  /// - Parameters:
  ///   - state: folder of the ledger.
  ///   - spool: where the quarantine lies; nil: beside the folder where each picture arrived.
  ///   - user: who gives the commands.
  ///   - wait: longest wait for another command to end.
  ///   - report: told what is left out, a sentence each.
  /// - Throws: `InspectionError`; where permission lacks it says what helps.
  public init(
    state: FilePath, spool: FilePath?, purpose: Purpose = .change, user: User? = CurrentProcess.user,
    faults: Faults = .none, wait: Duration = .seconds(30), report: @escaping (String) -> Void
  ) throws(InspectionError) {
    self.spool = spool
    self.user = user
    self.faults = faults
    self.wait = wait
    self.purpose = purpose
    self.report = report
    let folder = try Permission.asking { () throws(LinuxError) in
      let folder = try Directory(path: state)
      // The ledger's log lies beside it: whoever may not write there cannot write to the ledger.
      if try folder.status(of: Ledger.fileName) != nil { try folder.checkChangeable() }
      return folder
    }
    let reserve = purpose == .free ? LedgerReserve(state: folder) : nil
    self.reserve = reserve
    ledger = try Permission.asking(ledger: state) { () throws(InspectionError) in
      let open = { () throws(InspectionError) -> Ledger in try Ledger(existingIn: folder) }
      guard let reserve else { return try open() }
      return try reserve.used(by: open)
    }
    if purpose == .look { return }
    settlements = try Departures(ledger: ledger, faults: faults, reserve: reserve).settle(
      isPurgeRepeated: purpose == .free
    ) { record throws(InspectionError) in try self.quarantine(of: record) }
  }

  // MARK: Commands

  /// A picture that was given back.
  public struct Release: Sendable {
    /// The path that it has now.
    public let place: BytePath
    /// Why what it left behind in quarantine could not be removed yet; nil where nothing is left.
    public let remainder: InspectionError?
    /// Whether an earlier release had taken it there, which was interrupted.
    public var isEarlier = false
  }

  /// Gives a picture back to its place, or to another folder; one that an earlier release has taken away already is only
  /// noted as released.
  ///
  /// - Throws: `InspectionError` with a sentence; then the picture lies where it was.
  public func release(_ entry: LedgerEntry, to folder: FilePath?, now: WallTime = .now) throws -> Release {
    let record = entry.record
    try check(entry)
    let quarantine = try quarantine(of: record)
    let departures = Departures(ledger: ledger, faults: faults)
    if let place = try endWait(record, departures, quarantine) {
      return Release(place: place, remainder: nil, isEarlier: true)
    }
    let target = try Permission.asking { () throws(LinuxError) in
      try Self.open(folder ?? BytePath(bytes: record.folder).filePath)
    }
    guard try !SpoolFolders.isInside(target.path, quarantine.path) else {
      throw InspectionError.command(
        "cannot release '\(record.arrival.name)' to '\(escaped(target.path))': that is the quarantine itself, or lies in "
          + "it; name another folder with '--to'")
    }
    let place = Departures.Place(folder: target, name: record.arrival.name)
    do {
      let remainder = try departures.release(
        record, from: quarantine, to: place, user: user, now: now)
      return Release(
        place: BytePath(bytes: target.path.bytes).appending(record.arrival.name.bytes), remainder: remainder)
    } catch let error as LinuxError {
      throw Permission.error(error)
    } catch let refusal as Departures.Refusal {
      throw InspectionError.command("cannot release '\(record.arrival.name)': \(Self.sentence(refusal))")
    }
  }

  /// Ends a release that waits, where it can be ended without the picture.
  ///
  /// - Returns: the place that the picture went to; nil where it is still to be released.
  /// - Throws: `InspectionError` where nobody knows where it is: it is not waited for any more.
  private func endWait(
    _ record: InspectionRecord, _ departures: Departures, _ quarantine: Directory
  ) throws -> BytePath? {
    do {
      switch try departures.endWaitingRelease(of: record, from: quarantine) {
      case .none: return nil
      case .finished(let place): return place
      case .givenUp:
        throw InspectionError.command(
          "cannot release '\(record.arrival.name)': the folder at '\(escaped(quarantine.path))' is another than the one "
            + "with the picture, and the picture is not where the release that was interrupted was to take it; that one "
            + "is given up, its bytes stay allowed until it is confirmed or purged; mount or rename the picture's folder to where it was, and release it "
            + "again")
      }
    } catch let error as LinuxError {
      throw Permission.error(error)
    }
  }

  /// A folder that a person named: a link to one counts as the folder.
  private static func open(_ path: FilePath) throws(LinuxError) -> Directory {
    do { return try Directory(path: path) } catch {
      guard error.code == .notDirectory || error.code == .tooManySymbolicLinkLevels else { throw error }
      // With the dot the link is followed; where it is no folder, the first error is the one that says so.
      do { return try Directory(path: path.appending(".")) } catch let second {
        throw second.code == .notDirectory ? error : second
      }
    }
  }

  /// Notes that a picture is an anomaly indeed, in ledger and sidecar; what a release that was given up has allowed ends.
  public func confirm(_ entry: LedgerEntry, now: WallTime = .now) throws {
    let record = entry.record
    guard record.verdict == .anomaly else {
      throw InspectionError.command(
        "cannot confirm '\(record.arrival.name)' of event \(record.id): its verdict is '\(record.verdict.rawValue)', "
          + "expected 'anomaly'")
    }
    if let departure = entry.departure, departure.kind == .released {
      let word = departure.state == .done ? "was" : "is being"
      throw InspectionError.command(
        "cannot confirm '\(record.arrival.name)' of event \(record.id): it \(word) released as normal at "
          + "\(departure.time.iso)")
    }
    // Where its folder is not there, the word counts all the same.
    let quarantine = entry.isInQuarantine ? try presentQuarantine(of: record) : nil
    let review = Review(label: .anomaly, time: now, user: user)
    try ledger.review(record.id, review)
    try faults.reach(.confirmRecorded)
    if let quarantine, let sidecar = Sidecar(record, review: review), let name = Sidecar.name(for: sidecar.name) {
      try Permission.asking { () throws(LinuxError) in
        guard try quarantine.status(of: sidecar.name) != nil else { return }
        try quarantine.write(sidecar.encoded, to: name, mode: 0o640)
      }
    }
    try faults.reach(.confirmWritten)
  }

  /// Removes pictures for good by a rule; only tells which where the purpose is to look.
  ///
  /// - Parameter removed: called for each picture, oldest first, with the bytes of all that lay there of it.
  /// - Returns: how many pictures stay because their age is not known.
  /// - Throws: after all others are removed, why one could not be.
  @discardableResult
  public func purge(
    _ rule: Retention, now: WallTime = .now, removed: (InspectionRecord, _ bytes: Int64) -> Void
  ) throws -> Int {
    let plan = PurgePlan(rule: rule, ledger: ledger) { record throws(InspectionError) in
      try self.presentQuarantine(of: record)
    }
    var failures: [Departures.Failure] = []
    let undatedCount: Int
    do {
      undatedCount = try plan.run(now: now) { batch, folder, sizes in
        func tell(_ record: InspectionRecord) { removed(record, sizes[record.id] ?? record.arrival.size) }
        if purpose == .look {
          batch.forEach(tell)
          return true
        }
        let failed = try Departures(ledger: ledger, faults: faults, reserve: reserve).purge(
          batch, from: folder, user: user, now: now, removed: tell)
        failures += failed
        // Where nothing can be removed, the next would fail alike.
        return failed.count < batch.count
      }.undatedCount
    } catch let error as LinuxError {
      throw Permission.error(error)
    }
    guard let first = failures.first else { return undatedCount }
    let error = Permission.error(first.error)
    throw failures.count == 1
      ? error : InspectionError.command("\(failures.count) pictures could not be removed; the first: \(error)")
  }

  /// The same, for callers that do not count bytes.
  @discardableResult
  public func purge(
    _ rule: Retention, now: WallTime = .now, removed: (InspectionRecord) -> Void
  ) throws -> Int {
    try purge(rule, now: now) { record, _ in removed(record) }
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
    case .leaving: "it is being removed from quarantine; try again when that has ended"
    }
  }

  // MARK: Folders

  /// The folder of a record's picture; nil, and told once, where that is missing: another spool's, or a disk that is away.
  private func presentQuarantine(of record: InspectionRecord) throws(InspectionError) -> Directory? {
    let path = Self.quarantinePath(of: record, spool)
    if missing.contains(path) { return nil }
    do throws(InspectionError) {
      return try quarantine(of: record)
    } catch {
      guard case .system(let failure) = error, failure.code == .noSuchFileOrDirectory else { throw error }
      missing.insert(path)
      report("\(failure); the pictures that should lie there are left out")
      return nil
    }
  }

  /// The folder of a record's picture; whoever changes something works there alone.
  private func quarantine(of record: InspectionRecord) throws(InspectionError) -> Directory {
    let path = Self.quarantinePath(of: record, spool)
    if let workplace = workplaces[path] { return workplace.folder }
    let folder = try Permission.asking { () throws(LinuxError) in try Directory(path: path) }
    var lock: FileLock?
    if purpose != .look {
      try Permission.asking { () throws(LinuxError) in try folder.checkChangeable() }
      lock = try QuarantineLock.take(folder, waitingAtMost: wait)
    }
    workplaces[path] = Workplace(folder: folder, lock: lock)
    return folder
  }

  /// Where a record's picture lies.
  ///
  /// - Parameter spool: where that is known; else the quarantine lies beside the folder in which the picture arrived.
  public static func quarantinePath(of record: InspectionRecord, _ spool: FilePath?) -> FilePath {
    (spool ?? BytePath(bytes: record.folder).parent.filePath).appending("quarantine")
  }
}
