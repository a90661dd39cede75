private import Foundation
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

  /// How many rows there are of pictures that went to other folders than one, and have not left them for good.
  ///
  /// - Parameters:
  ///   - inode: number of the one; nil: all are others.
  ///   - isHere: whether a picture's name is seen in it all the same; such rows do not count.
  func pictureCount(outside inode: UInt64?, _ isHere: (FileName) -> Bool) throws(InspectionError) -> Int {
    try reading { database in
      let destinations = try Row.fetchCursor(
        database,
        sql: """
          SELECT destination FROM inspection WHERE action = 'quarantined' AND inspection.state = 'done' \
          AND (?1 IS NULL OR target_inode IS NOT ?1) \
          AND NOT EXISTS (SELECT 1 FROM departure WHERE departure.id = inspection.id AND departure.state = 'done')
          """, arguments: [inode.map { Int64(bitPattern: $0) }])
      var count = 0
      while let row = try destinations.next() {
        guard let bytes = Data.fromDatabaseValue(row[0] as DatabaseValue), let name = FileName(bytes: [UInt8](bytes))
        else { continue }
        if !isHere(name) { count += 1 }
      }
      return count
    }
  }

  /// The oldest rows behind a number, with all that came after them, oldest first.
  func oldest(after number: Int64, limit: Int) throws(InspectionError) -> [LedgerEntry] {
    try reading {
      try Row.fetchAll(
        $0, sql: LedgerEntry.selection + " WHERE inspection.number > ? ORDER BY inspection.number LIMIT ?",
        arguments: [number, limit]
      )
      .map(LedgerEntry.init)
    }
  }

  /// Removes rows and what hangs on them, in one commit; not one whose picture is still to leave quarantine.
  ///
  /// - Parameter reviewed: ids of those whose pictures may come back: what a person said of them stays.
  /// - Returns: how many were removed.
  func prune(_ rows: [RowKey], keepingReviewsOf reviewed: Set<String> = []) throws(InspectionError) -> Int {
    if rows.isEmpty { return 0 }
    return try writing { database in
      var count = 0
      var last: Int64?
      for row in rows {
        // As it is now: the file may have been asked for again meanwhile.
        let condition = """
          number = ? AND id = ? AND state = 'done' AND reinspect = 0 AND NOT EXISTS \
          (SELECT 1 FROM departure WHERE departure.id = inspection.id AND departure.state = 'intended')
          """
        let recorded = try Int64.fetchOne(
          database, sql: "SELECT recorded FROM inspection WHERE \(condition)", arguments: [row.number, row.id])
        try database.execute(sql: "DELETE FROM inspection WHERE \(condition)", arguments: [row.number, row.id])
        guard database.changesCount > 0 else { continue }
        count += 1
        last = max(last ?? 0, recorded ?? 0)
        if !reviewed.contains(row.id) {
          try database.execute(sql: "DELETE FROM review WHERE id = ?", arguments: [row.id])
        }
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

extension LedgerEntry {
  /// Whether the picture went to another quarantine than the one that is there now, and has not left it for good.
  ///
  /// - Parameter inode: number of the folder that is there now; nil: it is not where it should be.
  func isPicture(outside inode: UInt64?) -> Bool {
    guard isInQuarantine else { return false }
    return inode == nil || record.targetInode != inode
  }
}
