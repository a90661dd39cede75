import ArgumentParser
private import Foundation
private import GANomalyModel
private import Imaging
private import Inspection
private import Linux
private import SystemPackage

/// The daemon's command line: settings in, exit code out.
@main
struct Ganomalyd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ganomalyd",
    abstract: "Watches a folder, inspects every picture that arrives, and quarantines anomalies.",
    discussion: """
      Every setting below is also a key of the configuration file (with underscores) and a variable of the environment \
      (GANOMALY_ and the key in capitals). A flag wins over the environment, the environment over the file.
      """,
    version: "ganomalyd \(ProjectVersion.text), libpng \(PNG.libraryVersion)")

  @Option(help: "Configuration file (default: /etc/ganomaly/ganomalyd.yaml where it exists).")
  var config: String?

  @Flag(help: "Judge settings, folders and model, and exit: 0 when the daemon would start, 2 when not.")
  var check = false

  @OptionGroup var settings: SettingsFlags

  /// Parses and runs; whatever is refused ends in one sentence and exit status 2.
  static func main() {
    do {
      if let bytes = CommandLineArguments.firstThatIsNotText {
        throw InspectionError.configuration(
          "the argument '\(escaped(bytes))' is not UTF-8 text; start from the folder that it names, or rename that")
      }
      var command = try parseAsRoot()
      try command.run()
    } catch let error as ExitCode {
      exit(withError: error)
    } catch  where exitCode(for: error) == .success {
      // A request for help or the version.
      exit(withError: error)
    } catch {
      let sentence = (error as? InspectionError)?.description ?? message(for: error)
      let line = sentence.split(separator: "\n").first.map(String.init) ?? sentence
      CurrentProcess.writeErrorLine("ganomalyd: \(line.prefix(1).lowercased() + line.dropFirst())")
      exit(withError: ExitCode(2))
    }
  }

  mutating func run() throws {
    let code: Int32
    do {
      let reader = SettingsReader(
        path: config.map { FilePath($0) }, environment: Self.environment, flags: settings.given)
      code = try check ? Self.check(reader) : Self.serve(reader)
    } catch let error as InspectionError {
      CurrentProcess.writeErrorLine("ganomalyd: \(error)")
      // 2 stays as it is until somebody changes something; 1 is worth another start.
      code = error.mayPass && !check ? 1 : 2
    }
    throw ExitCode(code)
  }

  private static func check(_ reader: SettingsReader) throws -> Int32 {
    let lines = try Daemon.check(settings: reader.read(), environment: Daemon.Environment(readSettings: reader.read))
    for line in lines { print(line) }
    return 0
  }

  private static func serve(_ reader: SettingsReader) throws -> Int32 {
    let signals: SignalReceiver
    do { signals = try SignalReceiver() } catch { throw InspectionError.system(error) }
    let settings = try reader.read()
    let team = Self.team(settings)
    var environment = Daemon.Environment(
      readSettings: reader.read,
      loadJudge: { path throws(InspectionError) in try PictureJudge(modelFile: path, team: team) }, team: team)
    environment.versions = "\(ProjectVersion.text) (libpng \(PNG.libraryVersion))"
    #if DEBUG
      if let text = ProcessInfo.processInfo.environment["GANOMALY_FAULT"] {
        guard let faults = Faults.endingProcess(at: text) else {
          throw InspectionError.configuration("'GANOMALY_FAULT' names no fault point: '\(text)'")
        }
        environment.faults = faults
      }
    #endif
    try Daemon(settings: settings, environment: environment).run(signals: signals)
    return 0
  }

  /// Threads that help with a picture alone, as many as lanes would work; nil where there is a lane or a processor only.
  private static func team(_ settings: Settings) -> ScoringTeam? {
    let count = min(settings.laneCount, CurrentProcess.processorCount)
    return count > 1 ? ScoringTeam(threadCount: count) : nil
  }

  /// The environment without the fault point of tests, which is no setting.
  private static var environment: [String: String] {
    var variables = ProcessInfo.processInfo.environment
    #if DEBUG
      variables["GANOMALY_FAULT"] = nil
    #endif
    return variables
  }
}
