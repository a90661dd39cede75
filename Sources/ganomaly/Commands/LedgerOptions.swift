import ArgumentParser
import Inspection

/// Which rows of the ledger a command shows, and how.
struct LedgerOptions: ParsableArguments {
  @OptionGroup var service: ServiceOptions
  @Option(help: ArgumentHelp("The newest records only, at most this many.", valueName: "number"))
  var limit: Int?
  @Option(help: "table, json (one object a line) or csv.")
  var format = ResultFormat.table

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) is not possible, expected at least 1") }
  }

  /// Opens the ledger for reading, beside a daemon that runs.
  func reader() throws -> LedgerReader { try service.reader() }
}
