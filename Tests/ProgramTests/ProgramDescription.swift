import Foundation
import Testing

/// What a program says about its commands and options, by `--experimental-dump-help`.
struct ProgramDescription {
  /// One command: its names from the program's on, its options with their dashes, and its arguments.
  struct Command {
    /// `quarantine list`; empty for the program itself.
    let name: String
    /// Long options without their dashes, help and version left out.
    let options: Set<String>
    /// Names of positional arguments.
    let arguments: [String]
    /// Whether it has commands below it.
    let hasCommands: Bool
  }

  /// All commands, those below others included.
  let commands: [Command]

  /// Asks a built program.
  init(of program: String) throws {
    let run = try BuiltProgram.start(program, "--experimental-dump-help").finish()
    try #require(run.status == 0, "\(run.errors)")
    let dump = try JSONDecoder().decode(Dump.self, from: Data(run.output.utf8))
    commands = dump.command.flattened(below: [])
  }

  /// The command with this name.
  func command(_ name: String) -> Command? { commands.first { $0.name == name } }

  /// The command that a line of words behind the program's name calls.
  func command(of words: [String]) -> Command? {
    for count in stride(from: min(words.count, 2), through: 0, by: -1) {
      if let command = command(words.prefix(count).joined(separator: " ")) { return command }
    }
    return nil
  }

  private struct Dump: Decodable {
    let command: DumpedCommand
  }

  private struct DumpedCommand: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }
      let kind: String
      let names: [Name]?
      let valueName: String?
      let shouldDisplay: Bool?
    }
    let commandName: String
    let arguments: [Argument]?
    let subcommands: [DumpedCommand]?

    func flattened(below path: [String], isProgram: Bool = true) -> [Command] {
      let own = isProgram ? [] : path + [commandName]
      let shown = (arguments ?? []).filter { $0.shouldDisplay ?? true }
      let below = (subcommands ?? []).filter { $0.commandName != "help" }
      let long = shown.flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
      return [
        Command(
          name: own.joined(separator: " "), options: Set(long).subtracting(["help", "version"]),
          arguments: shown.filter { $0.kind == "positional" }.compactMap(\.valueName), hasCommands: !below.isEmpty)
      ] + below.flatMap { $0.flattened(below: own, isProgram: false) }
    }
  }
}
