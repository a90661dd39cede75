import Inspection
import Linux

/// Inspections of the ledger, one line each.
struct RecordTable {
  private let format: ResultFormat

  /// A table in a format.
  init(format: ResultFormat) {
    self.format = format
  }

  /// Where a moved file went; nil for one that was not moved.
  static func destinationPath(of record: InspectionRecord) -> BytePath? {
    guard let name = record.destination, let folder = record.destinationFolder else { return nil }
    return BytePath(bytes: record.folder).parent.appending(Array(folder.utf8)).appending(name.bytes)
  }

  /// Writes the records to standard output.
  func write(_ records: some Sequence<InspectionRecord>) throws(FileError) {
    var writer = ResultWriter()
    switch format {
    case .json: break
    case .csv: try writer.line(CSVText.line(Self.keys))
    case .table: try writer.line(Self.row("TIME", "VERDICT", "SCORE", "P-VALUE", "ACTION", "FILE"))
    }
    for record in records { try writer.line(text(of: record)) }
    try writer.flush()
  }

  private static let keys = [
    "time", "file", "score", "p_value", "threshold", "verdict", "reason", "action", "destination", "id", "sha256",
    "model", "calibration",
  ]

  private func text(of record: InspectionRecord) -> String {
    let file = BytePath(bytes: record.folder).appending(record.arrival.name.bytes)
    let destination = Self.destinationPath(of: record)
    switch format {
    case .table:
      return Self.row(
        record.recorded.iso, record.verdict.rawValue, record.score.map(\.description) ?? "-",
        record.pValue.map { $0.rounded(toDigits: 4) } ?? "-", record.action.rawValue,
        escaped((destination ?? file).bytes))
    case .csv:
      return CSVText.line([
        record.recorded.iso, file.description, record.score.map(\.description) ?? "",
        record.pValue.map(\.description) ?? "", record.threshold.map(\.description) ?? "", record.verdict.rawValue,
        record.detail ?? record.reason ?? "", record.action.rawValue, destination?.description ?? "", record.id,
        record.digestText ?? "", record.modelDigest ?? "", record.calibration ?? "",
      ])
    case .json:
      let values = [
        JSONText.string(record.recorded.iso), JSONText.string(file.description), JSONText.number(record.score),
        JSONText.number(record.pValue), JSONText.number(record.threshold), JSONText.string(record.verdict.rawValue),
        JSONText.string(record.detail ?? record.reason), JSONText.string(record.action.rawValue),
        JSONText.string(destination?.description), JSONText.string(record.id), JSONText.string(record.digestText),
        JSONText.string(record.modelDigest), JSONText.string(record.calibration),
      ]
      var members = Array(zip(Self.keys, values))
      if file.text == nil { members.append(("file_base64", JSONText.string(Base64.text(file.bytes)))) }
      return JSONText.object(members)
    }
  }

  private static func row(
    _ time: String, _ verdict: String, _ score: String, _ pValue: String, _ action: String, _ file: String
  ) -> String {
    "\(time.padded(to: 24))  \(verdict.padded(to: 10))  \(score.padded(to: 14))  \(pValue.padded(to: 7))  "
      + "\(action.padded(to: 11))  \(file)"
  }
}
