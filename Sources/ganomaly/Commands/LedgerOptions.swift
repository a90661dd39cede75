import ArgumentParser
import Inspection
import Linux
import SystemPackage

/// Where the daemon's ledger lies.
struct LedgerOptions: ParsableArguments {
  /// Where the packaged service keeps its state.
  private static let systemState = "/var/lib/ganomaly"

  @Option(
    help: ArgumentHelp("The daemon's state folder (default: /var/lib/ganomaly).", valueName: "folder"),
    completion: .directory)
  var state: String?
  @Option(
    help: ArgumentHelp(
      "The spool of a daemon that was started without --state: its state lies below.", valueName: "folder"),
    completion: .directory)
  var spool: String?
  @Option(help: ArgumentHelp("The newest records only, at most this many.", valueName: "number"))
  var limit: Int?
  @Option(help: "table, json (one object a line) or csv.")
  var format = ResultFormat.table

  func validate() throws {
    if state != nil, spool != nil { throw ValidationError("--state and --spool name the same thing: give one of them") }
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) is not possible, expected at least 1") }
  }

  /// Opens the ledger for reading, beside a daemon that runs.
  func reader() throws -> LedgerReader {
    let folder = try state.map(PathArguments.textPath) ?? spool.map { try "\(PathArguments.textPath($0))/state" }
    return try LedgerReader(state: FilePath(folder ?? Self.systemState))
  }
}
