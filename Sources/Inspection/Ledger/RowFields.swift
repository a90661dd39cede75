private import Foundation
internal import GRDB
internal import Linux

/// The values of a row that somebody else may have written: read without trust in their types.
struct RowFields {
  private let row: Row

  /// The fields of a row.
  init(_ row: Row) { self.row = row }

  /// A value that may be missing.
  func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
    guard let stored = row[column] as DatabaseValue?, !stored.isNull else { return nil }
    guard let value = Value.fromDatabaseValue(stored) else { throw unreadable(column) }
    return value
  }

  /// A value that every row has.
  func required<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    guard let value = try optional(column) as Value? else { throw unreadable(column) }
    return value
  }

  /// Bytes that every row has.
  func bytes(_ column: String) throws -> [UInt8] { [UInt8](try required(column) as Data) }

  /// Bytes, or none.
  func optionalBytes(_ column: String) throws -> [UInt8]? { (try optional(column) as Data?).map { [UInt8]($0) } }

  /// One of a few words.
  func token<Token: RawRepresentable>(_ column: String) throws -> Token where Token.RawValue == String {
    guard let token = Token(rawValue: try required(column)) else { throw unreadable(column) }
    return token
  }

  /// One of a few words, or none.
  func optionalToken<Token: RawRepresentable>(_ column: String) throws -> Token? where Token.RawValue == String {
    try optional(column) as String? == nil ? nil : token(column)
  }

  /// A file's name.
  func name(_ column: String) throws -> FileName {
    guard let name = try optionalName(column) else { throw unreadable(column) }
    return name
  }

  /// A file's name, or none.
  func optionalName(_ column: String) throws -> FileName? {
    guard let bytes = try optionalBytes(column) else { return nil }
    guard let name = FileName(bytes: bytes) else { throw unreadable(column) }
    return name
  }

  /// An event's id, which is also a file's name.
  func identifier(_ column: String) throws -> String {
    let text: String = try required(column)
    guard FileName(text) != nil else { throw unreadable(column) }
    return text
  }

  /// The error that says which column holds what it cannot hold.
  func unreadable(_ column: String) -> UnreadableRow {
    UnreadableRow(number: (row["number"] as DatabaseValue?).flatMap(Int64.fromDatabaseValue) ?? 0, column: column)
  }
}

/// A row of the ledger that holds what no version ever wrote.
struct UnreadableRow: Error {
  /// The row.
  let number: Int64
  /// The first column that has no value it can have.
  let column: String

  private var reason: String { "'\(column)' has a value that it cannot have" }

  /// A sentence for the record.
  var note: String {
    "row \(number) of the ledger cannot be read: \(reason); it is kept in the table 'unreadable', all others are as they "
      + "were; its file is inspected again if it lies in the watched folder"
  }

  /// Moves the row to the table of those that nobody reads any more.
  func setAside(in database: Database) throws {
    let content = InspectionRecord.columns.map { "'\($0)=' || quote(\($0))" }.joined(separator: " || ' ' || ")
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO unreadable (number, found, reason, content) \
        SELECT number, ?, ?, \(content) FROM inspection WHERE number = ?
        """, arguments: [WallTime.now.nanoseconds, reason, number])
    try database.execute(sql: "DELETE FROM inspection WHERE number = ?", arguments: [number])
    guard database.changesCount == 1 else {
      // It could not be told which row it is: what cannot be set aside would be met again and again.
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: note)
    }
  }
}
