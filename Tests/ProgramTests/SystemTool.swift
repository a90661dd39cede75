import Foundation

/// Programs of the system and scripts of the project, run as a user runs them.
enum SystemTool {
  /// The project's top folder.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// What becomes the program behind it, run by a user without rights; root only.
  static let asNobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - arguments: the program, by path or by name, and what it is given.
  ///   - environment: all that its environment has; nil for that of the tests.
  ///   - input: the file that it reads; nil for an empty one.
  /// - Returns: its exit status, and what it wrote to both outputs.
  @discardableResult
  static func run(
    _ arguments: [String], environment: [String: String]? = nil, input: String? = nil
  ) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    if let environment { process.environment = environment }
    let pipe = Pipe()
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: input ?? "/dev/null"))
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// Whether there is a program of this name; tests that need it say that they are left out where there is none.
  static func has(_ name: String) -> Bool {
    ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + name)
    }
  }

  /// The text of a file of the project.
  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}
