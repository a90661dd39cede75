import ArgumentParser
import Inspection
import Linux

/// `ganomaly quarantine confirm`.
struct QuarantineConfirm: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm",
    abstract: "Notes that pictures are anomalies indeed; they stay where they are.",
    discussion: """
        sudo ganomaly quarantine confirm 3f9a 77c0
      """)

  @Argument(help: "The pictures: the first digits of their events, or files' names.")
  var ids: [String]
  @OptionGroup var service: ServiceOptions

  func run() throws {
    let desk = try service.desk()
    let finder = EntryFinder(reader: try service.reader())
    let entries = try PathArguments.bytePaths(ids).map { try finder.entry($0, preferring: .confirmable) }
    for entry in entries {
      try desk.confirm(entry)
      let text = "'\(entry.record.arrival.name)' was confirmed as an anomaly"
      print(text)
      ServiceOptions.tellJournal([CommandJournal.entry(.confirmed, text, entry.record)])
    }
  }
}
