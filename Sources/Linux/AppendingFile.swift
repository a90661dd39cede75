internal import Glibc

/// A file that grows by whole records: what could not be written whole is cut off again.
///
/// Not Sendable: one thread appends.
public final class AppendingFile {
  /// The file.
  public let path: BytePath
  /// Writes at a place of a descriptor; tests put a full disk here.
  var write: (Int32, UnsafeRawPointer, Int, off_t) -> Int = pwrite
  private let descriptor: Int32
  private var byteCount: off_t

  /// Makes a new file.
  ///
  /// - Returns: the file, or nil where the name is taken.
  /// - Throws: `FileError` where it cannot be made.
  /// - Source: man page open(2).
  public static func create(_ path: BytePath) throws(FileError) -> AppendingFile? {
    guard !path.bytes.contains(0) else { throw FileError(action: "write", path: path, cause: .zeroByte) }
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY
    let descriptor = FileContents.retrying { Glibc.open(path.terminated, flags, 0o666) }
    guard descriptor >= 0 else {
      if errno == EEXIST { return nil }
      throw FileError(action: "write", path: path, cause: .system(errno))
    }
    return AppendingFile(path: path, descriptor: descriptor, byteCount: 0)
  }

  /// Opens a regular file that is there, to go on at its end.
  ///
  /// - Throws: `FileError` where it cannot be opened, or is no regular file.
  public static func open(_ path: BytePath) throws(FileError) -> AppendingFile {
    guard !path.bytes.contains(0) else { throw FileError(action: "write", path: path, cause: .zeroByte) }
    // O_NONBLOCK: a FIFO without a reader fails instead of waiting for one.
    let flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let descriptor = FileContents.retrying { Glibc.open(path.terminated, flags) }
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, cause: .system(errno)) }
    var status = stat()
    let failure = fstat(descriptor, &status) == 0 ? 0 : errno
    guard failure == 0, status.st_mode & S_IFMT == S_IFREG else {
      Glibc.close(descriptor)
      throw FileError(
        action: "write", path: path,
        cause: failure != 0 ? .system(failure) : .notRegular(FileContents.kind(ofMode: status.st_mode)))
    }
    return AppendingFile(path: path, descriptor: descriptor, byteCount: status.st_size)
  }

  private init(path: BytePath, descriptor: Int32, byteCount: off_t) {
    self.path = path
    self.descriptor = descriptor
    self.byteCount = byteCount
  }

  deinit { Glibc.close(descriptor) }

  /// Writes a record behind the others.
  ///
  /// - Throws: `FileError`, such as a full disk; the file then ends with the record before.
  /// - Source: man pages pwrite(2), ftruncate(2).
  public func append(_ record: [UInt8]) throws(FileError) {
    let failure = record.withUnsafeBytes { buffer -> Int32 in
      var written = 0
      while written < buffer.count {
        let result = write(
          descriptor, buffer.baseAddress! + written, buffer.count - written, byteCount + off_t(written))
        if result >= 0 {
          written += result
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    guard failure == 0 else {
      // Making a file shorter needs no room; where even that fails, the reader drops the torn record.
      _ = FileContents.retrying { ftruncate(descriptor, byteCount) }
      throw FileError(action: "write", path: path, cause: .system(failure))
    }
    byteCount += off_t(record.count)
  }

  /// Waits until the records are on the disk.
  ///
  /// - Throws: `FileError`.
  /// - Source: man page fdatasync(2).
  public func synchronize() throws(FileError) {
    guard FileContents.retrying({ fdatasync(descriptor) }) == 0 else {
      throw FileError(action: "write", path: path, cause: .system(errno))
    }
  }
}
