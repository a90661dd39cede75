private import Glibc

/// A file that could not be read, listed or written.
public struct FileError: Error, Sendable, Equatable {
  /// Why.
  public enum Cause: Sendable, Equatable {
    /// A system call failed with this errno.
    case system(Int32)
    /// The path names something else than a regular file, in words: a folder, a FIFO.
    case notRegular(String)
    /// The file has more bytes than the limit.
    case tooLarge(found: Int, limit: Int)
    /// A folder tree holds more files than the limit.
    case tooMany(limit: Int)
    /// A folder lies too deep in its tree.
    case tooDeep(limit: Int)
    /// The path holds a zero byte, which no file name can.
    case zeroByte
  }

  /// What was tried, as it stands in the sentence: `read`, `write`, `list`.
  public let action: String
  /// The file.
  public let path: BytePath
  /// Why it failed.
  public let cause: Cause

  /// An error from its parts.
  public init(action: String, path: BytePath, cause: Cause) {
    self.action = action
    self.path = path
    self.cause = cause
  }
}

extension FileError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String { "cannot \(action) '\(escaped(path.bytes))': \(reason)" }

  /// The sentence without the file's name.
  public var reason: String {
    switch cause {
    case .system(let code):
      let text = String(cString: strerror(code))
      return text.prefix(1).lowercased() + text.dropFirst()
    case .notRegular(let kind): return "it is \(kind), expected a regular file"
    case .tooLarge(let found, let limit): return "it has \(found) bytes, expected at most \(limit)"
    case .tooMany(let limit): return "it holds more than \(limit) files"
    case .tooDeep(let limit): return "it lies more than \(limit) folders deep"
    case .zeroByte: return "its path holds a zero byte"
    }
  }
}
