private import CLinux
private import Glibc

/// Files that are whole or not there: written beside, synchronised, renamed.
public enum AtomicFile {
  /// Writes a file so that a reader, or a crash at any moment, finds the old content or the new one and nothing between.
  ///
  /// A replaced file keeps its permissions; a new one gets 0666 less the umask. A symbolic link stays, and its target is
  /// replaced. What exists and is no regular file is never replaced: renaming over a device would remove it.
  ///
  /// - Parameters:
  ///   - bytes: the content.
  ///   - path: where it goes.
  /// - Throws: `FileError`, also where a folder, a FIFO, a device or a link that leads nowhere has the name; nothing is
  ///   left behind then.
  /// - Source: man pages mkstemp(3), fsync(2), rename(2).
  public static func write(_ bytes: [UInt8], to path: BytePath) throws(FileError) {
    let target = try replaceable(path)
    var template = target.appendingToName(".partial-XXXXXX").terminated
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, cause: .system(errno)) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let failure = fill(descriptor, with: bytes, mode: mode(for: target))
    // Closing may report a write that failed late, on network file systems.
    let closed = close(descriptor) == 0 ? 0 : errno
    var code = failure != 0 ? failure : closed
    if code == 0, rename(template, target.terminated) != 0 { code = errno }
    guard code == 0 else {
      unlink(template)
      throw FileError(action: "write", path: path, cause: .system(code))
    }
    try synchronise(folder: target.parent, for: path)
  }

  /// Tries whether a file could be written, before work that would be lost otherwise; leaves nothing behind.
  ///
  /// - Throws: `FileError` where its folder is missing or may not be written to, or the path names something else than a
  ///   regular file.
  public static func checkWritable(_ path: BytePath) throws(FileError) {
    let target = try replaceable(path)
    var template = target.appendingToName(".partial-XXXXXX").terminated
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, cause: .system(errno)) }
    close(descriptor)
    unlink(template)
  }

  /// Removes a file; one that is not there is as good as removed.
  public static func remove(_ path: BytePath) throws(FileError) {
    guard unlink(path.terminated) != 0, errno != ENOENT else { return }
    throw FileError(action: "remove", path: path, cause: .system(errno))
  }

  /// The file that writing replaces or makes, links followed.
  ///
  /// - Throws: `FileError` where the path names something else than a regular file, a link to one, or nothing.
  private static func replaceable(_ path: BytePath) throws(FileError) -> BytePath {
    guard !path.bytes.contains(0) else { throw FileError(action: "write", path: path, cause: .zeroByte) }
    var status = stat()
    if stat(path.terminated, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw FileError(action: "write", path: path, cause: .notRegular(FileContents.kind(ofMode: status.st_mode)))
      }
    } else if lstat(path.terminated, &status) == 0 {
      throw FileError(action: "write", path: path, cause: .notRegular("a symbolic link that leads nowhere"))
    }
    return resolved(path)
  }

  /// Makes a folder's entries durable.
  private static func synchronise(folder: BytePath, for path: BytePath) throws(FileError) {
    let descriptor = FileContents.retrying { open(folder.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, cause: .system(errno)) }
    defer { close(descriptor) }
    // Some file systems cannot synchronise a folder and say EINVAL; the rename has happened all the same.
    guard FileContents.retrying({ fsync(descriptor) }) == 0 || errno == EINVAL else {
      throw FileError(action: "write", path: path, cause: .system(errno))
    }
  }

  /// Writes, sets the mode and synchronises; returns the errno of the first that failed, or 0.
  private static func fill(_ descriptor: Int32, with bytes: [UInt8], mode: mode_t) -> Int32 {
    let failure = bytes.withUnsafeBytes { buffer -> Int32 in
      var written = 0
      while written < buffer.count {
        let result = Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
        if result >= 0 {
          written += result
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    if failure != 0 { return failure }
    if fchmod(descriptor, mode) != 0 { return errno }
    return FileContents.retrying { fsync(descriptor) } == 0 ? 0 : errno
  }

  /// The permissions of the file that is replaced, else those a new file would get.
  private static func mode(for target: BytePath) -> mode_t {
    var status = stat()
    if stat(target.terminated, &status) == 0, status.st_mode & S_IFMT == S_IFREG { return status.st_mode & 0o7777 }
    return 0o666 & ~processMask()
  }

  /// The process's umask, read without setting it: umask(2) could only be read by changing it for all threads.
  private static func processMask() -> mode_t {
    CurrentProcess.statusField("Umask").flatMap { mode_t($0, radix: 8) } ?? 0o022
  }

  /// The path with symbolic links followed, where it exists.
  private static func resolved(_ path: BytePath) -> BytePath {
    guard let real = realpath(path.terminated, nil) else { return path }
    defer { free(real) }
    return BytePath(bytes: Array(UnsafeBufferPointer(start: real, count: strlen(real))).map { UInt8(bitPattern: $0) })
  }
}

extension BytePath {
  /// This path with bytes added to its last component.
  fileprivate func appendingToName(_ suffix: String) -> BytePath {
    BytePath(bytes: bytes + Array(suffix.utf8))
  }
}

extension AtomicFile {
  /// Removes what a process that was killed while it wrote a file has left beside it; nobody else may be writing it now.
  ///
  /// - Throws: `FileError` where the folder cannot be listed or a file cannot be removed.
  public static func removeLeftovers(of path: BytePath) throws(FileError) {
    let target = try replaceable(path)
    guard let stream = opendir(target.parent.terminated) else {
      throw FileError(action: "list", path: target.parent, cause: .system(errno))
    }
    defer { closedir(stream) }
    let start = Array(target.bytes[(target.bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...])
    let prefix = start + Array(".partial-".utf8)
    while let found = readdir(stream) {
      let name = withUnsafeBytes(of: &found.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      // The six characters that mkstemp puts there.
      guard name.count == prefix.count + 6, name.starts(with: prefix) else { continue }
      try remove(target.parent.appending(name))
    }
  }
}
