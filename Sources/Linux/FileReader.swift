private import CLinux
private import Glibc

/// A regular file read from its beginning to its end in pieces, for what is too large to be in memory as a whole.
public struct FileReader: ~Copyable {
  /// The file's bytes when it was opened.
  public let size: Int
  private let path: BytePath
  private let descriptor: Int32

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limit: a larger file is refused.
  /// - Throws: `FileError` as `FileContents.read` does.
  public init(_ path: BytePath, limit: Int) throws(FileError) {
    self.path = path
    (descriptor, size) = try FileContents.openRegular(path, limit: limit, followsLink: true)
  }

  deinit { close(descriptor) }

  /// The next bytes; empty at the end.
  ///
  /// - Parameter count: most that are taken.
  public mutating func next(atMost count: Int) throws(FileError) -> [UInt8] {
    var failure: Int32 = 0
    let descriptor = descriptor
    let piece = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while true {
        let result = Glibc.read(descriptor, buffer.baseAddress!, count)
        if result < 0 && errno == EINTR { continue }
        failure = result < 0 ? errno : 0
        filled = max(0, result)
        return
      }
    }
    guard failure == 0 else { throw FileError(action: "read", path: path, cause: .system(failure)) }
    return piece
  }
}
