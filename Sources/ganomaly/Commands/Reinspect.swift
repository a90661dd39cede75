import ArgumentParser
import Inspection
import Linux
import SystemPackage

/// `ganomaly reinspect`.
struct Reinspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Has files that lie in the watched folder looked at again, under the present model.",
    discussion: """
      A new model or threshold does not look again at what was inspected; this does. Each file gets one new record, the \
      old one stays. Without a running daemon it happens at the next start. A file that is named, and whose move waits for \
      a folder that is away, is inspected anew as well; it goes to the folder that is there now.

        sudo ganomaly reinspect part-0815.png
        sudo ganomaly reinspect --since today
        sudo ganomaly reinspect --all
      """)

  @Argument(help: "Files in the watched folder, by name or path.")
  var files: [String] = []
  @Option(help: ArgumentHelp("Those that were inspected from then on: \(TimeText.expected).", valueName: "time"))
  var since: String?
  @Flag(help: "All that were inspected.")
  var all = false
  @OptionGroup var service: ServiceOptions

  func validate() throws {
    _ = try TimeOptions.time(since, "--since")
    guard [!files.isEmpty, since != nil, all].count(where: { $0 }) == 1 else {
      throw ValidationError("name files, or give --since or --all: one of the three")
    }
  }

  func run() throws {
    let settings = try service.settings()
    let request = try Reinspection(
      state: settings.resolvedStatePath, incoming: settings.spool.appending("incoming"), faults: CommandFaults.current)
    let (count, unknown) = try request.request(selection())
    print("\(count) files will be inspected again")
    if !unknown.isEmpty {
      let names = unknown.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
      throw CommandError(
        "\(unknown.count) of the files named do not lie in '\(escaped(settings.spool))/incoming' as inspected ones: \(names)"
      )
    }
  }

  private func selection() throws -> Reinspection.Selection {
    if all { return .all }
    if let time = try TimeOptions.time(since, "--since") { return .since(time) }
    return .names(
      try PathArguments.bytePaths(files).map { path in
        let last = path.bytes.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        guard let name = FileName(bytes: last) else {
          throw CommandError("'\(escaped(path.bytes))' is no file's name")
        }
        return name
      })
  }
}
