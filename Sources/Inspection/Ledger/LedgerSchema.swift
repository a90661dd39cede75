internal import GRDB

/// The tables of the ledger, and the way to them from every earlier format.
enum LedgerSchema {
  /// The format that this version writes.
  static let version = 2

  /// Brings a ledger to the present format, within the transaction that is open.
  ///
  /// - Throws: `DatabaseError` for a format that only a later version knows.
  static func migrate(_ database: Database) throws {
    let found = try check(database)
    if found < 1 { try database.execute(sql: first) }
    if found < 2 { try database.execute(sql: second) }
    // The first ledgers of format 2 have none of these; who knows nothing of them works with them all the same.
    for (table, column, definition) in laterColumns
    where try !database.columns(in: table).contains(where: { $0.name == column }) {
      try database.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(column) \(definition)")
    }
    try database.execute(sql: laterIndexes)
    if try !database.tableExists("beginning") {
      let beginning = try LedgerBeginning.read(database)
      try database.execute(sql: LedgerBeginning.table)
      try beginning?.write(database)
    }
  }

  /// Columns that are added without another format: programs of before and after read and write the same ledger.
  private static let laterColumns = [
    ("inspection", "error_number", "INTEGER"), ("inspection", "folder_inode", "INTEGER"),
    ("inspection", "awaited", "INTEGER NOT NULL DEFAULT 0"),
    ("departure", "quarantine_device", "INTEGER"), ("departure", "quarantine_inode", "INTEGER"),
    ("inspection", "target_inode", "INTEGER"), ("departure", "place_inode", "INTEGER"),
    ("inspection", "target_apart", "INTEGER"), ("inspection", "regions", "TEXT"),
  ]

  private static let laterIndexes = """
    CREATE INDEX IF NOT EXISTS inspection_quarantined_recorded ON inspection (recorded, number) \
    WHERE action = 'quarantined';
    CREATE INDEX IF NOT EXISTS inspection_awaited ON inspection (folder_inode) WHERE awaited = 1;
    """

  /// The format of a ledger that may be read; 0 for an empty file.
  ///
  /// - Throws: `DatabaseError`: corrupt where there are tables without a format.
  static func check(_ database: Database) throws -> Int {
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    if found == 0, try database.tableExists("inspection") {
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT,
        message: "it holds inspections, and the number of its format is 0, expected 1 or more")
    }
    guard 0...version ~= found else {
      throw DatabaseError(
        message: "its format is version \(found), expected \(version): it was written by a newer ganomalyd; install "
          + "that one")
    }
    return found
  }

  private static let first = """
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

  /// What people said of pictures, where these went, which bytes are allowed, and rows that cannot be read.
  private static let second = """
    ALTER TABLE inspection ADD COLUMN reinspect INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX inspection_quarantined ON inspection (number) WHERE action = 'quarantined';
    CREATE INDEX inspection_noteworthy ON inspection (verdict, number) WHERE verdict <> 'normal';
    CREATE TABLE review (
      id TEXT NOT NULL PRIMARY KEY,
      label TEXT NOT NULL CHECK (label IN ('normal', 'anomaly')),
      time INTEGER NOT NULL, user INTEGER, user_name TEXT
    ) WITHOUT ROWID;
    CREATE TABLE departure (
      id TEXT NOT NULL PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('released', 'purged')),
      time INTEGER NOT NULL, user INTEGER, user_name TEXT,
      folder BLOB, name BLOB,
      state TEXT NOT NULL CHECK (state IN ('intended', 'done'))
    ) WITHOUT ROWID;
    CREATE INDEX departure_intended ON departure (id) WHERE state = 'intended';
    CREATE TABLE allowed (
      sha256 BLOB NOT NULL PRIMARY KEY, id TEXT NOT NULL, time INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE unreadable (
      number INTEGER PRIMARY KEY, found INTEGER NOT NULL, reason TEXT NOT NULL, content TEXT NOT NULL
    );
    PRAGMA user_version = 2;
    """
}
