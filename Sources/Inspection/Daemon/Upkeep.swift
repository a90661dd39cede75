internal import Linux
private import Synchronization

/// What is due once an hour on a thread of its own: pictures whose time in quarantine is over, rows beyond the bound.
final class Upkeep: Sendable {
  /// Time between two runs.
  static let interval = Duration.seconds(3600)

  private struct Turn {
    var last: ContinuousClock.Instant?
    var isRunning = false
  }

  private let ledger: Shared<Ledger>
  private let folders: SpoolFolders
  private let settings: Shared<Settings>
  private let sink: RecordSink
  private let isStopping: Shared<Bool>
  private let faults: Faults
  private let turn = Mutex(Turn())

  /// Upkeep that has not run yet.
  init(
    ledger: Shared<Ledger>, folders: SpoolFolders, settings: Shared<Settings>, sink: RecordSink,
    isStopping: Shared<Bool>, faults: Faults
  ) {
    self.ledger = ledger
    self.folders = folders
    self.settings = settings
    self.sink = sink
    self.isStopping = isStopping
    self.faults = faults
  }

  /// Begins a run on its thread where one is due and none is running; returns at once.
  ///
  /// - Parameter now: the time that the interval is counted by.
  func beginIfDue(now: ContinuousClock.Instant) {
    let isDue = turn.withLock { turn in
      if turn.isRunning { return false }
      if let last = turn.last, now - last < Self.interval { return false }
      turn.last = now
      turn.isRunning = true
      return true
    }
    guard isDue else { return }
    _ = PlainThread(name: "upkeep") { [self] in
      run(now: .now)
      turn.withLock { $0.isRunning = false }
    }
  }

  /// Does what is due, once.
  ///
  /// - Parameter now: the time that ages are counted by.
  func run(now: WallTime) {
    do { try purge(now: now) } catch is Faults.SimulatedCrash { return } catch {
      sink.post(.failed, "pictures whose time in quarantine is over could not all be removed: \(error)")
    }
    do { try prune() } catch {
      sink.post(.failed, "the ledger could not be kept within its bound: \(error)")
    }
  }

  // MARK: Quarantine

  private func purge(now: WallTime) throws {
    let settings = settings.value
    guard settings.retain != nil || settings.retainBytes != nil else { return }
    let lock: FileLock?
    do throws(InspectionError) {
      lock = try QuarantineLock.take(folders.quarantine, waitingAtMost: .zero)
    } catch {
      // A person works there: at the next turn, which is soon.
      if case .command = error { return turn.withLock { $0.last = nil } }
      throw error
    }
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
    let plan = PurgePlan(rule: rule, ledger: ledger.value) { _ throws(LinuxError) in folder }
    _ = try plan.run(now: now) { batch in
      if isStopping.value { return false }
      try Departures(ledger: ledger.value, faults: faults).purge(batch, from: folder, user: nil, now: now) { record in
        count += 1
        bytes += record.arrival.size
      }
      return true
    }
  }

  private static func reason(_ settings: Settings) -> String {
    [
      settings.retain.map { "older than \(Int64($0 / .seconds(1)) / 3600) h (retain)" },
      settings.retainBytes.map { "more than \($0) bytes together (retain_bytes)" },
    ].compactMap(\.self).joined(separator: ", or ")
  }

  // MARK: Ledger

  private func prune() throws {
    let ledger = ledger.value
    var surplus = try ledger.rowCount(above: settings.value.retainRecords)
    if surplus == 0 { return }
    let incoming = try folders.openIncoming()
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
        let isThere = names.contains(record.arrival.name)
        let status = isThere ? try incoming.status(of: record.arrival.name) : nil
        return record.isPrunable(
          isFileThere: status.map { Arrival(name: record.arrival.name, status: $0) == record.arrival } ?? false,
          isPictureThere: record.destination.map { record.action == .quarantined && pictures.contains($0) } ?? false)
      }
      let pruned = try ledger.prune(prunable.map(\.row))
      count += pruned
      surplus -= pruned
    }
    if count > 0 {
      sink.post(
        .purged,
        "\(count) old records were removed from the ledger: more than \(settings.value.retainRecords) "
          + "(retain_records)")
    }
  }
}
