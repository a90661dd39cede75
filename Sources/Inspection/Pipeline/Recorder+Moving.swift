internal import Linux

/// Moves of a batch, with what the ledger has to know before them: where the file may be found after a crash.
extension Recorder {
  /// Moves the files of a batch whose intents were written just now.
  func move(_ moved: inout [Moving]) throws(Faults.SimulatedCrash) {
    // Another folder has come to the path since the intent was written; nothing was begun in the former one.
    let displaced = moved.indices.filter { mover.isTargetReplaced(moved[$0].record) }
    for index in displaced { moved[index].record.targetInode = nil }
    let ends = try settle(displaced.map { (moved[$0].record, moved[$0].result.incoming) })
    for (index, end) in zip(displaced, ends) { moved[index].record = end }

    let results = moved.map(\.result)
    var records = moved.map(\.record)
    let placed = moved.indices.filter { !displaced.contains($0) }
    let outcomes = try attempt(&records, placed, isWaiting: true) { index, record throws(Faults.SimulatedCrash) in
      try mover.perform(record, incoming: results[index].incoming, opened: results[index].file)
    }
    for index in placed {
      moved[index].record = outcomes[index].map { settled(records[index], $0) } ?? records[index]
      report(moved[index].record)
    }
  }

  /// Brings the work on the files of records to its end, as far as that is possible now.
  ///
  /// - Parameters:
  ///   - moves: the records, each with the watched folder.
  ///   - isWaiting: whether the ledger is waited for.
  /// - Returns: what they came to, in the same order; as they were where the ledger does not take where they go.
  func settle(
    _ moves: [(record: InspectionRecord, incoming: Directory)], isWaiting: Bool = true
  ) throws(Faults.SimulatedCrash) -> [InspectionRecord] {
    let stays = moves.map {
      Disposition.isStayWanted(insteadOf: $0.record.action, settings: around.settings.value)
    }
    var records = moves.map(\.record)
    let redirected = moves.indices.map { stays[$0] ? nil : mover.redirected(records[$0], incoming: moves[$0].incoming) }
    // Written down before the files go there: after a crash they are looked for there, and nowhere else.
    let isWritten = write(redirected.compactMap(\.self), isWaiting: isWaiting)
    if isWritten { for index in records.indices { records[index] = redirected[index] ?? records[index] } }
    let able = records.indices.filter { isWritten || redirected[$0] == nil }
    let outcomes = try attempt(&records, able, isWaiting: isWaiting) { index, record throws(Faults.SimulatedCrash) in
      try mover.settle(record, incoming: moves[index].incoming, isStayWanted: stays[index])
    }
    for index in able {
      guard let outcome = outcomes[index] else { continue }
      if outcome == .kept { around.sink.post(.failed, priority: 5, Self.stayNote(records[index])) }
      let isElsewhere = records[index].wasSeenElsewhere(than: moves[index].incoming)
      records[index] = settled(records[index], outcome, isElsewhere: isElsewhere)
      if records[index].isAwaited { hasAwaited = true }
      report(records[index])
    }
    return records
  }

  /// Writes down where files go, or that nothing was left there.
  ///
  /// - Returns: whether the ledger took it.
  func write(_ bound: [InspectionRecord], isWaiting: Bool = true) -> Bool {
    if bound.isEmpty { return true }
    let done: Void? = ledger.persist(isWaiting: isWaiting) { ledger throws(InspectionError) in try ledger.bind(bound) }
    return done != nil
  }

  /// Tries moves, and once more those that have to be copied, when their rows say so.
  ///
  /// - Parameters:
  ///   - records: of which those that have to be copied get to say so.
  ///   - indices: of those to be tried.
  /// - Returns: an outcome for each record; nil for those that were not tried, and where the ledger did not take it.
  private func attempt(
    _ records: inout [InspectionRecord], _ indices: [Int], isWaiting: Bool,
    _ body: (Int, InspectionRecord) throws(Faults.SimulatedCrash) -> Mover.Outcome
  ) throws(Faults.SimulatedCrash) -> [Mover.Outcome?] {
    var outcomes = [Mover.Outcome?](repeating: nil, count: records.count)
    for index in indices {
      heartbeat.beat()
      outcomes[index] = try body(index, records[index])
    }
    let copies = indices.filter { outcomes[$0] == .toBeCopied }
    for index in copies {
      records[index].isTargetApart = true
      outcomes[index] = nil
    }
    guard write(copies.map { records[$0] }, isWaiting: isWaiting) else { return outcomes }
    for index in copies {
      heartbeat.beat()
      outcomes[index] = try body(index, records[index])
    }
    return outcomes
  }
}
