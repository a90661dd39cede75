private import CLinux
private import Glibc
public import SystemPackage

/// An open folder: every work on its files goes through its descriptor, so that no renamed parent leads astray.
public final class Directory: Sendable {
  /// The path it was opened by, for messages.
  public let path: FilePath
  let descriptor: Descriptor

  /// Opens a folder; the last part of its path must not be a symbolic link.
  ///
  /// - Throws: `LinuxError` when it is missing, not a folder, or not permitted.
  public init(path: FilePath) throws(LinuxError) {
    self.path = path
    let number = try call("open folder '\(escaped(path))'") {
      path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    }
    descriptor = Descriptor(owning: number)
  }

  /// Creates what is missing of a folder's path, then opens it.
  ///
  /// - Parameter mode: permission bits of the folders that are created, before the process's mask.
  public static func creating(path: FilePath, mode: UInt32 = 0o770) throws(LinuxError) -> Directory {
    var missing: [FilePath] = []
    var current = path
    while !current.isEmpty, current.withPlatformString({ access($0, F_OK) }) != 0, errno == ENOENT {
      missing.append(current)
      let parent = current.removingLastComponent()
      if parent == current { break }
      current = parent
    }
    for folder in missing.reversed() {
      do {
        _ = try call("create folder '\(escaped(folder))'") { folder.withPlatformString { mkdir($0, mode_t(mode)) } }
      } catch  where error.code == .fileExists {}
    }
    return try Directory(path: path)
  }

  /// The folder above, whatever the path by which this one was reached; the root is its own.
  public func parent() throws(LinuxError) -> Directory {
    let number = try call("open the folder above '\(escaped(path))'") {
      openat(descriptor.number, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)
    }
    return Directory(descriptor: Descriptor(owning: number), path: path.appending(".."))
  }

  init(descriptor: consuming Descriptor, path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  /// What the kernel says about the folder itself.
  public func status() throws(LinuxError) -> FileStatus { try descriptor.status(escaped(path)) }

  /// What the kernel says about a name in it, links not followed; nil when there is no such name.
  public func status(of name: FileName) throws(LinuxError) -> FileStatus? {
    var result = stat()
    do {
      _ = try call("examine '\(describe(name))'") {
        name.withCString { fstatat(descriptor.number, $0, &result, AT_SYMLINK_NOFOLLOW) }
      }
    } catch  where error.code == .noSuchFileOrDirectory {
      return nil
    }
    return FileStatus(result)
  }

  /// Whether the path still leads to this folder and the folder still exists.
  public var isInPlace: Bool {
    var there = stat()
    guard path.withPlatformString({ stat($0, &there) }) == 0, let here = try? status() else { return false }
    let found = FileStatus(there)
    return here.linkCount > 0 && found.device == here.device && found.inode == here.inode
  }

  /// All names in the folder, in the file system's order.
  public func names() throws(LinuxError) -> [FileName] { try entries().map(\.name) }

  /// All names in the folder with their kinds, without examining a single one.
  public func entries() throws(LinuxError) -> [DirectoryEntry] {
    let reader = try DirectoryReader(self)
    var entries: [DirectoryEntry] = []
    while case let piece = try reader.next(atMost: .max), !piece.isEmpty { entries += piece }
    return entries
  }

  /// Waits until renames and removals in the folder are on the disk.
  public func synchronize() throws(LinuxError) { try descriptor.synchronize(escaped(path)) }

  /// The path of a name in it, for messages.
  func describe(_ name: FileName) -> String { "\(escaped(path))/\(name)" }
}

/// A path for messages: like `FileName.description`.
public func escaped(_ path: FilePath) -> String { escaped(path.bytes) }

extension FilePath {
  /// The path's bytes as Linux keeps them.
  public var bytes: [UInt8] {
    withPlatformString { text in Array(UnsafeRawBufferPointer(start: text, count: strlen(text))) }
  }
}
