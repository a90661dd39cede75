private import CLinux
private import Glibc
private import SystemPackage

/// What of a written file must be on the disk before the work goes on.
public enum Durability: Sendable {
  /// Nothing: a loss of power may lose it.
  case none
  /// The content; the name is made durable by the folder's `synchronize`.
  case content
  /// Content and name.
  case contentAndName
}

/// How a rename treats a name that is taken.
public enum RenameRule: Sendable {
  /// Fails with "File exists".
  case refuseExisting
  /// Replaces it.
  case replaceExisting
}

extension Directory {
  /// Renames a file to a name in this or another folder of the same file system, in one step.
  ///
  /// - Throws: `LinuxError`: `fileExists` where the rule refuses, `improperLink` between file systems.
  ///
  /// Source: renameat2(2). Where a file system lacks the flag (EINVAL), absence is checked first.
  public func rename(
    _ name: FileName, to target: Directory, _ newName: FileName, _ rule: RenameRule
  ) throws(LinuxError) {
    let operation = "rename '\(describe(name))' to '\(target.describe(newName))'"
    let flags: UInt32 = rule == .refuseExisting ? UInt32(RENAME_NOREPLACE) : 0
    do {
      _ = try call(operation) {
        name.withCString { old in
          newName.withCString { renameat2(descriptor.number, old, target.descriptor.number, $0, flags) }
        }
      }
    } catch  where error.code == .invalidArgument && rule == .refuseExisting {
      guard try target.status(of: newName) == nil else { throw LinuxError(operation: operation, code: .fileExists) }
      try rename(name, to: target, newName, .replaceExisting)
    }
  }

  /// Gives a file a further name.
  public func link(_ name: FileName, to target: Directory, _ newName: FileName) throws(LinuxError) {
    _ = try call("link '\(describe(name))' to '\(target.describe(newName))'") {
      name.withCString { old in
        newName.withCString { linkat(descriptor.number, old, target.descriptor.number, $0, 0) }
      }
    }
  }

  /// Removes a name; the file goes with its last name.
  public func remove(_ name: FileName) throws(LinuxError) {
    _ = try call("remove '\(describe(name))'") { name.withCString { unlinkat(descriptor.number, $0, 0) } }
  }

  /// Removes an empty folder.
  public func removeFolder(_ name: FileName) throws(LinuxError) {
    _ = try call("remove folder '\(describe(name))'") {
      name.withCString { unlinkat(descriptor.number, $0, AT_REMOVEDIR) }
    }
  }

  /// Begins a new file that only its owner may read; a name that is taken, a link too, is refused.
  public func newFile(_ name: FileName) throws(LinuxError) -> WrittenFile {
    WrittenFile(descriptor: try createFile(name, mode: 0o600), subject: describe(name))
  }

  /// Writes a file under its name at once: readers see the old content or the new, never a part.
  ///
  /// - Parameters:
  ///   - mode: permission bits, exactly these whatever the process's mask.
  ///   - durability: what is waited for.
  public func write(
    _ bytes: [UInt8], to name: FileName, mode: UInt32, durability: Durability = .contentAndName
  ) throws(LinuxError) {
    let temporary = FileName(bytes: Array(".\(getpid())-\(UInt64.random(in: 0 ... .max)).tmp".utf8))!
    do {
      let file = try createFile(temporary, mode: 0o600)
      try file.write(bytes, describe(name))
      _ = try call("set the mode of '\(describe(name))'") { fchmod(file.number, mode_t(mode)) }
      if durability != .none { try file.synchronize(describe(name)) }
      try rename(temporary, to: self, name, .replaceExisting)
    } catch {
      try? remove(temporary)
      throw error
    }
    if durability == .contentAndName { try synchronize() }
  }

  /// Creates a new file for writing; a name that is taken, a link too, is refused.
  func createFile(_ name: FileName, mode: UInt32) throws(LinuxError) -> Descriptor {
    let number = try call("create '\(describe(name))'") {
      name.withCString {
        openat(descriptor.number, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(mode))
      }
    }
    return Descriptor(owning: number)
  }

  /// Creates a folder of that name, or opens the one that is there; a link is refused.
  public func subdirectory(_ name: FileName, mode: UInt32) throws(LinuxError) -> Directory {
    do {
      _ = try call("create folder '\(describe(name))'") {
        name.withCString { mkdirat(descriptor.number, $0, mode_t(mode)) }
      }
    } catch  where error.code == .fileExists {}
    return try existingSubdirectory(name)
  }

  /// Opens the folder of that name, in this folder whatever its path leads to by now; a link is refused.
  public func existingSubdirectory(_ name: FileName) throws(LinuxError) -> Directory {
    let number = try call("open folder '\(describe(name))'") {
      name.withCString { openat(descriptor.number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    }
    return Directory(
      descriptor: Descriptor(owning: number), path: path.appending(FilePath.Component(platformBytes: name.bytes)))
  }
}

extension FilePath.Component {
  /// A path component from a name's bytes.
  fileprivate init(platformBytes bytes: [UInt8]) {
    self = (bytes + [0]).withUnsafeBytes {
      FilePath.Component(platformString: $0.assumingMemoryBound(to: CInterop.PlatformChar.self).baseAddress!)!
    }
  }
}
