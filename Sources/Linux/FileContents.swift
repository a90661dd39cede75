private import CLinux
private import Glibc

/// Whole files read into memory: bounded, regular files only, never waiting for a FIFO's writer.
public enum FileContents {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limit: most bytes taken; a larger file is refused before anything is read.
  ///   - followsLink: whether a symbolic link at the path's end is followed; ELOOP is thrown where not.
  /// - Returns: the file's bytes.
  /// - Throws: `FileError` where the file cannot be opened or read, is not regular or is larger than the limit.
  /// - Source: man pages open(2), fstat(2), read(2).
  public static func read(_ path: BytePath, limit: Int, followsLink: Bool = true) throws(FileError) -> [UInt8] {
    let (descriptor, size) = try openRegular(path, limit: limit, followsLink: followsLink)
    defer { close(descriptor) }
    return try contents(of: descriptor, expecting: size, limit: limit, path: path)
  }

  /// Opens a regular file for reading and measures it.
  ///
  /// - Returns: a descriptor, the caller's to close, and the file's bytes.
  static func openRegular(
    _ path: BytePath, limit: Int, followsLink: Bool
  ) throws(FileError) -> (descriptor: Int32, size: Int) {
    guard !path.bytes.contains(0) else { throw FileError(action: "read", path: path, cause: .zeroByte) }
    // O_NONBLOCK: opening a FIFO returns at once; for regular files it means nothing.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followsLink ? 0 : O_NOFOLLOW)
    let descriptor = retrying { open(path.terminated, flags) }
    guard descriptor >= 0 else { throw FileError(action: "read", path: path, cause: cause(ofOpening: path, errno)) }
    var status = stat()
    let cause: FileError.Cause? =
      fstat(descriptor, &status) != 0
      ? .system(errno)
      : status.st_mode & S_IFMT != S_IFREG
        ? .notRegular(kind(ofMode: status.st_mode))
        : Int(status.st_size) > limit ? .tooLarge(found: Int(status.st_size), limit: limit) : nil
    if let cause {
      close(descriptor)
      throw FileError(action: "read", path: path, cause: cause)
    }
    return (descriptor, Int(status.st_size))
  }

  /// Why a path cannot be opened: sockets, and devices without a driver, are no regular files first of all.
  private static func cause(ofOpening path: BytePath, _ code: Int32) -> FileError.Cause {
    var status = stat()
    guard code == ENXIO, stat(path.terminated, &status) == 0, status.st_mode & S_IFMT != S_IFREG else {
      return .system(code)
    }
    return .notRegular(kind(ofMode: status.st_mode))
  }

  /// Reads to the end; one byte past the limit is enough to refuse a file that grew since it was measured.
  private static func contents(
    of descriptor: Int32, expecting size: Int, limit: Int, path: BytePath
  ) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var wanted = size + 1
    while true {
      let start = bytes.count
      var failure: Int32 = 0
      // One allocation of the measured size in the usual case; a growing file is taken in pieces.
      let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        while count < wanted {
          let result = Glibc.read(descriptor, buffer.baseAddress! + count, wanted - count)
          if result > 0 {
            count += result
          } else if result == 0 {
            return
          } else if errno != EINTR {
            failure = errno
            return
          }
        }
      }
      guard failure == 0 else { throw FileError(action: "read", path: path, cause: .system(failure)) }
      bytes = start == 0 ? piece : bytes + piece
      guard bytes.count <= limit else {
        throw FileError(action: "read", path: path, cause: .tooLarge(found: bytes.count, limit: limit))
      }
      if piece.count < wanted { return bytes }
      wanted = max(65_536, bytes.count)
      wanted = min(wanted, limit - bytes.count + 1)
    }
  }

  /// What a mode's type is called in a sentence.
  static func kind(ofMode mode: UInt32) -> String {
    switch mode & S_IFMT {
    case S_IFREG: "a regular file"
    case S_IFDIR: "a folder"
    case S_IFLNK: "a symbolic link"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "of an unknown kind"
    }
  }

  /// Calls again while a signal interrupts.
  static func retrying(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }
}
