internal import GRDB

/// The inspections that a query asks for, some at a time: memory stays the same however many there are, and a daemon's
/// log is not held up while a person reads along.
public struct InspectionPages {
  /// Rows of one page.
  static let size = 1000

  /// Rows so far that could not be read, and were left out.
  public private(set) var unreadableCount = 0
  private let reader: LedgerReader
  private let query: InspectionQuery
  private var left: Int
  /// The number of the last row; nil before the first.
  private var last: Int64?
  private var isAtEnd = false

  init(_ reader: LedgerReader, _ query: InspectionQuery) {
    self.reader = reader
    self.query = query
    left = query.limit ?? .max
  }

  /// The next inspections; nil after the last.
  ///
  /// - Throws: `InspectionError.ledger`.
  public mutating func next() throws(InspectionError) -> [LedgerEntry]? {
    while !isAtEnd && left > 0 {
      if last == nil, query.order == .oldestFirst { last = try reader.numberBefore(query) }
      let rows = try reader.rows(query, after: last, atMost: min(Self.size, left))
      isAtEnd = rows.count < min(Self.size, left)
      left -= rows.count
      last = rows.number ?? last
      unreadableCount += rows.unreadableCount
      if !rows.entries.isEmpty { return rows.entries }
    }
    return nil
  }
}
