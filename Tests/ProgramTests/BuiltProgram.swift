import Glibc
import TestSupport

/// A program of this package as it was built, run as a user runs it.
enum BuiltProgram {
  /// What a run left.
  struct Run {
    /// Exit status; 124 where the deadline passed, 128 + signal where a signal ended it.
    let status: Int32
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String
    /// Lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Where the programs lie: beside the program that runs the tests.
  static var folder: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    precondition(count > 0, "the tests' own program is known")
    let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let tests = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    // Newer package managers run the tests from a helper of the toolchain, with the bundle's path as an argument.
    if access("\(tests)/ganomaly", X_OK) == 0 { return String(tests) }
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? path
    return String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
  }

  /// Runs `ganomaly`.
  ///
  /// - Parameters:
  ///   - arguments: as bytes, so that names that are not UTF-8 can be given.
  ///   - seconds: the deadline.
  static func ganomaly(bytes arguments: [[UInt8]], seconds: Int = 120) throws -> Run {
    let streams = try TemporaryFolder()
    let command = ["/usr/bin/timeout", "\(seconds)", "\(folder)/ganomaly"].map { Array($0.utf8) } + arguments
    var pointers = command.map { bytes in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
      for (index, byte) in (bytes + [0]).enumerated() { copy[index] = CChar(bitPattern: byte) }
      return Optional(copy)
    }
    defer { for pointer in pointers { pointer?.deallocate() } }
    pointers.append(nil)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(streams.path)/output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "\(streams.path)/errors", O_WRONLY | O_CREAT, 0o600)
    var identifier = pid_t()
    let failure = posix_spawn(&identifier, "/usr/bin/timeout", &actions, nil, pointers, environ)
    guard failure == 0 else { throw TestFailure("posix_spawn: \(String(cString: strerror(failure)))") }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 {
      guard errno == EINTR else { throw TestFailure("waitpid: \(String(cString: strerror(errno)))") }
    }
    let signal = status & 0x7F
    return Run(
      status: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
      output: String(decoding: try streams.bytes(of: "output"), as: UTF8.self),
      errors: String(decoding: try streams.bytes(of: "errors"), as: UTF8.self))
  }

  /// Runs `ganomaly`.
  static func ganomaly(_ arguments: String...) throws -> Run {
    try ganomaly(bytes: arguments.map { Array($0.utf8) })
  }
}
