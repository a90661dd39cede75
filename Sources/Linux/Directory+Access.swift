private import Glibc
public import SystemPackage

extension Directory {
  /// Asks whether files can be created, renamed and removed in it, without changing anything.
  ///
  /// - Throws: `LinuxError`, such as "Permission denied" or "Read-only file system".
  ///
  /// Source: faccessat(2).
  public func checkChangeable() throws(LinuxError) {
    _ = try call("write to folder '\(escaped(path))'") {
      faccessat(descriptor.number, ".", W_OK | X_OK, AT_EACCESS)
    }
  }

  /// Gives this folder the permissions and, where this process may, the group of another.
  ///
  /// Where only the special bits are refused, as a service manager may have it, the folder does without them.
  ///
  /// Source: fchmod(2), fchown(2).
  public func takeAccess(of other: Directory) throws(LinuxError) {
    let wanted = try other.status()
    if try status().group != wanted.group { _ = fchown(descriptor.number, uid_t.max, gid_t(wanted.group)) }
    // Last: a change of the group may take bits away.
    let operation = "set the mode of '\(escaped(path))'"
    do {
      _ = try call(operation) { fchmod(descriptor.number, mode_t(wanted.mode)) }
    } catch  where error.code == .notPermitted {
      _ = try call(operation) { fchmod(descriptor.number, mode_t(wanted.mode & 0o777)) }
    }
  }

  /// Whether nobody but this process's user can change what is in it: it belongs to that user, who alone may do anything.
  ///
  /// Where the file system keeps no owners and modes of its own, such as one on a network, the answer is yes: there the
  /// mount's options decide who may.
  public var isPrivate: Bool {
    guard let status = try? status(), let fileSystem = try? FileSystem(of: self) else { return false }
    return fileSystem.hidesRemoteChanges || (status.owner == UInt32(geteuid()) && status.mode & 0o077 == 0)
  }

  /// Asks whether `creating` would succeed, without changing anything.
  ///
  /// - Returns: the folder where it is there already, else nil.
  /// - Throws: `LinuxError` with what it would fail of: judged by the nearest folder above that exists.
  public static func checkCreating(path: FilePath) throws(LinuxError) -> Directory? {
    do {
      return try Directory(path: path)
    } catch  where error.code == .noSuchFileOrDirectory {
      let operation = "create folder '\(escaped(path))'"
      // With the dot a link to a folder counts as the folder, as it does for whoever creates one in it.
      let parent = try Directory(path: nearestParent(of: path).appending("."))
      _ = try call(operation) { faccessat(parent.descriptor.number, ".", W_OK | X_OK, AT_EACCESS) }
      if try FileSystem(of: parent).showsKernelState { throw LinuxError(operation: operation, code: .notPermitted) }
      return nil
    }
  }

  /// The nearest folder above a path that exists.
  public static func nearestParent(of path: FilePath) -> FilePath {
    var current = path.removingLastComponent()
    while current.withPlatformString({ access($0, F_OK) }) != 0, errno == ENOENT {
      let parent = current.removingLastComponent()
      if parent == current { break }
      current = parent
    }
    return current.isEmpty ? "." : current
  }
}
