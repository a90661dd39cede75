private import Foundation
internal import GRDB
public import Linux
private import SystemPackage

/// The record of every inspection: one row an arrival, durable before a file is moved.
///
/// SQLite with a write-ahead log and full synchronisation: what a commit returned for survives a loss of power.
public final class Ledger: Sendable {
  /// The file's name in the state folder.
  public static let fileName = FileName("ledger.sqlite")!

  /// What became of a proposed record.
  enum Begun: Sendable, Equatable {
    /// It is in the ledger now.
    case inserted(InspectionRecord)
    /// The arrival was there already; nothing was added.
    case known(InspectionRecord)
  }

  /// Where the ledger lies, for messages.
  let path: String
  private let pool: DatabasePool

  /// Opens the ledger of a state folder, and makes it where there is none.
  ///
  /// - Parameter readerCount: threads that look things up at the same time.
  /// - Throws: `InspectionError.ledger`; `isDamaged` when the file is no ledger any more.
  public init(in state: Directory, readerCount: Int = 5) throws(InspectionError) {
    if try onSystem({ () throws(LinuxError) in try state.status(of: Self.fileName) }) == nil {
      // Readable for the group whatever the process's mask: SQLite gives its other files the same mode.
      try onSystem { () throws(LinuxError) in try state.write([], to: Self.fileName, mode: 0o640) }
    }
    let path = state.path.string + "/ledger.sqlite"
    self.path = path
    var configuration = Configuration()
    configuration.label = "ledger"
    configuration.maximumReaderCount = max(1, readerCount)
    configuration.busyMode = .timeout(10)
    pool = try Self.wrapped(path) {
      let pool = try DatabasePool(path: path, configuration: configuration)
      try pool.writeWithoutTransaction { database in
        // After opening: GRDB sets NORMAL itself, which may lose the last commits with the power.
        try database.execute(sql: "PRAGMA synchronous = FULL")
        try Self.checkSoundness(database)
      }
      try Self.migrate(pool)
      return pool
    }
  }

  /// Moves a damaged ledger aside; the next `init` begins a new one.
  ///
  /// - Returns: the name the damaged file has now.
  public static func setAside(in state: Directory, now: WallTime) throws(InspectionError) -> FileName {
    let target = FileName("ledger.sqlite.damaged-\(now.compact)")!
    try onSystem { () throws(LinuxError) in
      for suffix in ["", "-wal", "-shm"] {
        guard let name = FileName("ledger.sqlite" + suffix), try state.status(of: name) != nil else { continue }
        try state.rename(name, to: state, FileName(target.description + suffix)!, .replaceExisting)
      }
      try state.synchronize()
    }
    return target
  }

  // MARK: Recording

  /// Puts the records of a batch into the ledger in one durable commit.
  ///
  /// - Returns: for each, whether it is new.
  func begin(_ proposals: [InspectionRecord]) throws(InspectionError) -> [Begun] {
    try Self.wrapped(path) {
      try pool.write { database in try proposals.map { try Self.begin($0, database) } }
    }
  }

  private static func begin(_ proposal: InspectionRecord, _ database: Database) throws -> Begun {
    var record = proposal
    let earlier = try rows(of: proposal.arrival, database)
    if let last = earlier.first, !last.missedItsFile, !last.action.takesFileAway || last.state == .intended {
      if last.verdict == .error {
        if proposal.verdict == .error && proposal.reason == last.reason { return .known(last) }
        record.number = last.number
        record.id = last.id
        record.occurrence = last.occurrence
        try delete(last.number, database)
        return .inserted(try insert(record, database))
      }
      if last.digest == proposal.digest { return .known(last) }
    }
    record.occurrence = (earlier.map(\.occurrence).max() ?? -1) + 1
    return .inserted(try insert(record, database))
  }

  private static func insert(_ record: InspectionRecord, _ database: Database) throws -> InspectionRecord {
    var record = record
    let marks = Array(repeating: "?", count: InspectionRecord.columns.count).joined(separator: ", ")
    let statement = try database.cachedStatement(
      sql: "INSERT INTO inspection (\(InspectionRecord.columns.joined(separator: ", "))) VALUES (\(marks))")
    try statement.execute(arguments: record.arguments)
    record.number = database.lastInsertedRowID
    return record
  }

  private static func delete(_ number: Int64, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM inspection WHERE number = ?", arguments: [number])
  }

  /// Writes down what became of the files of a batch, in one durable commit.
  func finish(_ records: [InspectionRecord]) throws(InspectionError) {
    if records.isEmpty { return }
    try Self.wrapped(path) {
      try pool.write { database in
        let statement = try database.cachedStatement(
          sql: """
            UPDATE inspection SET action = ?, reason = ?, detail = ?, destination = ?, state = ?, journalled = ? \
            WHERE number = ?
            """)
        for record in records {
          try statement.execute(
            arguments: [
              record.action.rawValue, record.reason, record.detail, record.destination.map { Data($0.bytes) },
              record.state.rawValue, record.isJournalled, record.number,
            ])
        }
      }
    }
  }

  /// Notes that a file was renamed, linked or given other permissions, and holds the same bytes as before.
  func touch(_ number: Int64, changed: Int64) throws(InspectionError) {
    try Self.wrapped(path) {
      try pool.write {
        try $0.execute(sql: "UPDATE inspection SET ctime = ? WHERE number = ?", arguments: [changed, number])
      }
    }
  }

  /// Notes that entries are in the journal.
  func markJournalled(_ numbers: [Int64]) throws(InspectionError) {
    if numbers.isEmpty { return }
    try Self.wrapped(path) {
      try pool.write { database in
        let statement = try database.cachedStatement(sql: "UPDATE inspection SET journalled = 1 WHERE number = ?")
        for number in numbers { try statement.execute(arguments: [number]) }
      }
    }
  }

  // MARK: Looking up

  /// The newest record of an arrival; nil when it was never inspected, or only without success.
  func record(of arrival: Arrival) throws(InspectionError) -> InspectionRecord? {
    try Self.wrapped(path) { try pool.read { try Self.rows(of: arrival, $0).first } }
  }

  /// Records whose files are still to be moved or removed, oldest first.
  func intended() throws(InspectionError) -> [InspectionRecord] {
    try records("WHERE state = 'intended' ORDER BY number")
  }

  /// Records without a journal entry, oldest first.
  ///
  /// - Parameters:
  ///   - before: only those recorded earlier.
  ///   - limit: most that are given.
  func unjournalled(before: WallTime, limit: Int) throws(InspectionError) -> [InspectionRecord] {
    try records(
      "WHERE journalled = 0 AND state = 'done' AND recorded < ? ORDER BY number LIMIT ?", [before.nanoseconds, limit])
  }

  private func records(
    _ condition: String, _ arguments: StatementArguments = []
  ) throws(InspectionError) -> [InspectionRecord] {
    try Self.wrapped(path) {
      try pool.read { try Self.fetch("SELECT * FROM inspection " + condition, arguments, $0) }
    }
  }

  private static func rows(of arrival: Arrival, _ database: Database) throws -> [InspectionRecord] {
    try fetch(
      """
      SELECT * FROM inspection WHERE name = ? AND inode = ? AND device = ? AND size = ? AND mtime = ? \
      ORDER BY number DESC
      """,
      [
        Data(arrival.name.bytes), Int64(bitPattern: arrival.inode), Int64(bitPattern: arrival.device), arrival.size,
        arrival.modified,
      ], database)
  }

  static func fetch(
    _ query: String, _ arguments: StatementArguments, _ database: Database
  ) throws -> [InspectionRecord] {
    try Row.fetchAll(database.cachedStatement(sql: query), arguments: arguments).compactMap(InspectionRecord.init)
  }

  /// How hard SQLite works for durability: 2 is FULL.
  func synchronousLevel() throws(InspectionError) -> Int {
    try Self.wrapped(path) {
      try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }
  }

  // MARK: The file

  private static func checkSoundness(_ database: Database) throws {
    // The check reads every page: it is left out where that would keep the service waiting.
    let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
    guard pages < 25_000 else { return }
    let result = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
    if result != "ok" { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: result) }
  }

  private static func migrate(_ pool: DatabasePool) throws {
    try pool.write { database in
      let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      if version == 1 { return }
      guard version == 0 else {
        throw DatabaseError(
          message: "its format is version \(version), expected 1: it was written by a newer ganomalyd; install that one"
        )
      }
      try database.execute(sql: schema)
    }
  }

  private static let schema = """
    CREATE TABLE inspection (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      recorded INTEGER NOT NULL, arrived INTEGER NOT NULL,
      folder BLOB NOT NULL, name BLOB NOT NULL,
      device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
      ctime INTEGER NOT NULL, occurrence INTEGER NOT NULL,
      sha256 BLOB NOT NULL, width INTEGER, height INTEGER,
      score REAL, threshold REAL, p_value REAL,
      verdict TEXT NOT NULL, reason TEXT, detail TEXT,
      action TEXT NOT NULL, destination BLOB,
      model_sha256 TEXT, calibration_id TEXT,
      wait_usec INTEGER NOT NULL, decode_usec INTEGER NOT NULL, inference_usec INTEGER NOT NULL,
      attempt INTEGER NOT NULL, owner INTEGER NOT NULL, group_owner INTEGER NOT NULL, mode INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('intended', 'done')),
      journalled INTEGER NOT NULL,
      UNIQUE (name, inode, device, size, mtime, occurrence)
    );
    CREATE INDEX inspection_intended ON inspection (number) WHERE state = 'intended';
    CREATE INDEX inspection_unjournalled ON inspection (number) WHERE journalled = 0;
    CREATE INDEX inspection_recorded ON inspection (recorded);
    PRAGMA user_version = 1;
    """

  /// Runs work on the database, with its error as this module's.
  static func wrapped<Result>(_ path: String, _ body: () throws -> Result) throws(InspectionError) -> Result {
    do {
      return try body()
    } catch let error as DatabaseError {
      let isDamaged = [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
      throw .ledger(path: path, reason: error.message ?? "\(error.resultCode)", isDamaged: isDamaged)
    } catch {
      throw .ledger(path: path, reason: "\(error)", isDamaged: false)
    }
  }
}
