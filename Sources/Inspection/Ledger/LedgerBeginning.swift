internal import GRDB
public import Linux

/// Since when a ledger has every inspection: before, pictures in quarantine are known that others are not.
///
/// A ledger that was new when its daemon first ran has all of them, and no beginning.
public struct LedgerBeginning: Sendable, Equatable {
  /// Why what was before is not whole.
  public enum Cause: String, Sendable {
    /// It was begun anew after damage, with the pictures in quarantine alone.
    case begunAnew = "begun-anew"
    /// Old records were removed, those of pictures in quarantine kept.
    case pruned
    /// An earlier version wrote it, which did not note these things.
    case upgraded
  }

  /// All that was recorded then and later is there.
  public let since: WallTime
  /// Why not what was before.
  public let cause: Cause

  /// The words for it, behind the time.
  public var reason: String {
    switch cause {
    case .begunAnew: "the ledger was begun anew then, with what was in quarantine"
    case .pruned: "older records were removed ('retain_records'), those of pictures in quarantine kept"
    case .upgraded: "an earlier version of ganomalyd wrote it, which did not note what it removed"
    }
  }

  /// The table, in every ledger of this version.
  static let table = """
    CREATE TABLE IF NOT EXISTS beginning (
      place INTEGER PRIMARY KEY CHECK (place = 1), since INTEGER NOT NULL, cause TEXT NOT NULL
    );
    """

  /// What a ledger says of itself; nil where it is whole.
  ///
  /// - Throws: `DatabaseError`: corrupt where it holds what no version ever wrote.
  static func read(_ database: Database) throws -> LedgerBeginning? {
    guard try database.tableExists("beginning") else {
      let hasRows = try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM inspection)") ?? false
      return hasRows ? LedgerBeginning(since: .now, cause: .upgraded) : nil
    }
    guard let row = try Row.fetchOne(database, sql: "SELECT since, cause FROM beginning") else { return nil }
    let fields = RowFields(row)
    guard let since = try? fields.required("since") as Int64, let cause = try? fields.token("cause") as Cause else {
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT, message: "its table 'beginning' has a value that it cannot have")
    }
    return LedgerBeginning(since: WallTime(nanoseconds: since), cause: cause)
  }

  /// Notes it, unless a later one is known already.
  func write(_ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO beginning (place, since, cause) VALUES (1, ?, ?) \
        ON CONFLICT (place) DO UPDATE SET since = excluded.since, cause = excluded.cause \
        WHERE excluded.since > since
        """, arguments: [since.nanoseconds, cause.rawValue])
  }
}

extension Ledger {
  /// Notes since when the ledger has everything.
  func note(_ beginning: LedgerBeginning) throws(InspectionError) {
    try writing { try beginning.write($0) }
  }
}

extension LedgerReader {
  /// Since when the ledger has every inspection; nil where it always had.
  ///
  /// - Throws: `InspectionError.ledger`.
  public func beginning() throws(InspectionError) -> LedgerBeginning? { try read { try LedgerBeginning.read($0) } }

  /// Rows that were recorded then or later, could not be read and were set aside.
  ///
  /// Their own times may be what cannot be read: their numbers tell, as these rise with time.
  ///
  /// - Throws: `InspectionError.ledger`.
  public func setAsideCount(since: WallTime) throws(InspectionError) -> Int {
    try read { database in
      guard try database.tableExists("unreadable") else { return 0 }
      return try Int.fetchOne(
        database,
        sql: """
          SELECT count(*) FROM unreadable WHERE found >= ? AND number > \
          (SELECT coalesce(max(number), 0) FROM inspection WHERE recorded < ?)
          """, arguments: [since.nanoseconds, since.nanoseconds]) ?? 0
    }
  }
}
