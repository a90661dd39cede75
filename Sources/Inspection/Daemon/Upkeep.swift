internal import Linux
private import Synchronization

/// What is due once an hour on a thread of its own: pictures whose time in quarantine is over, rows beyond the bound.
final class Upkeep: Sendable {
  /// Time between two runs.
  static let interval = Duration.seconds(3600)
  /// Time until another attempt while somebody else works in the quarantine.
  static let pause = Duration.seconds(60)
  /// How long somebody else may work there before that is told.
  static let patience = Duration.seconds(600)

  /// When it is due: a pure decision.
  struct Turn {
    private var next: ContinuousClock.Instant?
    private var heldSince: ContinuousClock.Instant?
    private var isHoldTold = false
    private(set) var isRunning = false

    /// Begins a run where one is due; whether it is.
    mutating func begin(at now: ContinuousClock.Instant) -> Bool {
      if isRunning { return false }
      if let next, now < next { return false }
      next = now + Upkeep.interval
      isRunning = true
      return true
    }

    /// Ends a run.
    mutating func end() { isRunning = false }

    /// Notes that nobody else works there.
    mutating func noteFree() { (heldSince, isHoldTold) = (nil, false) }

    /// Notes that somebody else works there: the next attempt comes soon.
    ///
    /// - Returns: whether that has lasted so long that it is to be told, once.
    mutating func noteHeld(at now: ContinuousClock.Instant) -> Bool {
      next = now + Upkeep.pause
      let since = heldSince ?? now
      heldSince = since
      if isHoldTold || now - since < Upkeep.patience { return false }
      isHoldTold = true
      return true
    }
  }

  private let ledger: Shared<Ledger>
  private let folders: SpoolFolders
  private let settings: Shared<Settings>
  private let sink: RecordSink
  private let isStopping: Shared<Bool>
  private let faults: Faults
  private let state: Directory
  private let time = SteadyTime()
  private let isUndatedTold = Shared(false)
  private let turn = Mutex(Turn())

  /// Upkeep that has not run yet.
  init(
    ledger: Shared<Ledger>, folders: SpoolFolders, state: Directory, settings: Shared<Settings>, sink: RecordSink,
    isStopping: Shared<Bool>, faults: Faults
  ) {
    self.ledger = ledger
    self.folders = folders
    self.state = state
    self.settings = settings
    self.sink = sink
    self.isStopping = isStopping
    self.faults = faults
  }

  /// Begins a run on its thread where one is due and none is running; returns at once.
  ///
  /// - Parameters:
  ///   - now: the time that the interval is counted by.
  ///   - incoming: the watched folder; nil while it is lost.
  func beginIfDue(now: ContinuousClock.Instant, incoming: Directory?) {
    guard turn.withLock({ $0.begin(at: now) }) else { return }
    do throws(LinuxError) {
      _ = try PlainThread(trying: "upkeep") { [self] in
        run(now: time.now(), at: now, incoming: incoming)
        turn.withLock { $0.end() }
      }
    } catch {
      turn.withLock { $0.end() }
      sink.post(.failed, "\(error): what is due once an hour waits for the next hour")
    }
  }

  /// Does what is due, once.
  ///
  /// - Parameters:
  ///   - now: the time that ages are counted by.
  ///   - instant: the time that pauses are counted by.
  ///   - incoming: the watched folder; nil while it is lost.
  func run(now: WallTime, at instant: ContinuousClock.Instant = .now, incoming: Directory?) {
    do { try LedgerReserve(state: state).renew() } catch {
      sink.post(.failed, "\(error); on a full disk a purge will have no room to be recorded")
    }
    for note in folders.renew() { sink.post(.failed, note) }
    tidy(incoming)
    do { try purge(now: now, at: instant) } catch is Faults.SimulatedCrash { return } catch {
      sink.post(.failed, "pictures whose time in quarantine is over could not all be removed: \(error)")
    }
    do { try prune(incoming) } catch {
      sink.post(.failed, "the ledger could not be kept within its bound: \(error)")
    }
  }

  /// Removes what commands that were killed have left; what was left by a daemon, its successor removed at the start.
  private func tidy(_ incoming: Directory?) {
    let lock: FileLock?
    do throws(InspectionError) {
      lock = try QuarantineLock.take(folders.quarantine, waitingAtMost: .zero)
    } catch {
      // Whoever works there now may be copying: in an hour.
      return
    }
    let notes = Leftovers.removeAll(
      folders, state: state, incoming: incoming, isAlone: true, isKnown: ledger.value.holds
    ) { () throws(InspectionError) in
      let ledger = ledger.value
      return Set(try ledger.intended().map(\.id) + ledger.intendedDepartures().map(\.record.id))
    }
    withExtendedLifetime(lock) {}
    for (text, priority) in notes { sink.post(.failed, priority: priority, text) }
  }

  // MARK: Quarantine

  private func purge(now: WallTime, at instant: ContinuousClock.Instant) throws {
    let settings = settings.value
    guard settings.retain != nil || settings.retainBytes != nil else { return }
    let lock: FileLock?
    do throws(InspectionError) {
      lock = try QuarantineLock.take(folders.quarantine, waitingAtMost: .zero)
    } catch {
      // A person works there: after a pause.
      guard case .command = error else { throw error }
      if turn.withLock({ $0.noteHeld(at: instant) }) {
        sink.post(
          .failed, "no picture is removed from quarantine for \(Self.patience / .seconds(60)) min now: \(error)")
      }
      return
    }
    turn.withLock { $0.noteFree() }
    defer { withExtendedLifetime(lock) {} }
    let rule = Retention(maximumAge: settings.retain, maximumBytes: settings.retainBytes.map(Int64.init))
    let folder = folders.quarantine
    var count = 0
    var bytes: Int64 = 0
    // Told also where it ends with an error: what is gone is gone.
    defer {
      if count > 0 {
        sink.post(
          .purged, "\(count) pictures were removed from quarantine (\(bytes) bytes): \(Self.reason(settings))")
      }
    }
    var failures: [Departures.Failure] = []
    let plan = PurgePlan(rule: rule, ledger: ledger.value) { _ throws(InspectionError) in folder }
    let departures = Departures(ledger: ledger.value, faults: faults, reserve: LedgerReserve(state: state))
    let outcome = try plan.run(now: now) { batch, _, sizes in
      if isStopping.value { return false }
      let failed = try departures.purge(batch, from: folder, user: nil, now: now) { record in
        count += 1
        bytes += sizes[record.id] ?? record.arrival.size
      }
      failures += failed
      return failed.count < batch.count
    }
    if let first = failures.first {
      sink.post(
        .failed,
        "\(failures.count) pictures whose time in quarantine is over could not be removed; the first: \(first.error)")
    }
    tellUndated(outcome.undatedCount)
  }

  /// Tells once that pictures stay which nobody knows the age of.
  private func tellUndated(_ count: Int) {
    let isNews =
      count > 0
      && isUndatedTold.change { isTold in
        defer { isTold = true }
        return !isTold
      }
    guard isNews else { return }
    sink.post(
      .failed, priority: 4,
      "\(count) pictures in quarantine were recorded before 2020, by a clock that was not set: their age is not known, "
        + "and 'retain' leaves them there; 'retain_bytes' and 'ganomaly quarantine purge --larger-than' do not")
  }

  private static func reason(_ settings: Settings) -> String {
    [
      settings.retain.map { "older than \(Int64($0 / .seconds(1)) / 3600) h (retain)" },
      settings.retainBytes.map { "more than \($0) bytes together (retain_bytes)" },
    ].compactMap(\.self).joined(separator: ", or ")
  }

  // MARK: Ledger

  private func prune(_ incoming: Directory?) throws {
    // Another folder at its path, such as the empty one below a share that is away, would make all rows look useless.
    guard let incoming, incoming.isInPlace else { return }
    let ledger = ledger.value
    let bound = settings.value.retainRecords
    let folder = try incoming.status().inode
    var surplus = try ledger.rowCount(above: bound)
    if surplus == 0 { return }
    // The one that is in place may stand in for a share that is away, whose files will be met again. Their rows do not
    // count, but are no more than the bound either: a folder that was made anew for good must not let the ledger grow.
    let outsideCount = try ledger.leftCount(outside: folder)
    surplus -= min(outsideCount, bound)
    var outsideSurplus = max(0, outsideCount - bound)
    // Two readings of folders instead of a question for every row.
    let names = Set(try incoming.names())
    let pictures = Set(try folders.quarantine.names())
    var last: Int64 = -1
    var count = 0
    while surplus > 0, !isStopping.value {
      let rows = try ledger.oldest(after: last, limit: min(surplus, 500))
      guard let end = rows.last else { break }
      last = end.number
      let prunable = try rows.filter { record in
        let isOutside = record.stayedOutside(folder)
        let isKept = isOutside && outsideSurplus == 0
        let isThere = !isOutside && names.contains(record.arrival.name)
        let status = isThere ? try incoming.status(of: record.arrival.name) : nil
        let isPrunable = record.isPrunable(
          isFileThere: isKept || status.map(record.arrival.isSameFile) ?? false,
          isPictureThere: record.destination.map { record.action == .quarantined && pictures.contains($0) } ?? false)
        if isPrunable && isOutside { outsideSurplus -= 1 }
        return isPrunable
      }
      let pruned = try ledger.prune(prunable.map(\.row))
      count += pruned
      surplus -= pruned
    }
    if count > 0 {
      sink.post(
        .purged,
        "\(count) old records were removed from the ledger: more than \(bound) "
          + "(retain_records)")
    }
  }
}
