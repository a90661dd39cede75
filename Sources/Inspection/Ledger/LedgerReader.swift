internal import GRDB
public import Linux
public import SystemPackage

/// A look into the ledger from outside the daemon, beside it while it runs; it changes nothing.
public final class LedgerReader: Sendable {
  private let queue: DatabaseQueue
  private let path: String

  /// Opens the ledger of a state folder for reading.
  ///
  /// - Throws: `InspectionError.ledger` when there is none or it cannot be read.
  public init(state: FilePath) throws(InspectionError) {
    let path = state.string + "/ledger.sqlite"
    self.path = path
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    queue = try Ledger.wrapped(path) { try DatabaseQueue(path: path, configuration: configuration) }
  }

  /// Inspections in the order they were recorded.
  ///
  /// - Parameters:
  ///   - since: only those recorded then or later.
  ///   - limit: most that are given: the newest.
  public func inspections(
    since: WallTime = WallTime(nanoseconds: 0), limit: Int = .max
  ) throws(InspectionError) -> [InspectionRecord] {
    try Ledger.wrapped(path) {
      try queue.read {
        try Ledger.fetch(
          "SELECT * FROM inspection WHERE recorded >= ? ORDER BY number DESC LIMIT ?", [since.nanoseconds, limit], $0)
      }
    }.reversed()
  }

  /// How many inspections came to each verdict.
  public func counts() throws(InspectionError) -> [Verdict: Int] {
    try Ledger.wrapped(path) {
      try queue.read { database in
        var counts: [Verdict: Int] = [:]
        for verdict in Verdict.allCases {
          let count = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM inspection WHERE verdict = ?", arguments: [verdict.rawValue])
          if let count, count > 0 { counts[verdict] = count }
        }
        return counts
      }
    }
  }
}
