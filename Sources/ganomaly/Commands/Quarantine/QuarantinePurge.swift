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
    help: ArgumentHelp(
      "The oldest, until all together, with their sidecars and side pictures, have no more bytes than this, such as "
        + "'10G'.",
      valueName: "size")
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
    var writing: (any Error)?
    let spool = try service.givenSpool()
    let word = dryRun ? "would be removed" : "removed"
    let desk = try service.desk(dryRun ? .look : .free)
    var count = 0
    var bytes: Int64 = 0
    // Told also where it ends with an error: what is gone is gone.
    func conclude() {
      let text = "\(count) pictures (\(bytes) bytes) \(dryRun ? "would be" : "were") removed from quarantine"
      if writing == nil { do { try writer.line(text); try writer.flush() } catch { writing = error } }
      if !dryRun && count > 0 { ServiceOptions.tellJournal([CommandJournal.entry(.purged, text, nil)]) }
    }
    let undatedCount: Int
    do {
      undatedCount = try desk.purge(rule()) { record, size in
        count += 1
        bytes += size
        guard writing == nil, let path = EntryFields.destination(of: record, spool: spool) else { return }
        do { try writer.line("\(word): \(escaped(path.bytes))") } catch { writing = error }
      }
    } catch {
      conclude()
      throw error
    }
    conclude()
    if undatedCount > 0 {
      Message.write(
        "\(undatedCount) pictures were recorded before 2020, by a clock that was not set: their age is not known, and "
          + "--older-than leaves them; --larger-than does not")
    }
    if let writing { throw writing }
    let failureCount = desk.settlements.count(where: \.isFailure)
    if failureCount > 0 {
      throw CommandError(
        "\(failureCount) pictures that an interrupted command was to take out of quarantine could not be settled, for the "
          + "reasons told above, and no purge removes them until they are; when the cause is mended, purge again")
    }
  }
}
