private import Foundation
internal import GRDB
public import Linux
public import SystemPackage

/// A look into the ledger from outside the daemon, beside it while it runs; it changes nothing.
public final class LedgerReader: Sendable {
  private let queue: DatabaseQueue
  private let path: String
  private let format: Int

  /// Opens the ledger of a state folder for reading.
  ///
  /// - Throws: `InspectionError.ledger` when there is none or it cannot be read.
  public init(state: FilePath) throws(InspectionError) {
    let path = state.string + "/ledger.sqlite"
    self.path = path
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    // SQLite's own words for it help nobody. Whoever may not look for it is told that by opening.
    if FileStatus(path: state.appending("ledger.sqlite")) == nil,
      !CurrentProcess.mayNotUse(state.appending("ledger.sqlite"))
    {
      throw .ledger(
        path: path,
        reason: "there is none: no daemon has worked here yet, or its folders are others; name them with '--config', "
          + "'--spool' or '--state'", isDamaged: false)
    }
    // Opening anything else would wait for whoever writes into it.
    if let status = FileStatus(path: state.appending("ledger.sqlite")), status.kind != .regular {
      throw .ledger(path: path, reason: "it is no plain file, expected the daemon's ledger", isDamaged: false)
    }
    (queue, format) = try Permission.asking(ledger: state) { () throws(InspectionError) in
      try Ledger.wrapped(path) {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        return (queue, try queue.read { try LedgerSchema.check($0) })
      }
    }
    guard format >= 1 else {
      throw .ledger(
        path: path, reason: "it is empty: no daemon has recorded anything in it yet", isDamaged: false)
    }
  }

  /// What a query asks for, some rows at a time.
  public func pages(_ query: InspectionQuery) -> InspectionPages { InspectionPages(self, query) }

  /// Inspections in the order they were recorded, all at once.
  ///
  /// - Parameters:
  ///   - since: only those recorded then or later.
  ///   - limit: most that are given: the newest.
  public func inspections(
    since: WallTime = WallTime(nanoseconds: 0), limit: Int = .max
  ) throws(InspectionError) -> [InspectionRecord] {
    var query = InspectionQuery()
    query.since = since
    query.limit = limit == .max ? nil : limit
    var pages = pages(query)
    var records: [InspectionRecord] = []
    while let page = try pages.next() { records += page.map(\.record) }
    return records
  }

  /// How many inspections came to each verdict.
  public func counts() throws(InspectionError) -> [Verdict: Int] {
    try read { database in
      var counts: [Verdict: Int] = [:]
      for verdict in Verdict.allCases {
        let count = try Int.fetchOne(
          database, sql: "SELECT count(*) FROM inspection WHERE verdict = ?", arguments: [verdict.rawValue])
        if let count, count > 0 { counts[verdict] = count }
      }
      return counts
    }
  }

  /// Which inspections are preferred where several have the name.
  public enum Wish: Sendable {
    /// Any.
    case any
    /// Those whose pictures should lie in quarantine.
    case inQuarantine
    /// Anomalies that nobody released.
    case confirmable

    /// The condition in SQL.
    func condition(format: Int) -> String {
      switch self {
      case .any: "1"
      case .inQuarantine: InspectionQuery.inQuarantine(format: format)
      case .confirmable:
        "inspection.verdict = 'anomaly'"
          + (format >= 2 ? " AND (departure.kind IS NULL OR departure.kind <> 'released')" : "")
      }
    }
  }

  /// Inspections that a person means by a text: a beginning of the event's id, the file's name where it arrived or in
  /// quarantine, or a path that ends in one of these.
  ///
  /// - Parameters:
  ///   - wish: those alone are given where there are any.
  ///   - limit: most that are given, the newest first.
  public func find(
    _ text: [UInt8], preferring wish: Wish = .any, limit: Int = 20
  ) throws(InspectionError) -> [LedgerEntry] {
    var found: [LedgerEntry] = []
    if let prefix = Self.idPrefix(text) {
      found = try preferred(wish, "inspection.id >= ? AND inspection.id < ?", [prefix, prefix + "g"], limit)
    }
    if !found.isEmpty { return found }
    let name = text.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? text
    // The name in quarantine first: it names one picture.
    found = try preferred(
      wish, "inspection.action = 'quarantined' AND inspection.destination = ?", [Data(name)], limit)
    if !found.isEmpty { return found }
    return try preferred(wish, "inspection.name = ?", [Data(name)], limit)
  }

  /// Entries that a condition and a wish are true of; where there are none, those of the condition alone.
  private func preferred(
    _ wish: Wish, _ condition: String, _ arguments: StatementArguments, _ limit: Int
  ) throws(InspectionError) -> [LedgerEntry] {
    let order = " ORDER BY inspection.number DESC LIMIT ?"
    let found = try entries("(\(condition)) AND \(wish.condition(format: format))" + order, arguments + [limit])
    guard case .any = wish else {
      return found.isEmpty ? try entries("(\(condition))" + order, arguments + [limit]) : found
    }
    return found
  }

  /// A text as the beginning of an event's id; nil where it can be none, or is too short to mean one.
  private static func idPrefix(_ text: [UInt8]) -> String? {
    let prefix = String(decoding: text, as: UTF8.self).lowercased()
    let isHexadecimal = prefix.utf8.allSatisfy {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        || $0 == UInt8(ascii: "-")
    }
    return isHexadecimal && 4...36 ~= prefix.utf8.count ? prefix : nil
  }

  // MARK: Rows

  /// Some rows of a query.
  struct Rows {
    /// Those that could be read.
    var entries: [LedgerEntry] = []
    /// Those that could not.
    var unreadableCount = 0
    /// The number of the last; nil where there is none.
    var number: Int64?
    /// All of them.
    var count: Int { entries.count + unreadableCount }
  }

  /// The rows that follow a number in the query's order.
  func rows(_ query: InspectionQuery, after last: Int64?, atMost count: Int) throws(InspectionError) -> Rows {
    var (condition, arguments) = query.condition(format: format)
    let isRising = query.order == .oldestFirst
    if let last {
      condition += (condition.isEmpty ? "" : " AND ") + "inspection.number \(isRising ? ">" : "<") ?"
      arguments += [last]
    }
    arguments += [count]
    let sql =
      selection + (condition.isEmpty ? "" : " WHERE \(condition)")
      + " ORDER BY inspection.number \(isRising ? "" : "DESC ")LIMIT ?"
    return try read { database in
      var rows = Rows()
      let cursor = try Row.fetchCursor(database, sql: sql, arguments: arguments)
      while let row = try cursor.next() {
        rows.number = row["number"]
        do { rows.entries.append(try LedgerEntry(row)) } catch is UnreadableRow { rows.unreadableCount += 1 }
      }
      return rows
    }
  }

  /// The number before the first row of a query: with a limit the newest are wanted, and those are given oldest first.
  func numberBefore(_ query: InspectionQuery) throws(InspectionError) -> Int64 {
    let (condition, arguments) = query.condition(format: format)
    let whole = condition.isEmpty ? "" : " WHERE \(condition)"
    if let limit = query.limit {
      let sql =
        "SELECT inspection.number FROM inspection \(joins)\(whole) ORDER BY inspection.number DESC LIMIT 1 OFFSET ?"
      let first = try read { try Int64.fetchOne($0, sql: sql, arguments: arguments + [limit - 1]) }
      if let first { return first - 1 }
    }
    guard let since = query.since else { return -1 }
    // By the times' index: the rows before are not read.
    let sql = "SELECT min(number) FROM inspection INDEXED BY inspection_recorded WHERE recorded >= ?"
    return (try read { try Int64.fetchOne($0, sql: sql, arguments: [since.nanoseconds]) } ?? 0) - 1
  }

  private var selection: String { format >= 2 ? LedgerEntry.selection : "SELECT * FROM inspection" }

  private var joins: String {
    format >= 2
      ? "LEFT JOIN review ON review.id = inspection.id LEFT JOIN departure ON departure.id = inspection.id" : ""
  }

  private func entries(_ condition: String, _ arguments: StatementArguments) throws(InspectionError) -> [LedgerEntry] {
    try read { database in
      try Row.fetchAll(database, sql: selection + " WHERE " + condition, arguments: arguments).compactMap { row in
        do { return try LedgerEntry(row) } catch is UnreadableRow { return nil }
      }
    }
  }

  func read<Result>(_ body: (Database) throws -> Result) throws(InspectionError) -> Result {
    try Ledger.wrapped(path) { try queue.read(body) }
  }
}
