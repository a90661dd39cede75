import ArgumentParser
import Inspection
import Linux

/// `ganomaly history`.
struct History: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells what the daemon inspected, from its ledger, oldest first.",
    discussion: """
      Reads beside a running daemon and changes nothing.

        ganomaly history --limit 20
        ganomaly history --spool ./spool --format json | jq .verdict
      """)

  @OptionGroup var ledger: LedgerOptions

  func run() throws {
    let records = try ledger.reader().inspections(limit: ledger.limit ?? .max)
    try RecordTable(format: ledger.format).write(records)
  }
}
