private import CLinux
private import Glibc

/// The files below a folder, in an order that is the same everywhere.
public enum DirectoryTree {
  /// A file that was found, or a place that could not be looked into.
  public struct Entry: Sendable, Equatable {
    /// The folder as given, joined with the rest.
    public let path: BytePath
    /// Why the file must not be opened, or the folder could not be listed; nil for a regular file.
    public let problem: FileError.Cause?
  }

  /// Folders inside folders; deeper ones are reported as a problem.
  public static let maximumDepth = 64
  /// Most entries of one tree.
  public static let maximumCount = 10_000_000

  /// Lists the pictures of a folder and of its subfolders: names ending in `.png` in any case, as the daemon takes them.
  ///
  /// Names beginning with a dot are passed over, and `NAME.view.png` and `NAME.map.png` where `NAME` is there, side
  /// pictures; symbolic links are never followed: a link or a FIFO with a picture's name comes back with a problem. The
  /// folder itself may be a link.
  ///
  /// - Parameter folder: the folder as the user gave it.
  /// - Returns: the entries, sorted by the bytes of their paths.
  /// - Throws: `FileError` where the folder cannot be listed, or the tree is too large.
  /// - Source: man pages opendir(3), readdir(3), fstatat(2).
  public static func pictures(below folder: BytePath) throws(FileError) -> [Entry] {
    var sideCount = 0
    return try pictures(below: folder, passedOver: &sideCount)
  }

  /// Lists the pictures of a folder and of its subfolders, and counts the side pictures that it passes over.
  ///
  /// - Parameters:
  ///   - folder: the folder as the user gave it.
  ///   - sideCount: grows by the side pictures.
  /// - Throws: `FileError` where the folder cannot be listed, or the tree is too large.
  public static func pictures(
    below folder: BytePath, passedOver sideCount: inout Int
  ) throws(FileError) -> [Entry] {
    guard !folder.bytes.contains(0) else { throw FileError(action: "list", path: folder, cause: .zeroByte) }
    let descriptor = FileContents.retrying { open(folder.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(action: "list", path: folder, cause: .system(errno)) }
    var entries: [Entry] = []
    try list(descriptor, path: folder, depth: 0, into: &entries, passedOver: &sideCount)
    return entries.sorted { $0.path < $1.path }
  }

  /// What a path names, links followed.
  ///
  /// - Returns: whether it is a folder.
  /// - Throws: `FileError` where there is nothing, or it may not be looked at.
  public static func isFolder(_ path: BytePath) throws(FileError) -> Bool {
    guard !path.bytes.contains(0) else { throw FileError(action: "read", path: path, cause: .zeroByte) }
    var status = stat()
    guard stat(path.terminated, &status) == 0 else {
      throw FileError(action: "read", path: path, cause: .system(errno))
    }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is anything under a path, a link that leads nowhere included.
  ///
  /// - Throws: `FileError` where the folders on the way may not be searched.
  public static func exists(_ path: BytePath) throws(FileError) -> Bool {
    guard !path.bytes.contains(0) else { throw FileError(action: "read", path: path, cause: .zeroByte) }
    var status = stat()
    if lstat(path.terminated, &status) == 0 { return true }
    guard errno == ENOENT || errno == ENOTDIR else {
      throw FileError(action: "read", path: path, cause: .system(errno))
    }
    return false
  }

  /// Lists one folder; the descriptor is closed here.
  private static func list(
    _ descriptor: Int32, path: BytePath, depth: Int, into entries: inout [Entry], passedOver sideCount: inout Int
  ) throws(FileError) {
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      close(descriptor)
      throw FileError(action: "list", path: path, cause: .system(code))
    }
    defer { closedir(stream) }
    var sideNames: [[UInt8]] = []
    while true {
      errno = 0
      guard let found = readdir(stream) else {
        guard errno == 0 else { throw FileError(action: "list", path: path, cause: .system(errno)) }
        for name in sideNames {
          guard !isThere(sidePicture(of: name), in: descriptor) else {
            sideCount += 1
            continue
          }
          try add(
            name, of: descriptor, path: path.appending(name), depth: depth, to: &entries, passedOver: &sideCount)
        }
        return
      }
      let name = withUnsafeBytes(of: &found.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard name.first != UInt8(ascii: ".") else { continue }
      if !sidePicture(of: name).isEmpty {
        sideNames.append(name)
        continue
      }
      try add(name, of: descriptor, path: path.appending(name), depth: depth, to: &entries, passedOver: &sideCount)
      guard entries.count <= maximumCount else {
        throw FileError(action: "list", path: path, cause: .tooMany(limit: maximumCount))
      }
    }
  }

  private static func add(
    _ name: [UInt8], of parent: Int32, path: BytePath, depth: Int, to entries: inout [Entry],
    passedOver sideCount: inout Int
  ) throws(FileError) {
    let terminated = BytePath(bytes: name).terminated
    var status = stat()
    guard fstatat(parent, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      // Gone between the listing and now: it is no longer in the folder.
      if errno != ENOENT, isPicture(name) { entries.append(Entry(path: path, problem: .system(errno))) }
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      guard depth < maximumDepth else {
        entries.append(Entry(path: path, problem: .tooDeep(limit: maximumDepth)))
        return
      }
      let child = FileContents.retrying { openat(parent, terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      guard child >= 0 else {
        entries.append(Entry(path: path, problem: .system(errno)))
        return
      }
      try list(child, path: path, depth: depth + 1, into: &entries, passedOver: &sideCount)
    case S_IFREG:
      if isPicture(name) { entries.append(Entry(path: path, problem: nil)) }
    default:
      guard isPicture(name) else { return }
      entries.append(Entry(path: path, problem: .notRegular(FileContents.kind(ofMode: status.st_mode))))
    }
  }

  /// How the names of side pictures go on after their pictures'.
  private static let sideEndings = [".view.png", ".map.png"].map { Array($0.utf8) }

  /// The name of the picture that a side picture's name is of; empty for any other name.
  private static func sidePicture(of name: [UInt8]) -> ArraySlice<UInt8> {
    let ending = sideEndings.first { name.count > $0.count && name.suffix($0.count).elementsEqual($0) }
    return ending.map { name.dropLast($0.count) } ?? []
  }

  private static func isThere(_ name: ArraySlice<UInt8>, in folder: Int32) -> Bool {
    var status = stat()
    return fstatat(folder, BytePath(bytes: Array(name)).terminated, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  private static func isPicture(_ name: [UInt8]) -> Bool {
    // ASCII letters differ from their capitals in this bit alone; the dot has it anyway.
    name.suffix(4).map { $0 | 0x20 } == Array(".png".utf8) && name.suffix(4).first == UInt8(ascii: ".")
  }
}
