internal import GRDB
internal import Linux

extension Ledger {
  /// A score in the ledger.
  struct ScoredRow: Sendable, Equatable {
    /// The row.
    let row: RowKey
    /// When it was recorded.
    let recorded: WallTime
    /// The score; nil where the row has none, or one by another calibration.
    let score: Float?
  }

  /// Rows in their order, with the scores that were judged by one calibration.
  ///
  /// - Parameters:
  ///   - calibration: its name.
  ///   - number: only rows after that one.
  ///   - limit: most that are given.
  func scores(of calibration: String, after number: Int64, limit: Int) throws(InspectionError) -> [ScoredRow] {
    try reading { database in
      let statement = try database.cachedStatement(
        sql: """
          SELECT number, id, recorded, CASE WHEN calibration_id = ? THEN score END AS score FROM inspection \
          WHERE number > ? ORDER BY number LIMIT ?
          """)
      return try Row.fetchAll(statement, arguments: [calibration, number, limit]).map { row in
        let fields = RowFields(row)
        let score = (try fields.optional("score") as Double?).map { Float($0) }
        return ScoredRow(
          row: RowKey(number: try fields.required("number"), id: try fields.identifier("id")),
          recorded: WallTime(nanoseconds: try fields.required("recorded")),
          score: score.flatMap { $0.isFinite ? $0 : nil })
      }
    }
  }

  /// The newest row; nil where there is none.
  func newestRow() throws(InspectionError) -> RowKey? {
    try reading { database in
      try Row.fetchOne(database, sql: "SELECT number, id FROM inspection ORDER BY number DESC LIMIT 1").map { row in
        let fields = RowFields(row)
        return RowKey(number: try fields.required("number"), id: try fields.identifier("id"))
      }
    }
  }

  /// Whether a row is there under its number: not where the ledger was begun anew.
  func holds(_ row: RowKey) throws(InspectionError) -> Bool {
    try reading { database in
      try String.fetchOne(database, sql: "SELECT id FROM inspection WHERE number = ?", arguments: [row.number])
        == row.id
    }
  }
}
