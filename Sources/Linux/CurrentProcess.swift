private import Glibc

/// What the process asks about itself or sets for itself.
public enum CurrentProcess {
  /// Its number.
  public static var identifier: Int32 { getpid() }

  /// Whether standard error is a terminal.
  public static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Sets which permission bits new files never get.
  public static func setFileModeMask(_ mask: UInt32) { umask(mode_t(mask)) }

  /// Writes a line to standard error; blocks as long as nobody reads a full pipe, and gives up when it is closed.
  public static func writeErrorLine(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if count == -1 && errno != EINTR { return }
    }
  }

  /// Ends the process at once, as SIGKILL would: nothing is flushed, no clean-up runs.
  public static func endWithoutCleanUp() -> Never {
    kill(getpid(), SIGKILL)
    while true { pause() }
  }
}
