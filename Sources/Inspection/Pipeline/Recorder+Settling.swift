internal import Linux

/// What was begun and not brought to its end: by an earlier process, by a move that failed, or while the folder was away.
extension Recorder {
  // MARK: Trying again

  /// Tries the moves again whose time has come, a batch at a time.
  func retry(at now: ContinuousClock.Instant = .now) throws(Faults.SimulatedCrash) {
    let due = retries.takeDue(at: now)
    if !due.isEmpty { renewFolders() }
    for start in stride(from: 0, to: due.count, by: Self.batchCount) {
      let batch = due[start..<min(start + Self.batchCount, due.count)]
      if around.isStopping.value {
        // The rows stay intended: the next start settles them.
        for entry in batch { retries.putBack(entry, entry.record, at: now) }
        continue
      }
      try retry(Array(batch), at: now)
    }
    if retries.entries.isEmpty { moveReport.reset() }
  }

  private func retry(
    _ batch: [Retries.Entry], at now: ContinuousClock.Instant
  ) throws(Faults.SimulatedCrash) {
    // Their files were inspected anew, because somebody asked for that.
    let ids = batch.map(\.record.id)
    let ended = ledger.persist { ledger throws(InspectionError) in try ledger.ended(among: ids) } ?? []
    let batch = batch.filter { !ended.contains($0.record.id) }
    var ends: [(record: InspectionRecord, entry: Retries.Entry)] = []
    var waiting: [InspectionRecord] = []
    for (record, entry) in zip(try settle(batch.map { ($0.record, $0.incoming) }), batch) {
      // What failed again is in the ledger as it failed first, unless it failed of less: of its sidecar only.
      if record.state == .done || record.isFailing(after: entry.record) {
        ends.append((record, entry))
      } else {
        retries.putBack(entry, record, at: now)
        waiting.append(record)
      }
    }
    // That nothing was left in the folder is known after a restart, too.
    _ = write(waiting.filter { $0.targetInode == nil && $0.destination != nil })
    if ends.isEmpty { return }
    var records = ends.map(\.record)
    let isWritten = try conclude(&records, ends.map(\.entry.incoming))
    for (record, (_, entry)) in zip(records, ends) {
      // Not taken by the ledger: the row is settled again as it is there.
      let end = isWritten ? record : entry.record.bound(as: record)
      if end.state == .intended {
        retries.putBack(entry, end, at: now)
        if end.isFailing(after: entry.record) { announcer.post(end) }
      } else {
        announcer.post(end)
        around.metrics.countLateMove(end)
      }
    }
  }

  /// What is told of a file that stays though it was to be taken away.
  static func stayNote(_ record: InspectionRecord) -> String {
    let (what, why) =
      switch record.action {
      case .quarantined, .quarantineFailed: ("moved to 'quarantine'", "'on_anomaly' is 'leave' by now")
      case .passed: ("moved to 'passed'", "'on_normal' is 'leave' by now")
      case .rejected: ("moved to 'rejected'", "'on_unreadable' is 'leave' by now")
      case .deleted, .left: ("removed", "'on_normal' is not 'delete' any more")
      }
    return "'\(record.arrival.name)' of event \(record.id) was to be \(what), and stays in the watched folder: \(why)"
  }

  // MARK: After a crash

  /// Brings every intended row to its end, before anything new is inspected; where the ledger cannot be read or written,
  /// that is left to `run`, which tries again.
  ///
  /// - Returns: how many rows have come to their end; the others are tried again.
  func recover(incoming: Directory) throws(Faults.SimulatedCrash) -> Int {
    guard takeUpAsides(in: incoming, isWaiting: false) != nil,
      let records = ledger.persist(isWaiting: false, { ledger throws(InspectionError) in try ledger.intended() })
    else {
      unrecovered = incoming
      return 0
    }
    unrecovered = nil
    var endedCount = 0
    for start in stride(from: 0, to: records.count, by: Self.batchCount) {
      let batch = Array(records[start..<min(start + Self.batchCount, records.count)])
      // With the ledger blocked another attempt may wait for seconds, and nobody answers a signal yet.
      let ends = around.isBlocked.value ? batch : try recover(batch, incoming: incoming)
      for end in ends {
        if end.state == .done {
          endedCount += 1
          around.metrics.count(end)
        } else {
          retries.add(end, incoming: incoming, isRecovered: true)
        }
      }
    }
    return endedCount
  }

  /// - Returns: the records; as they are in the ledger where this did not take what they came to.
  private func recover(
    _ batch: [InspectionRecord], incoming: Directory
  ) throws(Faults.SimulatedCrash) -> [InspectionRecord] {
    let attempts = try settle(batch.map { ($0, incoming) }, isWaiting: false)
    var ends = attempts
    let isWritten = try conclude(&ends, ends.map { _ in incoming }, isWaiting: false)
    for (attempt, end) in zip(attempts, ends) {
      if attempt.state == .intended {
        announcer.post(end)
      } else if isWritten, end.state == .done, !around.sink.needsConfirmation {
        // Else its entry is sent with all others that the journal has not got.
        announcer.post(end)
      }
    }
    return isWritten ? ends : zip(batch, ends).map { before, end in end.state == .done ? before.bound(as: end) : end }
  }

  // MARK: A folder that is back

  /// Takes up what was interrupted before the watched folder went away, now that it is there: files that lie aside in it,
  /// and moves that are tried again.
  func welcome(_ folder: Directory) throws(Faults.SimulatedCrash) {
    if unrecovered != nil { unrecovered = folder }
    let isRedirected = retries.redirect(to: folder)
    guard let resumed = takeUpAsides(in: folder, isWaiting: true) else { return }
    for record in resumed { retries.add(record, incoming: folder, isRecovered: true, isDue: true) }
    let intended = ledger.persist { ledger throws(InspectionError) in try ledger.intended() }
    guard let intended else { return }
    do {
      let count = try SourceRemoval(faults: around.faults, incoming: folder)
        .giveBackAll(except: Set(intended.map(\.id)))
      if count > 0 { around.sink.post(.failed, SourceRemoval.note(count)) }
    } catch let crash as Faults.SimulatedCrash {
      throw crash
    } catch {
      around.sink.post(.failed, "\(error)")
    }
    // What a lane saw of these files meanwhile may have been said of rows that were at their end a moment later.
    if isRedirected || hasAwaited { around.mailbox.requestRereading() }
    hasAwaited = false
  }

  /// Makes those rows intended again that came to their end while the folder was away in which their files lie aside. Those
  /// whose files have not come back with it wait no more: what has such a file's name later is another arrival.
  ///
  /// - Returns: nil where the ledger or the folder cannot be read.
  private func takeUpAsides(in folder: Directory, isWaiting: Bool) -> [InspectionRecord]? {
    let ids: [String]
    let inode: UInt64
    do throws(LinuxError) {
      inode = try folder.status().inode
      ids = try SourceRemoval(faults: around.faults, incoming: folder).ids()
    } catch {
      around.sink.post(.failed, "\(error); what was to be removed there waits for the next start")
      return []
    }
    return ledger.persist(isWaiting: isWaiting) { ledger throws(InspectionError) in
      try ledger.endWaits(ledger.awaited(in: inode).filter { !ids.contains($0.id) && !$0.isThere(in: folder) })
      return try ledger.resume(ids)
    }
  }

  /// Finishes rows again whose files have come back with their folder.
  func finish(_ resumed: [Moving]) throws(Faults.SimulatedCrash) {
    if resumed.isEmpty { return }
    renewFolders()
    var records = try settle(resumed.map { ($0.record, $0.result.incoming) })
    for (index, moving) in resumed.enumerated() where records[index].action != moving.record.action {
      // What was told of its end is not what came of it.
      records[index].isJournalled = !announcer.isConfirmationWanted(records[index])
    }
    let isWritten = try conclude(
      &records, resumed.map(\.result.incoming), views: resumed.map(\.result.view))
    for (record, moving) in zip(records, resumed) {
      let end = isWritten || record.state == .intended ? record : moving.record.bound(as: record)
      if end.state == .intended {
        retries.add(end, incoming: moving.result.incoming)
        around.mailbox.post(moving.result.name, .recorded(moving.result.status))
      } else if end.action == .left, !end.missedItsFile {
        around.mailbox.post(moving.result.name, .recorded(moving.result.status))
      } else {
        around.mailbox.post(moving.result.name, end.reason == Reason.replaced ? .changed : .gone)
      }
      if end.action != moving.record.action { announcer.post(end) }
    }
  }
}

extension InspectionRecord {
  /// Whether its move to quarantine fails by now, where it had not failed before.
  fileprivate func isFailing(after former: InspectionRecord) -> Bool {
    action == .quarantineFailed && former.action != .quarantineFailed
  }

  /// Whether a folder is certainly another one than that in which the file was seen.
  func wasSeenElsewhere(than folder: Directory) -> Bool {
    guard let folderInode, let status = try? folder.status() else { return false }
    return status.inode != folderInode
  }

  /// Whether the file lies in a folder under its name, for all that can be known.
  fileprivate func isThere(in folder: Directory) -> Bool {
    do throws(LinuxError) {
      guard let status = try folder.status(of: arrival.name) else { return false }
      return InspectedFile.isAlike(self, status)
    } catch {
      return true
    }
  }
}
