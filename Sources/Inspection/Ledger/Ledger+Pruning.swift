internal import GRDB
internal import Linux

/// The ledger's size is bounded: the oldest rows go, except those that still say something about a file.
extension Ledger {
  /// How many rows there are more than a limit; 0 for none.
  func rowCount(above limit: Int) throws(InspectionError) -> Int {
    try reading { database in
      // Numbers rise and are never used again: their span tells at once that there cannot be too many.
      let first = try Int64.fetchOne(database, sql: "SELECT min(number) FROM inspection") ?? 0
      let last = try Int64.fetchOne(database, sql: "SELECT max(number) FROM inspection") ?? -1
      if last - first + 1 <= Int64(limit) { return 0 }
      let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM inspection") ?? 0
      return max(0, count - limit)
    }
  }

  /// Whether there is a row of that event.
  func holds(_ id: String) throws(InspectionError) -> Bool {
    try reading { database in
      try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM inspection WHERE id = ?)", arguments: [id])
        ?? false
    }
  }

  /// How many rows there are of files that stayed in other folders than one.
  func leftCount(outside inode: UInt64) throws(InspectionError) -> Int {
    try reading { database in
      try Int.fetchOne(
        database, sql: "SELECT count(*) FROM inspection WHERE action = 'left' AND folder_inode <> ?",
        arguments: [Int64(bitPattern: inode)]) ?? 0
    }
  }

  /// The oldest rows behind a number, oldest first.
  func oldest(after number: Int64, limit: Int) throws(InspectionError) -> [InspectionRecord] {
    try records("WHERE number > ? ORDER BY number LIMIT ?", [number, limit])
  }

  /// Removes rows and what hangs on them, in one commit.
  ///
  /// - Returns: how many were removed.
  func prune(_ rows: [RowKey]) throws(InspectionError) -> Int {
    if rows.isEmpty { return 0 }
    return try writing { database in
      var count = 0
      var last: Int64?
      for row in rows {
        // As it is now: the file may have been asked for again meanwhile.
        let condition = "number = ? AND id = ? AND state = 'done' AND reinspect = 0"
        let recorded = try Int64.fetchOne(
          database, sql: "SELECT recorded FROM inspection WHERE \(condition)", arguments: [row.number, row.id])
        try database.execute(sql: "DELETE FROM inspection WHERE \(condition)", arguments: [row.number, row.id])
        guard database.changesCount > 0 else { continue }
        count += 1
        last = max(last ?? 0, recorded ?? 0)
        try database.execute(sql: "DELETE FROM review WHERE id = ?", arguments: [row.id])
        try database.execute(sql: "DELETE FROM departure WHERE id = ?", arguments: [row.id])
      }
      // Those of pictures in quarantine stay: of the time before, the ledger has the anomalies alone.
      if let last { try LedgerBeginning(since: WallTime(nanoseconds: last + 1), cause: .pruned).write(database) }
      return count
    }
  }
}

extension InspectionRecord {
  /// Whether the row says nothing any more that anybody needs: a pure decision.
  ///
  /// - Parameters:
  ///   - isFileThere: whether the inspected file still lies in the watched folder.
  ///   - isPictureThere: whether the picture still lies in quarantine.
  func isPrunable(isFileThere: Bool, isPictureThere: Bool) -> Bool {
    state == .done && isJournalled && !isToBeReinspected && !isAwaited && !isFileThere && !isPictureThere
  }

  /// Whether its file stayed in another folder than the one that is there now, and may come back with it.
  ///
  /// - Parameter inode: number of the folder that is there now.
  func stayedOutside(_ inode: UInt64) -> Bool {
    guard let folderInode else { return false }
    return action == .left && folderInode != inode
  }
}
