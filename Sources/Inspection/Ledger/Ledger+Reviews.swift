private import Foundation
internal import GRDB
internal import Linux

/// What people decide about pictures, and how these leave quarantine.
extension Ledger {
  /// Writes down what a person says of a picture; the later word counts.
  func review(_ id: String, _ review: Review) throws(InspectionError) {
    try writing { try Self.put(review, id, $0) }
  }

  /// Writes down, in one durable commit, that pictures are to leave quarantine.
  ///
  /// The bytes of what is released are allowed from then on: the daemon may meet them before the command goes on.
  func beginDepartures(_ records: [InspectionRecord], _ departure: Departure) throws(InspectionError) {
    try writing { database in
      for record in records {
        try database.execute(
          sql: """
            INSERT OR REPLACE INTO departure (id, kind, time, user, user_name, folder, name, state) \
            VALUES (?, ?, ?, ?, ?, ?, ?, 'intended')
            """,
          arguments: [
            record.id, departure.kind.rawValue, departure.time.nanoseconds, departure.user.map { Int64($0.number) },
            departure.user?.name, departure.folder.map { Data($0) }, departure.name.map { Data($0.bytes) },
          ])
        if departure.kind == .released, !record.digest.isEmpty {
          try Self.allow(record.digest, record.id, departure.time, database)
        }
      }
    }
  }

  /// Writes down, in one durable commit, that pictures have left; what was released counts as normal.
  func finishDepartures(_ records: [InspectionRecord], _ departure: Departure) throws(InspectionError) {
    try writing { database in
      for record in records {
        try database.execute(sql: "UPDATE departure SET state = 'done' WHERE id = ?", arguments: [record.id])
        if departure.kind == .released {
          try Self.put(Review(label: .normal, time: departure.time, user: departure.user), record.id, database)
        }
      }
    }
  }

  /// Takes back that a picture is to leave: it could not.
  func withdrawDeparture(of record: InspectionRecord) throws(InspectionError) {
    try writing { database in
      try database.execute(sql: "DELETE FROM departure WHERE id = ? AND state = 'intended'", arguments: [record.id])
      // Only what this departure allowed: the same bytes may be allowed by another.
      if database.changesCount > 0 {
        try database.execute(sql: "DELETE FROM allowed WHERE id = ?", arguments: [record.id])
      }
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

  /// Pictures that should lie in quarantine, oldest first.
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
      AND NOT EXISTS (SELECT 1 FROM departure WHERE departure.id = inspection.id AND departure.state = 'done') \
      ORDER BY recorded, number LIMIT ?
      """, [last?.recorded.nanoseconds ?? .min, last?.number ?? .min, limit])
  }

  /// Whether a person has said that these very bytes are normal.
  func isAllowed(_ digest: [UInt8]) throws(InspectionError) -> Bool {
    try reading {
      try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM allowed WHERE sha256 = ?)", arguments: [Data(digest)])
        ?? false
    }
  }

  /// Marks rows whose files are to be looked at again.
  ///
  /// - Returns: how many were marked.
  func markForReinspection(_ numbers: [Int64]) throws(InspectionError) -> Int {
    try writing { database in
      let statement = try database.cachedStatement(
        sql: "UPDATE inspection SET reinspect = 1 WHERE number = ? AND state = 'done'")
      var count = 0
      for number in numbers {
        try statement.execute(arguments: [number])
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

  static func allow(_ digest: [UInt8], _ id: String, _ time: WallTime, _ database: Database) throws {
    try database.execute(
      sql: "INSERT OR IGNORE INTO allowed (sha256, id, time) VALUES (?, ?, ?)",
      arguments: [Data(digest), id, time.nanoseconds])
  }
}
