private import CLinux
private import Glibc
private import SystemPackage

/// A folder's list that is read piece by piece: one of a million names needs no memory for a million. One thread's.
public final class DirectoryReader {
  private let stream: OpaquePointer
  private let subject: String

  /// Begins to read a folder from its first name; the folder itself may be closed meanwhile.
  public init(_ directory: Directory) throws(LinuxError) {
    subject = escaped(directory.path)
    let operation = "list '\(subject)'"
    // A descriptor of its own: a directory stream takes it over, and its position is not shared.
    let number = try call(operation) {
      openat(directory.descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard let stream = fdopendir(number) else {
      let code = Errno(rawValue: errno)
      close(number)
      throw LinuxError(operation: operation, code: code)
    }
    self.stream = stream
  }

  deinit { closedir(stream) }

  /// The next names with their kinds, without examining a single one.
  ///
  /// - Returns: names in the file system's order, without `.` and `..`; none at the end.
  ///
  /// Source: readdir(3), `d_type`.
  public func next(atMost maximumCount: Int) throws(LinuxError) -> [DirectoryEntry] {
    var entries: [DirectoryEntry] = []
    while entries.count < maximumCount {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw LinuxError(operation: "list '\(subject)'", code: Errno(rawValue: errno)) }
        return entries
      }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if let name = FileName(bytes: bytes) {
        entries.append(DirectoryEntry(name: name, kind: FileStatus.Kind(directoryEntry: entry.pointee.d_type)))
      }
    }
    return entries
  }
}
