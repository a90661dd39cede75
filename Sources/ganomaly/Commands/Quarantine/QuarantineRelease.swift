import ArgumentParser
import Inspection
import Linux
import SystemPackage

/// `ganomaly quarantine release`.
struct QuarantineRelease: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Gives pictures back: they are good parts.",
    discussion: """
      Each goes back to its place, with owner, mode and times as it had them as far as permitted, and is noted as \
      'normal'. The same bytes are recorded as normal from then on, whatever their score. No file is written over.

        sudo ganomaly quarantine release 3f9a
        sudo ganomaly quarantine release part-0815.png part-0816.png --to /srv/good
      """)

  @Argument(help: "The pictures: the first digits of their events, or files' names.")
  var ids: [String]
  @Option(
    help: ArgumentHelp("Another folder than the one they came from.", valueName: "folder"), completion: .directory)
  var to: String?
  @OptionGroup var service: ServiceOptions

  func run() throws {
    let folder = try to.map { FilePath(try PathArguments.textPath($0)) }.map { path in
      path.isAbsolute ? path : CurrentProcess.workingDirectory?.pushing(path) ?? path
    }
    let desk = try service.desk()
    let finder = EntryFinder(reader: try service.reader())
    // All are found before the first is moved.
    let entries = try PathArguments.bytePaths(ids).map { try finder.entry($0, preferring: .inQuarantine) }
    for entry in entries {
      let release = try desk.release(entry, to: folder)
      let earlier = release.isEarlier ? ": an earlier release had taken it there, and is finished" : ""
      let text = "'\(entry.record.arrival.name)' was released to '\(escaped(release.place.bytes))'\(earlier)"
      print(text)
      ServiceOptions.tellJournal([CommandJournal.entry(.released, text, entry.record, place: release.place)])
      if let remainder = release.remainder {
        Message.write(
          "what it left behind in quarantine could not be removed yet: \(remainder); the next command or start of the "
            + "daemon does that")
      }
    }
  }
}
