import ArgumentParser
import Inspection
import Linux

/// `ganomaly status`.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells what the daemon is doing now, and whether it is well.",
    discussion: """
      Where the calibration has fewer than 30 scores, it says that little can be told by them of a change of the line; as \
      JSON in .status.drift.note.

      Needs read permission for the daemon's state folder: its group, or sudo.

        sudo ganomaly status
        ganomaly status --spool ./spool --format json | jq .health

      Exit status: 0 healthy, 1 degraded (it runs, and something needs somebody), 2 down, or its state cannot be read.
      """)

  /// How it is told.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case table
    /// One object.
    case json
  }

  @OptionGroup var service: ServiceOptions
  @Option(help: "table or json.")
  var format = Format.table

  func run() throws {
    let health = try service.withRemedy { try DaemonHealth.read(service.settings()) }
    let text = format == .json ? health.json : StatusTable(health: health, now: .now).text
    try StandardStream.output.write(text + "\n")
    switch health.level {
    case .healthy: break
    case .degraded: throw ExitCode(ExitStatus.degraded)
    case .down: throw ExitCode(ExitStatus.error)
    }
  }
}
