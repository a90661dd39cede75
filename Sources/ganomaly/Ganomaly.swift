import ArgumentParser
import Imaging
import Inspection
import Linux

/// The companion program: trains, calibrates, scores and evaluates; the daemon is `ganomalyd`.
@main
struct Ganomaly: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ganomaly",
    abstract: "Learns what good parts look like, and tells what does not look so.",
    discussion: """
      From a folder of pictures of good parts to a verdict on new ones:

        ganomaly train --normal good/ --output line3.safetensors
        ganomaly calibrate line3.safetensors --normal held-out/
        ganomaly score line3.safetensors new/ --format json
        ganomaly evaluate line3.safetensors --normal test/good --anomalous test/bad

      Results go to standard output, progress and messages to standard error.
      Exit status: 0 done (score: nothing anomalous; status: healthy), 1 (score) an anomaly was found, (status, install) the \
      daemon needs somebody, 2 an error, 130 (train) interrupted.
      """,
    version: "ganomaly \(ProjectVersion.text), libpng \(PNG.libraryVersion)",
    subcommands: [
      Train.self, Calibrate.self, Score.self, Evaluate.self, Describe.self, SetScore.self, Prepare.self,
      Reconstruct.self,
      Install.self, Status.self, Quarantine.self, History.self, Reinspect.self,
      Import.self, Export.self, Synthesize.self, ExtractIDX.self,
    ])

  /// Parses and runs; every error ends in one sentence and exit status 2.
  static func main() {
    if let name = unknownHelpTopic(in: CommandLine.arguments.dropFirst()) {
      Message.write("there is no command '\(escaped(Array(name.utf8)))'; 'ganomaly help' lists them")
      exit(withError: ExitCode(ExitStatus.error))
    }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as ExitCode {
      exit(withError: error)
    } catch  where exitCode(for: error) == .success {
      // A request for help or the version.
      exit(withError: error)
    } catch {
      try? StandardStream.error.write(sentence(for: error) + "\n")
      exit(withError: ExitCode(ExitStatus.error))
    }
  }

  /// The first name behind `help` that is no command: the parser would show the help of what stands before it.
  private static func unknownHelpTopic(in arguments: ArraySlice<String>) -> String? {
    guard arguments.first == "help" else { return nil }
    var command: any ParsableCommand.Type = Self.self
    for name in arguments.dropFirst() where name != "help" && !name.hasPrefix("-") {
      guard let next = command.configuration.subcommands.first(where: { $0._commandName == name }) else { return name }
      command = next
    }
    return nil
  }

  /// The parser's explanation with its usage lines, or the error's own sentence.
  private static func sentence(for error: any Error) -> String {
    let text = fullMessage(for: error)
    return text.hasPrefix("Error: ") ? "ganomaly: " + text.dropFirst("Error: ".count) : "ganomaly: \(text)"
  }
}

/// The statuses that the program ends with.
enum ExitStatus {
  /// Nothing anomalous; done.
  static let success: Int32 = 0
  /// The daemon runs, and something needs somebody.
  static let degraded: Int32 = 1
  /// An anomaly was found.
  static let anomaly: Int32 = 1
  /// Something could not be done.
  static let error: Int32 = 2
  /// Ended by a signal: 128 + SIGINT, as shells have it.
  static let interrupted: Int32 = 130
}
