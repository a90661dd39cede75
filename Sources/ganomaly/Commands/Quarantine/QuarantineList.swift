import ArgumentParser
import Inspection
import Linux

/// `ganomaly quarantine list`.
struct QuarantineList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the pictures that lie in quarantine, newest first.",
    discussion: """
      Pictures that were moved or removed since are left out. OVER is the score as a multiple of the threshold, \
      WHERE the most suspicious region (x,y,width,height in the picture's pixels) and how many others there are.

        ganomaly quarantine list --unreviewed
        ganomaly quarantine list --since today --spool ./spool --format csv
      """)

  @OptionGroup var time: TimeOptions
  @Flag(help: "Only those that somebody has judged.")
  var reviewed = false
  @Flag(help: "Only those that nobody has judged yet.")
  var unreviewed = false
  @OptionGroup var ledger: LedgerOptions

  func validate() throws {
    if reviewed && unreviewed {
      throw ValidationError("--reviewed and --unreviewed exclude each other: give one of them")
    }
  }

  func run() throws {
    var query = InspectionQuery()
    try time.restrict(&query)
    query.isInQuarantine = true
    query.order = .newestFirst
    if reviewed || unreviewed { query.isReviewed = reviewed }
    let spool = try ledger.service.givenSpool()
    var pages = try ledger.reader().pages(query)
    try EntryTable(format: ledger.format, layout: .quarantine, spool: spool)
      .write(&pages, limit: ledger.limit ?? .max) { entry in
        guard let path = EntryFields.destination(of: entry.record, spool: spool) else { return false }
        return try DirectoryTree.exists(path)
      }
  }
}
