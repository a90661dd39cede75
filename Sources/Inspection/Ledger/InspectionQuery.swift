internal import GRDB
public import Linux

/// Which inspections are wanted, and in which order.
public struct InspectionQuery: Sendable, Equatable {
  /// The order of the rows.
  public enum Order: Sendable {
    /// As they were recorded.
    case oldestFirst
    /// The last one first.
    case newestFirst
  }

  /// Only those recorded then or later.
  public var since: WallTime?
  /// Only those recorded before.
  public var until: WallTime?
  /// Only those that came to this.
  public var verdict: Verdict?
  /// Only those whose pictures should lie in quarantine.
  public var isInQuarantine = false
  /// Only those that somebody has judged, or that nobody has.
  public var isReviewed: Bool?
  /// The order.
  public var order = Order.oldestFirst
  /// Most that are given: the newest, whatever the order.
  public var limit: Int?

  /// All inspections, oldest first.
  public init() {}

  /// The condition in SQL for what should lie in quarantine.
  static func inQuarantine(format: Int) -> String {
    "inspection.action = 'quarantined' AND inspection.state = 'done'"
      + (format >= 2 ? " AND (departure.state IS NULL OR departure.state <> 'done')" : "")
  }

  /// The condition in SQL with its arguments; an empty text for none.
  ///
  /// - Parameter format: the ledger's; format 1 has neither reviews nor departures.
  func condition(format: Int) -> (sql: String, arguments: StatementArguments) {
    var terms: [String] = []
    var arguments: StatementArguments = []
    if let since {
      terms.append("inspection.recorded >= ?")
      arguments += [since.nanoseconds]
    }
    if let until {
      terms.append("inspection.recorded < ?")
      arguments += [until.nanoseconds]
    }
    if let verdict {
      // The first term is the index's own: SQLite uses a partial index only where it reads its condition.
      if verdict != .normal { terms.append("inspection.verdict <> 'normal'") }
      terms.append("inspection.verdict = '\(verdict.rawValue)'")
    }
    if isInQuarantine {
      terms.append(Self.inQuarantine(format: format))
    }
    if let isReviewed {
      if format >= 2 {
        terms.append("review.label IS \(isReviewed ? "NOT " : "")NULL")
      } else if isReviewed {
        terms.append("0")
      }
    }
    return (terms.joined(separator: " AND "), arguments)
  }
}
