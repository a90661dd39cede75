private import Foundation
internal import GRDB
private import Linux

extension LedgerEntry {
  /// The columns of a query that gives entries, of a ledger in the present format.
  static let selection = """
    SELECT inspection.*, review.label AS review_label, review.time AS review_time, review.user AS review_user, \
    review.user_name AS review_user_name, departure.kind AS departure_kind, departure.time AS departure_time, \
    departure.user AS departure_user, departure.user_name AS departure_user_name, \
    departure.folder AS departure_folder, departure.name AS departure_name, departure.state AS departure_state \
    FROM inspection LEFT JOIN review ON review.id = inspection.id \
    LEFT JOIN departure ON departure.id = inspection.id
    """

  /// An entry from a row of `selection`, or of a ledger in format 1, which has nothing but inspections.
  ///
  /// - Throws: `UnreadableRow`.
  init(_ row: Row) throws {
    let fields = RowFields(row)
    record = try InspectionRecord(row)
    review = try (fields.optionalToken("review_label") as Review.Label?).map { label in
      Review(
        label: label, time: WallTime(nanoseconds: try fields.required("review_time")),
        user: try Self.user(fields, "review_user"))
    }
    departure = try (fields.optionalToken("departure_kind") as Departure.Kind?).map { kind in
      Departure(
        kind, time: WallTime(nanoseconds: try fields.required("departure_time")),
        user: try Self.user(fields, "departure_user"), folder: try fields.optionalBytes("departure_folder"),
        name: try fields.optionalName("departure_name"), state: try fields.token("departure_state"))
    }
  }

  private static func user(_ fields: RowFields, _ column: String) throws -> User? {
    try (fields.optional(column) as Int64?).map {
      User(number: UInt32(truncatingIfNeeded: $0), name: try fields.optional(column + "_name"))
    }
  }
}
