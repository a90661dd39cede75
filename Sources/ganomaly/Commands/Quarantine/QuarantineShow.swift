import ArgumentParser
import Inspection
import Linux

/// `ganomaly quarantine show`.
struct QuarantineShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows everything about a picture: all numbers, where it lies, what was said of it.",
    discussion: """
        ganomaly quarantine show 3f9a
        ganomaly quarantine show part-0815.png --format json
      """)

  @Argument(help: "The picture: the first digits of its event, or a file's name.")
  var id: String
  @OptionGroup var service: ServiceOptions
  @Option(help: "table, json or csv.")
  var format = ResultFormat.table

  func run() throws {
    let entry = try EntryFinder(reader: service.reader()).entry(PathArguments.bytePath(id))
    let spool = try service.givenSpool()
    let fields = EntryFields(entry, spool: spool)
    var writer = ResultWriter()
    switch format {
    case .json: try writer.line(fields.json)
    case .csv:
      try writer.line(CSVText.line(EntryFields.keys))
      try writer.line(fields.csv)
    case .table:
      for field in fields.all + fields.encodedPaths {
        guard let text = field.text else { continue }
        try writer.line("\(field.key.padded(to: 15)) \(escaped(Array(text.utf8)))")
      }
      for line in try whereabouts(entry, EntryFields.destination(of: entry.record, spool: spool)) {
        try writer.line(line)
      }
    }
    try writer.flush()
  }

  /// The files that lie there now.
  private func whereabouts(_ entry: LedgerEntry, _ path: BytePath?) throws -> [String] {
    guard entry.record.action == .quarantined, let path else { return [] }
    guard try DirectoryTree.exists(path) else { return ["picture         not in quarantine any more"] }
    var lines = ["picture         \(escaped(path.bytes))"]
    for (title, ending) in [("sidecar", ".json"), ("view", ".view.png"), ("map", ".map.png")] {
      let companion = BytePath(bytes: path.bytes + Array(ending.utf8))
      if try DirectoryTree.exists(companion) {
        lines.append("\(title.padded(to: 15)) \(escaped(companion.bytes))")
      } else if ending == ".view.png" {
        lines.append(
          "\(title.padded(to: 15)) none; 'ganomaly score MODEL \(escaped(path.bytes)) --save-difference DIR' or "
            + "'--save-map DIR' makes one")
      }
    }
    return lines
  }
}
