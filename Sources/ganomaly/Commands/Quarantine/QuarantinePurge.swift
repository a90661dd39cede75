import ArgumentParser
import Inspection
import Linux

/// `ganomaly quarantine purge`.
struct QuarantinePurge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge",
    abstract: "Removes pictures from quarantine for good, oldest first; asks nothing.",
    discussion: """
      At least one rule is needed; with both, what either removes goes. The records stay in the ledger.

        sudo ganomaly quarantine purge --older-than 30d --dry-run
        sudo ganomaly quarantine purge --older-than 30d --larger-than 10G
      """)

  @Option(help: ArgumentHelp("Those that were recorded longer ago, such as '30d'.", valueName: "time"))
  var olderThan: String?
  @Option(
    help: ArgumentHelp("The oldest, until all together have no more bytes than this, such as '10G'.", valueName: "size")
  )
  var largerThan: String?
  @Flag(help: "Only tell what would be removed.")
  var dryRun = false
  @OptionGroup var service: ServiceOptions

  func validate() throws { _ = try rule() }

  private func rule() throws -> Retention {
    let age = try olderThan.map { text in
      guard let age = Quantity.duration(text) else {
        throw ValidationError("--older-than '\(text)' is no time, expected one such as '30d' (ms, s, min, h, d)")
      }
      return age
    }
    let bytes = try largerThan.map { text in
      guard let bytes = Quantity.bytes(text) else {
        throw ValidationError("--larger-than '\(text)' is no size, expected one such as '10G' or '500 MiB'")
      }
      return Int64(bytes)
    }
    guard age != nil || bytes != nil else {
      throw ValidationError("give --older-than, --larger-than or both: what is to go")
    }
    return Retention(maximumAge: age, maximumBytes: bytes)
  }

  func run() throws {
    var writer = ResultWriter()
    var failure: (any Error)?
    let spool = try service.givenSpool()
    let word = dryRun ? "would be removed" : "removed"
    let removed = try service.desk().purge(rule(), isTrial: dryRun) { record in
      guard failure == nil, let path = EntryFields.destination(of: record, spool: spool) else { return }
      do { try writer.line("\(word): \(escaped(path.bytes))") } catch { failure = error }
    }
    let text =
      "\(removed.count) pictures (\(removed.bytes) bytes) \(dryRun ? "would be" : "were") removed from quarantine"
    if failure == nil { do { try writer.line(text); try writer.flush() } catch { failure = error } }
    if !dryRun && removed.count > 0 { ServiceOptions.tellJournal([CommandJournal.entry(.purged, text, nil)]) }
    if let failure { throw failure }
  }
}
