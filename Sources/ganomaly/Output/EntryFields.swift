import Imaging
import Inspection
import Linux
import SystemPackage

/// An inspection and all that came after it as named values: what JSON, CSV and `quarantine show` have in common.
struct EntryFields {
  /// One value.
  struct Field {
    /// The name.
    let key: String
    /// As JSON.
    let json: String
    /// As text; nil where there is none.
    let text: String?

    static func text(_ key: String, _ value: String?) -> Field {
      Field(key: key, json: JSONText.string(value), text: value)
    }

    static func number(_ key: String, _ value: (some BinaryFloatingPoint & CustomStringConvertible)?) -> Field {
      Field(key: key, json: JSONText.number(value), text: value?.description)
    }

    static func integer(_ key: String, _ value: (some BinaryInteger)?) -> Field {
      Field(key: key, json: JSONText.integer(value), text: value.map { "\($0)" })
    }

    static func path(_ key: String, _ value: BytePath?) -> Field { text(key, value?.description) }
  }

  /// The values in their order; the first eleven are a promise to programs that read them.
  let all: [Field]
  /// Paths that are not UTF-8, as base64: their text has replacements; without a value for those that are.
  let encodedPaths: [Field]
  /// Paths that CSV does not show as they are, as base64.
  private let csvPaths: [String]

  /// The values of an entry.
  ///
  /// - Parameter spool: the daemon's, where it was given.
  init(_ entry: LedgerEntry, spool: FilePath?) {
    let record = entry.record
    let file = BytePath(bytes: record.folder).appending(record.arrival.name.bytes)
    let destination = Self.destination(of: record, spool: spool)
    // What is only intended has not happened.
    let departure = entry.departure.flatMap { $0.state == .done ? $0 : nil }
    let place = Self.place(of: departure)
    all = [
      .text("event_id", record.id), .text("time", record.recorded.iso), .path("file", file),
      .text("sha256", record.digestText), .text("verdict", record.verdict.rawValue),
      .text("action", record.carriedOutAction.rawValue), .path("destination", destination),
      .number("score", record.score), .number("threshold", record.threshold), .number("p_value", record.pValue),
      .text("reason", record.reason),
      Field(
        key: "regions", json: JSONText.list(record.regions.map(JSONText.box)),
        text: record.regions.isEmpty ? nil : RegionText.text(of: record.regions)),
      .text("detail", record.detail), .text("model_sha256", record.modelDigest),
      .text("calibration_id", record.calibration), .integer("size", record.arrival.size),
      .text("modified", WallTime(nanoseconds: record.arrival.modified).iso), .integer("width", record.width),
      .integer("height", record.height), .integer("owner", Self.known(record.owner)),
      .integer("group", Self.known(record.group)),
      .text("mode", "0" + String(record.mode, radix: 8)), .integer("attempt", record.attempt),
      .integer("wait_usec", record.waitMicroseconds), .integer("decode_usec", record.decodeMicroseconds),
      .integer("inference_usec", record.inferenceMicroseconds), .text("label", entry.review?.label.rawValue),
      .text("reviewed", entry.review?.time.iso), .text("reviewer", entry.review.flatMap { Self.text(of: $0.user) }),
      .text("departure", departure?.kind.rawValue), .text("departed", departure?.time.iso),
      .path("departed_to", place),
    ]
    let paths = [("file_base64", file), ("destination_base64", destination), ("departed_to_base64", place)]
    csvPaths = paths.map { $1.map(CSVText.base64) ?? "" }
    encodedPaths =
      paths
      .map { key, path in .text(key, path.flatMap { $0.text == nil ? Base64.text($0.bytes) : nil }) }
  }

  /// The names, for the first line of CSV.
  static let keys = [
    "event_id", "time", "file", "sha256", "verdict", "action", "destination", "score", "threshold", "p_value", "reason",
    "regions", "detail", "model_sha256", "calibration_id", "size", "modified", "width", "height", "owner", "group",
    "mode",
    "attempt", "wait_usec", "decode_usec", "inference_usec", "label", "reviewed", "reviewer", "departure", "departed",
    "departed_to", "file_base64", "destination_base64", "departed_to_base64",
  ]

  /// One JSON object on one line.
  var json: String { JSONText.object((all + encodedPaths.filter { $0.text != nil }).map { ($0.key, $0.json) }) }

  /// One line of CSV.
  var csv: String { CSVText.line(all.map { $0.text ?? "" } + csvPaths) }

  /// Where a moved file went; nil for one that was not moved.
  static func destination(of record: InspectionRecord, spool: FilePath?) -> BytePath? {
    // What is still to be moved lies where it was.
    guard record.carriedOutAction.takesFileAway, let name = record.destination, let folder = record.destinationFolder
    else {
      return nil
    }
    let root = spool.map { BytePath(bytes: $0.bytes) } ?? BytePath(bytes: record.folder).parent
    return root.appending(Array(folder.utf8)).appending(name.bytes)
  }

  private static func place(of departure: Departure?) -> BytePath? {
    guard let folder = departure?.folder, let name = departure?.name else { return nil }
    return BytePath(bytes: folder).appending(name.bytes)
  }

  /// In a user namespace every foreign owner reads as 65534: that is nobody's number.
  private static func known(_ number: UInt32) -> UInt32? { number == 65_534 ? nil : number }

  private static func text(of user: User?) -> String? { user.map { $0.name ?? "\($0.number)" } }
}
