private import Foundation
internal import GRDB
public import Linux
private import Synchronization
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
    /// The arrival was there already, and its row finished while the file was away: it is intended again.
    case resumed(InspectionRecord)
  }

  /// Where the ledger lies, for messages.
  let path: String
  private let pool: LedgerConnections
  private let notes = Mutex<[String]>([])

  /// Opens the ledger of a state folder, and makes it where there is none.
  ///
  /// - Parameter readerCount: threads that look things up at the same time.
  /// - Throws: `InspectionError.ledger`; `isDamaged` when the file is no ledger any more.
  public convenience init(in state: Directory, readerCount: Int = 5) throws(InspectionError) {
    try LedgerRepair.adoptRebuilt(in: state)
    try self.init(in: state, Self.fileName, readerCount: readerCount)
  }

  /// Opens a ledger under any name, and makes it where there is none.
  convenience init(in state: Directory, _ name: FileName, readerCount: Int) throws(InspectionError) {
    if try onSystem({ () throws(LinuxError) in try state.status(of: name) }) == nil {
      // Readable for the group whatever the process's mask: SQLite gives its other files the same mode.
      try onSystem { () throws(LinuxError) in try state.write([], to: name, mode: 0o640) }
    }
    let path = state.path.string + "/\(name)"
    try self.init(path: path, readerCount: readerCount, isChecked: true)
  }

  /// Opens the ledger of a state folder for a command, beside a daemon that may be running; makes none.
  ///
  /// - Throws: `InspectionError.ledger` where there is none.
  convenience init(existingIn state: Directory) throws(InspectionError) {
    let path = state.path.string + "/\(Self.fileName)"
    guard try onSystem({ () throws(LinuxError) in try state.status(of: Self.fileName) }) != nil else {
      throw .ledger(path: path, reason: "there is none yet: no daemon has worked here", isDamaged: false)
    }
    // Whether all pages are sound is for the daemon to find out and to repair.
    try self.init(path: path, readerCount: 2, isChecked: false)
  }

  private init(path: String, readerCount: Int, isChecked: Bool) throws(InspectionError) {
    self.path = path
    var configuration = Configuration()
    configuration.label = "ledger"
    configuration.maximumReaderCount = max(1, readerCount)
    configuration.busyMode = .timeout(10)
    // Of every connection, and there are as many as lanes and more: half a megabyte each, where SQLite would take two.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -512") }
    pool = try Self.wrapped(path) {
      let pool = try DatabasePool(path: path, configuration: configuration)
      try pool.writeWithoutTransaction { database in
        // After opening: GRDB sets NORMAL itself, which may lose the last commits with the power.
        try database.execute(sql: "PRAGMA synchronous = FULL")
        if isChecked { try Self.checkSoundness(database) }
      }
      try pool.write { try LedgerSchema.migrate($0) }
      return LedgerConnections(pool)
    }
  }

  /// Moves a damaged ledger aside; the next `init` begins a new one.
  ///
  /// - Returns: the name the damaged file has now.
  public static func setAside(in state: Directory, now: WallTime) throws(InspectionError) -> FileName {
    var target = FileName("ledger.sqlite.damaged-\(now.compact)")!
    try onSystem { () throws(LinuxError) in
      var count = 1
      while try isTaken(target, in: state) {
        count += 1
        target = FileName("ledger.sqlite.damaged-\(now.compact)-\(count)")!
      }
      for (name, newName) in zip(files(fileName), files(target)) where try state.status(of: name) != nil {
        try state.rename(name, to: state, newName, .refuseExisting)
      }
      try state.synchronize()
    }
    return target
  }

  private static func isTaken(_ name: FileName, in state: Directory) throws(LinuxError) -> Bool {
    for file in files(name) where try state.status(of: file) != nil { return true }
    return false
  }

  /// A database's file, and those that SQLite puts beside it.
  static func files(_ name: FileName) -> [FileName] {
    [name] + ["-wal", "-shm"].map { FileName(bytes: name.bytes + Array($0.utf8))! }
  }

  /// Ends all work on the file; whoever still looks something up gets an error.
  ///
  /// A connection that ends after its file was renamed would remove the log of the file that took the name.
  func close() throws(InspectionError) { try Self.wrapped(path) { try pool.close() } }

  // MARK: Recording

  /// Puts the records of a batch into the ledger in one durable commit.
  ///
  /// - Returns: for each, whether it is new.
  func begin(_ proposals: [InspectionRecord]) throws(InspectionError) -> [Begun] {
    try writing { database in try proposals.map { try Self.begin($0, database) } }
  }

  private static func begin(_ proposal: InspectionRecord, _ database: Database) throws -> Begun {
    var record = proposal
    let newest = try newest(of: proposal.arrival, database)
    if let last = newest, last.stands {
      if last.verdict == .error {
        if proposal.verdict == .error && proposal.reason == last.reason { return .known(last) }
        return .inserted(try replace(last, by: record, database))
      }
      if last.digest == proposal.digest { return .known(last) }
    }
    if let newest, newest.isAwaited, newest.isOf(proposal) {
      // The very file, back with its folder: one arrival, one row.
      if !newest.action.takesFileAway { return .inserted(try replace(newest, by: record, database)) }
      if let resumed = try resume(newest, database) { return .resumed(resumed) }
    }
    // Only rows of the very arrival count; where there is one, the newest row is one of them.
    let isAnother = newest.map { $0.arrival.device == proposal.arrival.device } ?? false
    record.occurrence = isAnother ? try nextOccurrence(of: proposal.arrival, database) : 0
    if let newest, newest.isToBeReinspected {
      try database.execute(sql: "UPDATE inspection SET reinspect = 0 WHERE number = ?", arguments: [newest.number])
      if newest.state == .intended { try end(newest, database) }
    }
    return .inserted(try insert(record, database))
  }

  /// Puts a record in the place of the row that says less of the same arrival, under the id that this has.
  private static func replace(
    _ row: InspectionRecord, by proposal: InspectionRecord, _ database: Database
  ) throws -> InspectionRecord {
    var record = proposal
    record.number = row.number
    record.id = row.id
    record.occurrence = row.occurrence
    if proposal.destination != nil {
      record.destination = DestinationName.make(for: record.arrival.name, id: record.id, time: record.recorded)
    }
    try delete(row.number, database)
    return try insert(record, database)
  }

  /// Makes a row intended again whose file was not seen to go.
  ///
  /// - Returns: nil where the picture has left quarantine meanwhile: that row is about another's end.
  private static func resume(_ row: InspectionRecord, _ database: Database) throws -> InspectionRecord? {
    try database.execute(
      sql: """
        UPDATE inspection SET state = 'intended', awaited = 0 WHERE id = ? AND state = 'done' AND awaited = 1 \
        AND NOT EXISTS (SELECT 1 FROM departure WHERE departure.id = inspection.id)
        """, arguments: [row.id])
    guard database.changesCount == 1 else { return nil }
    var record = row
    (record.state, record.isAwaited) = (.intended, false)
    return record
  }

  /// Makes those rows intended again whose files were to be removed, and turned up where only we put them.
  ///
  /// - Parameter ids: of the files' events.
  /// - Returns: those rows; not one that was never finished, or whose file was seen to go.
  func resume(_ ids: [String]) throws(InspectionError) -> [InspectionRecord] {
    if ids.isEmpty { return [] }
    return try writing { database in
      try ids.compactMap { id in
        let found = try Self.fetch("SELECT * FROM inspection WHERE id = ? AND awaited = 1", [id], database).first
        guard let found, found.action.takesFileAway else { return nil }
        return try Self.resume(found, database)
      }
    }
  }

  /// Rows that wait for their files to come back with the folder of a number.
  func awaited(in inode: UInt64) throws(InspectionError) -> [InspectionRecord] {
    try records("WHERE awaited = 1 AND folder_inode = ?", [Int64(bitPattern: inode)])
  }

  /// Notes that files have not come back with their folder.
  func endWaits(_ records: [InspectionRecord]) throws(InspectionError) {
    if records.isEmpty { return }
    try writing { database in
      let statement = try database.cachedStatement(sql: "UPDATE inspection SET awaited = 0 WHERE id = ?")
      for record in records { try statement.execute(arguments: [record.id]) }
    }
  }

  static func insert(_ record: InspectionRecord, _ database: Database) throws -> InspectionRecord {
    var record = record
    let statement = try database.cachedStatement(sql: insertion)
    // Not checked: there is one for each mark. It traps where the statement's last run failed; such a one is not in the
    // library's cache any more, from where statements come.
    statement.setUncheckedArguments(record.arguments)
    try statement.execute()
    record.number = database.lastInsertedRowID
    return record
  }

  private static let insertion: String = {
    let marks = Array(repeating: "?", count: InspectionRecord.columns.count).joined(separator: ", ")
    return "INSERT INTO inspection (\(InspectionRecord.columns.joined(separator: ", "))) VALUES (\(marks))"
  }()

  private static func delete(_ number: Int64, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM inspection WHERE number = ?", arguments: [number])
  }

  /// Writes down what became of the files of a batch, in one durable commit. Rows are found by their ids: their numbers
  /// are others once the ledger was begun anew.
  ///
  /// An unreadable file has one entry, also when it is moved later: the record may be older than that.
  func finish(_ records: [InspectionRecord]) throws(InspectionError) {
    if records.isEmpty { return }
    try Self.wrapped(path) {
      try pool.write { database in
        let statement = try database.cachedStatement(
          sql: """
            UPDATE inspection SET action = ?, reason = ?, detail = ?, error_number = ?, destination = ?, state = ?, \
            awaited = ?, target_inode = ?, target_apart = ?, \
            journalled = CASE WHEN verdict = 'unreadable' THEN journalled OR ? ELSE ? END WHERE id = ?
            """)
        for record in records {
          try statement.execute(
            arguments: [
              record.action.rawValue, record.reason, record.detail, record.errorNumber,
              record.destination.map { Data($0.bytes) }, record.state.rawValue, record.isAwaited,
              record.targetInode.map { Int64(bitPattern: $0) }, record.isTargetApart, record.isJournalled,
              record.isJournalled, record.id,
            ])
          if database.changesCount > 0 { continue }
          // The ledger was begun anew meanwhile: the row is written as it should have been.
          var missing = record
          missing.occurrence = try Self.nextOccurrence(of: record.arrival, database)
          _ = try Self.insert(missing, database)
        }
      }
    }
  }

  /// Notes that a file was renamed, linked or given other permissions, or that its file system was mounted again, and
  /// holds the same bytes as before.
  ///
  /// - Parameter status: the file as it is now.
  func touch(_ id: String, _ status: FileStatus) throws(InspectionError) {
    try Self.wrapped(path) {
      try pool.write {
        try $0.execute(
          sql: "UPDATE OR IGNORE inspection SET ctime = ?, device = ? WHERE id = ?",
          arguments: [status.changed, Int64(bitPattern: status.device), id])
      }
    }
  }

  /// Notes that entries are in the journal; a row that is no longer there, or is another's by now, stays as it is.
  func markJournalled(_ rows: [RowKey]) throws(InspectionError) {
    if rows.isEmpty { return }
    try Self.wrapped(path) {
      try pool.write { database in
        let statement = try database.cachedStatement(
          sql: "UPDATE inspection SET journalled = 1 WHERE number = ? AND id = ?")
        for row in rows { try statement.execute(arguments: [row.number, row.id]) }
      }
    }
  }

  // MARK: Looking up

  /// The newest record of an arrival; nil when it was never inspected, or only without success.
  func record(of arrival: Arrival) throws(InspectionError) -> InspectionRecord? {
    try reading { try Self.newest(of: arrival, $0) }
  }

  /// The same of many arrivals, in their order.
  func records(of arrivals: [Arrival]) throws(InspectionError) -> [InspectionRecord?] {
    if arrivals.isEmpty { return [] }
    return try withoutUnreadable {
      try pool.readLoosely { database in
        // One lock of the file for all of them, by statements that stay prepared.
        let end = try database.cachedStatement(sql: "ROLLBACK")
        try database.cachedStatement(sql: "BEGIN").execute()
        defer { try? end.execute() }
        return try arrivals.map { try Self.newest(of: $0, database) }
      }
    }
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
    // What failed and is tried again has an entry of its own; what is still to come has none yet.
    try records(
      """
      WHERE journalled = 0 AND (state = 'done' OR action = 'quarantine-failed') AND recorded < ? \
      ORDER BY number LIMIT ?
      """, [before.nanoseconds, limit])
  }

  /// Whether there is no inspection at all.
  func isEmpty() throws(InspectionError) -> Bool {
    try reading { try Bool.fetchOne($0, sql: "SELECT NOT EXISTS (SELECT 1 FROM inspection)") ?? true }
  }

  func records(
    _ condition: String, _ arguments: StatementArguments = []
  ) throws(InspectionError) -> [InspectionRecord] {
    try reading { try Self.fetch("SELECT * FROM inspection " + condition, arguments, $0) }
  }

  static func newest(of arrival: Arrival, _ database: Database) throws -> InspectionRecord? {
    let search = try database.cachedStatement(
      sql: """
        SELECT number FROM inspection WHERE name = ? AND inode = ? AND size = ? AND mtime = ? \
        ORDER BY device = ? DESC, number DESC LIMIT 1
        """)
    // Nearly always there is none, and a number is found in a tenth of the time of a row with its columns' names.
    let number = try Int64.fetchOne(
      search,
      arguments: [
        Data(arrival.name.bytes), Int64(bitPattern: arrival.inode), arrival.size, arrival.modified,
        Int64(bitPattern: arrival.device),
      ])
    guard let number else { return nil }
    // A file system that was mounted again may have another number; whether it is the same file, its bytes tell.
    return try fetch("SELECT * FROM inspection WHERE number = ?", [number], database)
      .first { $0.arrival.device == arrival.device || $0.stands || $0.isAwaited }
  }

  /// The number that the next of arrivals that nothing else tells apart has.
  static func nextOccurrence(of arrival: Arrival, _ database: Database) throws -> Int {
    let statement = try database.cachedStatement(
      sql: "SELECT coalesce(max(occurrence), -1) + 1 FROM inspection WHERE \(isArrival)")
    return try Int.fetchOne(statement, arguments: arguments(arrival)) ?? 0
  }

  private static let isArrival = "name = ? AND inode = ? AND device = ? AND size = ? AND mtime = ?"

  private static func arguments(_ arrival: Arrival) -> StatementArguments {
    [
      Data(arrival.name.bytes), Int64(bitPattern: arrival.inode), Int64(bitPattern: arrival.device), arrival.size,
      arrival.modified,
    ]
  }

  static func fetch(
    _ query: String, _ arguments: StatementArguments, _ database: Database
  ) throws -> [InspectionRecord] {
    try Row.fetchAll(database.cachedStatement(sql: query), arguments: arguments).map(InspectionRecord.init)
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

  /// Looks something up; a row that cannot be read is set aside, and hides no other.
  func reading<Result>(_ body: (Database) throws -> Result) throws(InspectionError) -> Result {
    try withoutUnreadable { try pool.read(body) }
  }

  /// Changes something in one durable commit; a row that cannot be read is set aside, and hides no other.
  func writing<Result>(_ body: (Database) throws -> Result) throws(InspectionError) -> Result {
    try withoutUnreadable { try pool.write(body) }
  }

  private func withoutUnreadable<Result>(_ body: () throws -> Result) throws(InspectionError) -> Result {
    try Self.wrapped(path) {
      while true {
        do {
          return try body()
        } catch let row as UnreadableRow {
          // Outside the transaction that met it, which has left no trace.
          try pool.write { try row.setAside(in: $0) }
          notes.withLock { $0.append(row.note) }
        }
      }
    }
  }

  /// Sentences about rows that were set aside since the last time.
  func takeNotes() -> [String] {
    notes.withLock { notes in
      defer { notes = [] }
      return notes
    }
  }

  /// Runs work on the database, with its error as this module's.
  static func wrapped<Result>(_ path: String, _ body: () throws -> Result) throws(InspectionError) -> Result {
    do {
      return try body()
    } catch let error as DatabaseError {
      // Constraints and types hold in every ledger that only we wrote; MISUSE is one that a repair closed and could
      // not replace.
      let damage: [ResultCode] = [
        .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_MISUSE,
      ]
      let isDamaged = damage.contains(error.resultCode)
      throw .ledger(path: path, reason: error.message ?? "\(error.resultCode)", isDamaged: isDamaged)
    } catch {
      throw .ledger(path: path, reason: "\(error)", isDamaged: false)
    }
  }
}
