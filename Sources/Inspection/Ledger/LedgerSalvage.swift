private import Foundation
internal import GRDB
internal import Linux

/// What can still be read of a damaged ledger and is nowhere else: what people decided.
struct LedgerSalvage {
  /// Allowed bytes with the event that allowed them.
  private(set) var allowed: [(digest: [UInt8], id: String, time: WallTime)] = []
  /// Reviews by event.
  private(set) var reviews: [(id: String, review: Review)] = []
  /// Why it is not all; nil where everything could be read.
  private(set) var failure: String?

  /// Reads what can be read; never fails.
  init(path: String) {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(2)
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.read { database in
        guard try LedgerSchema.check(database) >= 2 else { return }
        try readAllowed(database)
        try readReviews(database)
      }
      try queue.close()
    } catch {
      failure = (error as? DatabaseError)?.message ?? "\(error)"
    }
  }

  private mutating func readAllowed(_ database: Database) throws {
    let rows = try Row.fetchCursor(database, sql: "SELECT sha256, id, time FROM allowed")
    while let row = try rows.next() {
      let fields = RowFields(row)
      // One that cannot be read hides no other.
      guard let digest = try? fields.bytes("sha256"), digest.count == 32, let id = try? fields.identifier("id"),
        let time = try? fields.required("time") as Int64
      else { continue }
      allowed.append((digest, id, WallTime(nanoseconds: time)))
    }
  }

  private mutating func readReviews(_ database: Database) throws {
    let rows = try Row.fetchCursor(database, sql: "SELECT * FROM review")
    while let row = try rows.next() {
      let fields = RowFields(row)
      guard let id = try? fields.identifier("id"), let label = try? fields.token("label") as Review.Label,
        let time = try? fields.required("time") as Int64
      else { continue }
      let number = (try? fields.optional("user") as Int64?) ?? nil
      let name = (try? fields.optional("user_name") as String?) ?? nil
      let user = number.map { User(number: UInt32(truncatingIfNeeded: $0), name: name) }
      reviews.append((id, Review(label: label, time: WallTime(nanoseconds: time), user: user)))
    }
  }

  /// What was saved, in words.
  var summary: String {
    "\(reviews.count) reviews and \(allowed.count) releases"
      + (failure.map { " (others may be lost, as the rest could not be read: \($0))" } ?? "")
  }

  /// Puts what was read into another ledger, in one commit.
  func store(in ledger: Ledger) throws(InspectionError) {
    try ledger.writing { database in
      for entry in allowed { try Ledger.allow(entry.digest, entry.id, entry.time, database) }
      for entry in reviews { try Ledger.put(entry.review, entry.id, database) }
    }
  }
}
