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
        ganomaly history --since yesterday --until today --verdict anomaly
        ganomaly history --since '2 h' --spool ./spool --format json | jq .verdict
      """)

  @OptionGroup var time: TimeOptions
  @Option(
    help: "Only these: normal, anomaly, unreadable, refused, error.",
    completion: .list(Verdict.allCases.map(\.rawValue)), transform: Self.verdict)
  var verdict: Verdict?
  @OptionGroup var ledger: LedgerOptions

  func run() throws {
    var query = InspectionQuery()
    try time.restrict(&query)
    query.verdict = verdict
    query.limit = ledger.limit
    var pages = try ledger.reader().pages(query)
    try EntryTable(format: ledger.format, layout: .history, spool: ledger.service.givenSpool()).write(&pages)
  }

  private static func verdict(_ text: String) throws -> Verdict {
    guard let verdict = Verdict(rawValue: text) else {
      let names = Verdict.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--verdict '\(text)' is none, expected one of \(names)")
    }
    return verdict
  }
}
