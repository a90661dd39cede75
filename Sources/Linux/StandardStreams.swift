private import CLinux
private import Glibc

/// What a program writes to: results and messages.
public enum StandardStream: Sendable {
  /// Results.
  case output
  /// Progress and messages.
  case error

  private var descriptor: Int32 {
    switch self {
    case .output: STDOUT_FILENO
    case .error: STDERR_FILENO
    }
  }

  /// Whether a person looks at it.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal; nil where it is none or does not say.
  public var columnCount: Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes all of a text.
  ///
  /// - Throws: `FileError`, such as "no space left on device".
  /// - Source: man page write(2).
  public func write(_ text: String) throws(FileError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        let name = self == .output ? "standard output" : "standard error"
        throw FileError(action: "write", path: BytePath(name), cause: .system(errno))
      }
    }
  }
}
