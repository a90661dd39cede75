internal import GRDB

/// A release that is intended and could not be settled yet, with all that is written down of it.
struct WaitingRelease {
  fileprivate static let columns = [
    "time", "user", "user_name", "folder", "name", "quarantine_device", "quarantine_inode", "place_inode",
  ]

  fileprivate let id: String
  fileprivate let values: [DatabaseValue]
}

/// Releases that are asked for again before they are settled; whoever does that has the quarantine's lock.
extension Ledger {
  /// A picture's release that is not done; nil where there is none.
  func waitingRelease(of id: String) throws(InspectionError) -> WaitingRelease? {
    try reading { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT \(WaitingRelease.columns.joined(separator: ", ")) FROM departure \
          WHERE id = ? AND kind = 'released' AND state = 'intended'
          """, arguments: [id])
      return row.map { WaitingRelease(id: id, values: Array($0.databaseValues)) }
    }
  }

  /// Puts a release back as it was before another attempt at it, which failed; its bytes were allowed all the time.
  func putBack(_ release: WaitingRelease) throws(InspectionError) {
    try writing { database in
      let changes = WaitingRelease.columns.map { "\($0) = ?" }.joined(separator: ", ")
      try database.execute(
        sql: "UPDATE departure SET \(changes) WHERE id = ? AND kind = 'released' AND state = 'intended'",
        arguments: StatementArguments(release.values + [release.id.databaseValue]))
    }
  }
}
