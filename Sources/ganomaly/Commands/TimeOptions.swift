import ArgumentParser
import Inspection
import Linux

/// A span of time.
struct TimeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only from then on: \(TimeText.expected).", valueName: "time"))
  var since: String?
  @Option(help: ArgumentHelp("Only before then.", valueName: "time"))
  var until: String?

  func validate() throws {
    _ = try Self.time(since, "--since")
    _ = try Self.time(until, "--until")
  }

  /// Restricts a query to the span.
  func restrict(_ query: inout InspectionQuery) throws {
    query.since = try Self.time(since, "--since")
    query.until = try Self.time(until, "--until")
  }

  /// The time that an option means; nil where it was not given.
  static func time(_ text: String?, _ option: String) throws(ValidationError) -> WallTime? {
    guard let text else { return nil }
    guard let time = TimeText.parse(text, now: .now) else {
      throw ValidationError("\(option) '\(text)' means no time, expected \(TimeText.expected)")
    }
    return time
  }
}
