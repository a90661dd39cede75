private import Foundation
internal import GRDB
internal import Linux

/// What people decide about pictures, and how these leave quarantine.
extension Ledger {
  /// Writes down what a person says of a picture; the later word counts. The bytes of an anomaly are allowed no more.
  func review(_ id: String, _ review: Review) throws(InspectionError) {
    try writing { database in
      try Self.put(review, id, database)
      if review.label == .anomaly { try Self.revoke(id, database) }
    }
  }

  /// Writes down, in one durable commit, that pictures are to leave quarantine.
  ///
  /// The bytes of what is released are allowed from then on: the daemon may meet them before the command goes on.
  ///
  /// - Parameters:
  ///   - quarantine: the folder that they leave, where it is known.
  ///   - place: the folder that they go to, where it is known.
  /// - Returns: those that are to leave by this; not one that has left, or is to leave in another way, or whose row is not
  ///   at its end: a move that is taken up again meanwhile comes first.
  func beginDepartures(
    _ records: [InspectionRecord], _ departure: Departure, from quarantine: FolderIdentity? = nil,
    to place: FolderIdentity? = nil
  ) throws(InspectionError) -> [InspectionRecord] {
    try writing { database in
      var begun: [InspectionRecord] = []
      for record in records {
        try database.execute(
          sql: """
            INSERT INTO departure (id, kind, time, user, user_name, folder, name, quarantine_device, quarantine_inode, \
            place_inode, state) SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intended' FROM inspection \
            WHERE id = ? AND state = 'done' AND action = 'quarantined' \
            ON CONFLICT (id) DO UPDATE SET time = excluded.time, user = excluded.user, \
            user_name = excluded.user_name, folder = excluded.folder, name = excluded.name, \
            quarantine_device = excluded.quarantine_device, quarantine_inode = excluded.quarantine_inode, \
            place_inode = excluded.place_inode \
            WHERE departure.kind = excluded.kind AND departure.state = 'intended'
            """,
          arguments: [
            departure.kind.rawValue, departure.time.nanoseconds, departure.user.map { Int64($0.number) },
            departure.user?.name, departure.folder.map { Data($0) }, departure.name.map { Data($0.bytes) },
            quarantine.map { Int64(bitPattern: $0.device) }, quarantine.map { Int64(bitPattern: $0.inode) },
            place.map { Int64(bitPattern: $0.inode) }, record.id,
          ])
        guard database.changesCount > 0 else { continue }
        begun.append(record)
        if departure.kind == .released { try Self.allow(record.digest, record.id, departure.time, database) }
      }
      return begun
    }
  }

  /// Writes down that a released picture is at its place for good, though what it leaves behind is still there: it
  /// counts as normal.
  func noteRelease(of record: InspectionRecord, _ departure: Departure) throws(InspectionError) {
    try writing { try Self.putNormal(record, departure, $0) }
  }

  /// Writes down, in one durable commit, that pictures have left; what was released counts as normal, and what an earlier
  /// release that was given up has allowed ends with a purge.
  func finishDepartures(_ records: [InspectionRecord], _ departure: Departure) throws(InspectionError) {
    if records.isEmpty { return }
    try writing { database in
      for record in records {
        try database.execute(sql: "UPDATE departure SET state = 'done' WHERE id = ?", arguments: [record.id])
        switch departure.kind {
        case .released: try Self.putNormal(record, departure, database)
        case .purged: try Self.revoke(record.id, database)
        }
      }
    }
  }

  /// Takes back that pictures are to leave: they could not.
  ///
  /// - Parameter isPermissionKept: whether the bytes stay allowed: one of them may have arrived all the same.
  func withdrawDepartures(
    of records: [InspectionRecord], isPermissionKept: Bool = false
  ) throws(InspectionError) {
    if records.isEmpty { return }
    try writing { database in
      for record in records {
        let kind = try String.fetchOne(
          database, sql: "SELECT kind FROM departure WHERE id = ? AND state = 'intended'", arguments: [record.id])
        guard let kind else { continue }
        try database.execute(sql: "DELETE FROM departure WHERE id = ?", arguments: [record.id])
        // A purge that is taken back says nothing of a permission that an earlier release has left.
        if kind == Departure.Kind.released.rawValue, !isPermissionKept { try Self.revoke(record.id, database) }
      }
    }
  }

  /// Whether the daemon has met a picture where a release was to take it: in the watched folder, under its name, since
  /// then. The same bytes elsewhere, or under another name, are another arrival.
  func hasMet(_ record: InspectionRecord, releasedBy departure: Departure) throws(InspectionError) -> Bool {
    guard !record.digest.isEmpty, let folder = departure.folder, let name = departure.name else { return false }
    return try reading {
      try Bool.fetchOne(
        $0,
        sql: """
          SELECT EXISTS (SELECT 1 FROM inspection \
          WHERE recorded >= ? AND sha256 = ? AND folder = ? AND name = ? AND id <> ?)
          """,
        arguments: [departure.time.nanoseconds, Data(record.digest), Data(folder), Data(name.bytes), record.id])
        ?? false
    }
  }

  /// The numbers of the quarantine that a picture is to leave, and of the folder that it goes to; nil where nobody wrote
  /// them down.
  func folders(ofDeparture id: String) throws(InspectionError) -> (quarantine: UInt64?, place: UInt64?) {
    try reading { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT quarantine_inode, place_inode FROM departure WHERE id = ?", arguments: [id])
      guard let fields = row.map(RowFields.init) else { return (nil, nil) }
      let quarantine: Int64? = try fields.optional("quarantine_inode")
      let place: Int64? = try fields.optional("place_inode")
      return (quarantine.map(UInt64.init(bitPattern:)), place.map(UInt64.init(bitPattern:)))
    }
  }

  /// Pictures that are still to leave quarantine.
  func intendedDepartures() throws(InspectionError) -> [LedgerEntry] {
    try reading {
      try Row.fetchAll(
        $0, sql: LedgerEntry.selection + " WHERE departure.state = 'intended' ORDER BY inspection.number"
      )
      .map(LedgerEntry.init)
    }
  }

  /// Pictures that lie in quarantine and are not about to leave it, oldest first.
  ///
  /// - Parameters:
  ///   - last: only those behind this one.
  ///   - limit: most that are given.
  func quarantined(
    after last: (recorded: WallTime, number: Int64)? = nil, limit: Int
  ) throws(InspectionError) -> [InspectionRecord] {
    try records(
      """
      WHERE action = 'quarantined' AND state = 'done' AND (recorded, number) > (?, ?) \
      AND NOT EXISTS (SELECT 1 FROM departure WHERE departure.id = inspection.id) \
      ORDER BY recorded, number LIMIT ?
      """, [last?.recorded.nanoseconds ?? .min, last?.number ?? .min, limit])
  }

  /// Whether a person has said that these very bytes are normal.
  func isAllowed(_ digest: [UInt8]) throws(InspectionError) -> Bool {
    try reading { database in
      let statement = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM allowed WHERE sha256 = ?)")
      return try Bool.fetchOne(statement, arguments: [Data(digest)]) ?? false
    }
  }

  /// Marks rows whose files are to be looked at again.
  ///
  /// - Returns: how many were marked.
  func markForReinspection(_ numbers: [Int64], evenThoseThatWait waits: Bool = false) throws(InspectionError) -> Int {
    try writing { database in
      let statement = try database.cachedStatement(
        sql: "UPDATE inspection SET reinspect = 1 WHERE number = ? AND (state = 'done' OR ?)")
      var count = 0
      for number in numbers {
        try statement.execute(arguments: [number, waits])
        count += database.changesCount
      }
      return count
    }
  }

  static func put(_ review: Review, _ id: String, _ database: Database) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO review (id, label, time, user, user_name) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        id, review.label.rawValue, review.time.nanoseconds, review.user.map { Int64($0.number) }, review.user?.name,
      ])
  }

  /// What a release that is certain says: the label, and the permission in its own name, whoever had it before.
  private static func putNormal(_ record: InspectionRecord, _ departure: Departure, _ database: Database) throws {
    try put(Review(label: .normal, time: departure.time, user: departure.user), record.id, database)
    if record.digest.isEmpty { return }
    try database.execute(
      sql: "INSERT OR REPLACE INTO allowed (sha256, id, time) VALUES (?, ?, ?)",
      arguments: [Data(record.digest), record.id, departure.time.nanoseconds])
  }

  /// Takes back the permission that has an event's name, unless another release of the same bytes stands.
  private static func revoke(_ id: String, _ database: Database) throws {
    try database.execute(
      sql: "DELETE FROM allowed WHERE sha256 = (SELECT sha256 FROM inspection WHERE id = ?) AND id = ?",
      arguments: [id, id])
    if database.changesCount == 0 { return }
    try database.execute(
      sql: """
        INSERT OR IGNORE INTO allowed (sha256, id, time) \
        SELECT inspection.sha256, departure.id, departure.time FROM departure \
        JOIN inspection ON inspection.id = departure.id \
        WHERE departure.kind = 'released' AND inspection.sha256 = (SELECT sha256 FROM inspection WHERE id = ?) LIMIT 1
        """, arguments: [id])
  }

  static func allow(_ digest: [UInt8], _ id: String, _ time: WallTime, _ database: Database) throws {
    if digest.isEmpty { return }
    try database.execute(
      sql: "INSERT OR IGNORE INTO allowed (sha256, id, time) VALUES (?, ?, ?)",
      arguments: [Data(digest), id, time.nanoseconds])
  }
}
