import Imaging
import Inspection
import Linux
import SystemPackage

/// Inspections, one line each.
struct EntryTable {
  /// What the table for people shows.
  enum Layout {
    /// Every inspection.
    case history
    /// Pictures in quarantine: how far above the threshold, and what was said of them.
    case quarantine
  }

  let format: ResultFormat
  let layout: Layout
  /// The daemon's spool, where it was given.
  let spool: FilePath?

  /// Writes all that a query gives to standard output.
  ///
  /// - Parameters:
  ///   - isWanted: asked for each.
  ///   - limit: most that are written.
  func write(
    _ pages: inout InspectionPages, limit: Int = .max, isWanted: (LedgerEntry) throws -> Bool = { _ in true }
  ) throws {
    var writer = ResultWriter()
    switch format {
    case .json: break
    case .csv: try writer.line(CSVText.line(EntryFields.keys))
    case .table: try writer.line(title)
    }
    var count = 0
    reading: while count < limit, let entries = try pages.next() {
      for entry in entries where try isWanted(entry) {
        try writer.line(text(of: entry))
        count += 1
        if count == limit { break reading }
      }
    }
    try writer.flush()
    if pages.unreadableCount > 0 {
      Message.write(
        "\(pages.unreadableCount) records cannot be read and were left out; a daemon's start sets them aside")
    }
  }

  private var title: String {
    switch layout {
    case .history: Self.row("TIME", "EVENT", "VERDICT", "SCORE", "P-VALUE", "ACTION", "FILE")
    case .quarantine:
      Self.row("TIME", "EVENT", "REVIEW", "SCORE", "P-VALUE", "OVER", Self.picture(at: "WHERE", "PICTURE"))
    }
  }

  private func text(of entry: LedgerEntry) -> String {
    let fields = EntryFields(entry, spool: spool)
    switch format {
    case .json: return fields.json
    case .csv: return fields.csv
    case .table: return row(entry)
    }
  }

  private func row(_ entry: LedgerEntry) -> String {
    let record = entry.record
    let file = BytePath(bytes: record.folder).appending(record.arrival.name.bytes)
    let path = escaped((EntryFields.destination(of: record, spool: spool) ?? file).bytes)
    let score = record.score.map(\.description) ?? "-"
    let pValue = record.pValue.map { $0.rounded(toDigits: 4) } ?? "-"
    let event = String(record.id.prefix(8))
    switch layout {
    case .history:
      return Self.row(record.recorded.iso, event, record.verdict.rawValue, score, pValue, action(entry), path)
    case .quarantine:
      return Self.row(
        record.recorded.iso, event, entry.review?.label.rawValue ?? "-", score, pValue, Self.ratio(record),
        Self.picture(at: Self.place(record), path))
    }
  }

  /// What was done with the file in the end.
  private func action(_ entry: LedgerEntry) -> String {
    if let departure = entry.departure, departure.state == .done { return departure.kind.rawValue }
    return entry.record.carriedOutAction.rawValue
  }

  /// The score as a multiple of the threshold.
  private static func ratio(_ record: InspectionRecord) -> String {
    guard let score = record.score, let threshold = record.threshold, threshold > 0 else { return "-" }
    return "x" + Double(score / threshold).rounded(toDigits: 3)
  }

  /// The most suspicious region, and how many others there are.
  private static func place(_ record: InspectionRecord) -> String {
    guard let first = record.regions.first else { return "-" }
    return first.text + (record.regions.count > 1 ? " +\(record.regions.count - 1)" : "")
  }

  private static func picture(at place: String, _ path: String) -> String { "\(place.padded(to: 21))  \(path)" }

  private static func row(
    _ time: String, _ event: String, _ word: String, _ score: String, _ pValue: String, _ action: String, _ file: String
  ) -> String {
    [
      time.padded(to: 24), event.padded(to: 8), word.padded(to: 10), score.padded(to: 14), pValue.padded(to: 7),
      action.padded(to: 11), file,
    ].joined(separator: "  ")
  }
}
