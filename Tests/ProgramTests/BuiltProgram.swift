import Glibc
import Linux
import TestSupport

/// A program of this package as it was built, run as a user runs it.
final class BuiltProgram {
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

  /// Where the programs lie: beside the bundle of tests.
  static var folder: String {
    // The tests run in the bundle itself, or in a helper of the toolchain that has its path among the arguments.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    return String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
  }

  /// Where a program of the package lies.
  static func path(of program: String) -> String { "\(folder)/\(program)" }

  /// Runs `ganomaly` to its end.
  static func ganomaly(_ arguments: String...) throws -> Run {
    try ganomaly(bytes: arguments.map { Array($0.utf8) })
  }

  /// Runs `ganomaly` to its end.
  ///
  /// - Parameters:
  ///   - arguments: as bytes, so that names that are not UTF-8 can be given.
  ///   - outputPath: where standard output goes instead of into the result.
  static func ganomaly(bytes arguments: [[UInt8]], outputPath: String? = nil) throws -> Run {
    try start(bytes: arguments, outputPath: outputPath).finish()
  }

  /// Runs `ganomaly` to its end in an environment of its own.
  ///
  /// - Parameters:
  ///   - environment: what is in it besides `ProgramEnvironment.plain`.
  ///   - launcher: a program that becomes `ganomaly`, with its arguments; none starts it as it is.
  static func ganomaly(
    _ arguments: [String], environment: [String: String], launcher: [String] = []
  ) throws -> Run {
    let command = (launcher + [path(of: "ganomaly")] + arguments).map { Array($0.utf8) }
    let plain = ProgramEnvironment.plain(and: environment)
    return try BuiltProgram(command[0], Array(command.dropFirst()), environment: plain, outputPath: nil).finish()
  }

  /// Starts another program of the package.
  static func start(_ program: String, _ arguments: String...) throws -> BuiltProgram {
    try BuiltProgram(Array(path(of: program).utf8), arguments.map { Array($0.utf8) }, outputPath: nil)
  }

  /// Starts `ganomaly`.
  static func start(bytes arguments: [[UInt8]], outputPath: String? = nil) throws -> BuiltProgram {
    try BuiltProgram(Array(path(of: "ganomaly").utf8), arguments, outputPath: outputPath)
  }

  private let streams: TemporaryFolder
  private let outputPath: String?
  private var identifier = pid_t()
  /// Reads the end of a pipe that the program holds open as long as it lives: a wait with a deadline.
  private var life: Int32 = -1
  private var status: Int32?

  private init(
    _ program: [UInt8], _ arguments: [[UInt8]], environment: [String: String]? = nil, outputPath: String?
  ) throws {
    streams = try TemporaryFolder()
    self.outputPath = outputPath
    let command = Self.terminatedList([program] + arguments)
    let variables = environment.map { Self.terminatedList($0.map { Array("\($0)=\($1)".utf8) }) }
    defer { for pointer in command + (variables ?? []) { pointer?.deallocate() } }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw TestFailure("pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    life = ends[0]
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath ?? streams.path("output"), O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, streams.path("errors"), O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 9)
    let failure =
      if let variables {
        posix_spawn(&identifier, command[0]!, &actions, nil, command, variables)
      } else {
        posix_spawn(&identifier, command[0]!, &actions, nil, command, environ)
      }
    guard failure == 0 else { throw TestFailure("posix_spawn: \(String(cString: strerror(failure)))") }
  }

  /// Strings of C behind each other, as a system call takes them; the caller frees them.
  private static func terminatedList(_ strings: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
    strings.map { bytes in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
      for (index, byte) in (bytes + [0]).enumerated() { copy[index] = CChar(bitPattern: byte) }
      return copy
    } + [nil]
  }

  deinit {
    close(life)
    guard status == nil else { return }
    kill(identifier, SIGKILL)
    waitpid(identifier, nil, 0)
  }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(identifier, number) }

  /// Waits for something that the program does.
  ///
  /// - Throws: where it has not happened, or the program has ended, within a minute; longer with a sanitizer.
  func wait(until isTrue: () -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60 * Sanitizer.patience)
    while !isTrue() {
      guard ContinuousClock.now < deadline, try !hasEnded() else {
        throw TestFailure("the program did not get there: \(try text(of: "errors"))")
      }
      // Back at once where the program ends, else a look every five milliseconds.
      var event = pollfd(fd: life, events: Int16(POLLIN), revents: 0)
      poll(&event, 1, 5)
    }
  }

  /// Waits for the program's end, at most two minutes, longer with a sanitizer: a program that hangs is killed and has status 124.
  func finish() throws -> Run {
    var event = pollfd(fd: life, events: Int16(POLLIN), revents: 0)
    while poll(&event, 1, Int32(120_000 * Sanitizer.patience)) < 0 {
      guard errno == EINTR else { throw TestFailure("poll: \(String(cString: strerror(errno)))") }
    }
    let isHanging = event.revents == 0
    if isHanging { kill(identifier, SIGKILL) }
    var ended: Int32 = 0
    while status == nil {
      let result = waitpid(identifier, &ended, 0)
      guard result == identifier || errno == EINTR else { throw TestFailure("waitpid") }
      if result == identifier { status = isHanging ? 124 << 8 : ended }
    }
    let status = status ?? 0
    let signal = status & 0x7F
    return Run(
      status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: outputPath == nil ? try text(of: "output") : "",
      errors: try text(of: "errors"))
  }

  private func hasEnded() throws -> Bool {
    if status != nil { return true }
    var ended: Int32 = 0
    let result = waitpid(identifier, &ended, WNOHANG)
    guard result >= 0 || errno == EINTR else { throw TestFailure("waitpid: \(String(cString: strerror(errno)))") }
    if result == identifier { status = ended }
    return status != nil
  }

  private func text(of name: String) throws -> String {
    String(decoding: try streams.bytes(of: name), as: UTF8.self)
  }
}
