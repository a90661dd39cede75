internal import GRDB

/// Rows whose moves wait: where their files may be, and their end by another way than the move.
extension Ledger {
  /// Writes down in which folders the files of a batch may be found, and nothing else, in one durable commit.
  func bind(_ records: [InspectionRecord]) throws(InspectionError) {
    if records.isEmpty { return }
    try writing { database in
      let statement = try database.cachedStatement(
        sql: "UPDATE inspection SET target_inode = ?, target_apart = ? WHERE id = ?")
      for record in records {
        try statement.execute(
          arguments: [record.targetInode.map { Int64(bitPattern: $0) }, record.isTargetApart, record.id])
        if database.changesCount > 0 { continue }
        // As with `finish`: the ledger was begun anew meanwhile.
        var missing = record
        missing.occurrence = try Self.nextOccurrence(of: record.arrival, database)
        _ = try Self.insert(missing, database)
      }
    }
  }

  /// Which of some rows are at their end.
  func ended(among ids: [String]) throws(InspectionError) -> Set<String> {
    if ids.isEmpty { return [] }
    let marks = Array(repeating: "?", count: ids.count).joined(separator: ", ")
    return try reading {
      try String.fetchSet(
        $0, sql: "SELECT id FROM inspection WHERE state = 'done' AND id IN (\(marks))",
        arguments: StatementArguments(ids))
    }
  }

  /// Ends a row whose move waits, as its file is inspected anew.
  static func end(_ row: InspectionRecord, _ database: Database) throws {
    var end = row.settled(by: .kept, isConfirmationWanted: false)
    end.detail = "it was to be moved, and was inspected anew before that was done"
    try database.execute(
      sql: """
        UPDATE inspection SET state = ?, action = ?, destination = ?, reason = ?, detail = ?, error_number = ? \
        WHERE number = ?
        """,
      arguments: [
        end.state.rawValue, end.action.rawValue, nil, end.reason, end.detail, end.errorNumber, row.number,
      ])
  }
}
