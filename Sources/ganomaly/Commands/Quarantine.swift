import ArgumentParser
import Inspection
import Linux

/// `ganomaly quarantine`.
struct Quarantine: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What the daemon put into quarantine.", subcommands: [List.self])

  /// `ganomaly quarantine list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the pictures that lie in quarantine, newest first.",
      discussion: """
        Pictures that were moved or removed since are left out.

          ganomaly quarantine list
          ganomaly quarantine list --spool ./spool --format csv
        """)

    @OptionGroup var ledger: LedgerOptions

    func run() throws {
      let moved = try ledger.reader().inspections().filter { $0.action == .quarantined }
      let present = try moved.filter { record in
        guard let path = RecordTable.destinationPath(of: record) else { return false }
        return try DirectoryTree.exists(path)
      }
      try RecordTable(format: ledger.format).write(present.reversed().prefix(ledger.limit ?? present.count))
    }
  }
}
