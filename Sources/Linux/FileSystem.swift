private import CLinux
private import Glibc
private import SystemPackage

/// What holds a folder: its kind and the room left.
public struct FileSystem: Sendable, Equatable {
  /// Kernel's number of the file system's kind, as `statfs` gives it.
  public let kind: UInt64
  /// Bytes that this process may still write.
  public let freeBytes: UInt64

  /// A file system from its parts, for simulations.
  public init(kind: UInt64, freeBytes: UInt64) {
    self.kind = kind
    self.freeBytes = freeBytes
  }

  /// The file system of an open folder.
  public init(of directory: Directory) throws(LinuxError) {
    var result = statfs()
    _ = try call("examine the file system of '\(escaped(directory.path))'") {
      fstatfs(directory.descriptor.number, &result)
    }
    kind = UInt64(UInt32(truncatingIfNeeded: result.f_type))
    freeBytes = UInt64(result.f_bavail) &* UInt64(clamping: result.f_bsize)
  }

  /// Whether it only shows the kernel's state and takes no files: proc, sysfs, control groups.
  ///
  /// Source: statfs(2), the magic numbers.
  public var showsKernelState: Bool { [0x9fa0, 0x6265_6572, 0x0027_e0eb, 0x6367_7270].contains(kind) }

  /// Whether changes made by other machines or below an overlay go unseen by inotify: what lies on a network or in the
  /// hands of another process.
  public var hidesRemoteChanges: Bool { Self.remoteNames[kind] != nil }

  /// What people call its kind, such as `ext4`; the kernel's number where it is none of the usual ones.
  public var kindName: String {
    Self.remoteNames[kind] ?? Self.localNames[kind] ?? "kind 0x\(String(kind, radix: 16))"
  }

  /// File systems whose content changes without this kernel's doing.
  ///
  /// Source: statfs(2), the magic numbers; linux/magic.h.
  private static let remoteNames: [UInt64: String] = [
    0x6969: "nfs", 0xff53_4d42: "cifs", 0xfe53_4d42: "smb2", 0x517b: "smb", 0x6573_5546: "fuse", 0x0102_1997: "9p",
    0x00c3_6400: "ceph", 0x5346_414f: "afs", 0x6b41_4653: "afs", 0x7375_7245: "coda", 0x0bd0_0bd0: "lustre",
    0x0116_1970: "gfs2", 0x7461_636f: "ocfs2", 0x786f_4256: "vboxsf",
  ]

  /// The usual file systems of this kernel's own.
  ///
  /// Source: statfs(2), the magic numbers.
  private static let localNames: [UInt64: String] = [
    0xef53: "ext4", 0x5846_5342: "xfs", 0x9123_683e: "btrfs", 0x0102_1994: "tmpfs", 0x794c_7630: "overlay",
    0x2fc1_2fc1: "zfs", 0xf2f5_2010: "f2fs", 0x4d44: "vfat", 0x2011_bab0: "exfat", 0x8584_58f6: "ramfs",
  ]
}

/// A lock on a folder's file that ends with the process, whatever way it ends.
public final class FileLock: Sendable {
  private let descriptor: Descriptor

  /// Takes the lock, or tells who holds it.
  ///
  /// - Parameter note: text left in the file for whoever finds the lock taken.
  /// - Returns: nil with `holder` set to the holder's note when another process has it.
  public static func take(
    _ name: FileName, in directory: Directory, note: String, holder: inout String
  ) throws(LinuxError) -> FileLock? {
    let subject = directory.describe(name)
    let descriptor = Descriptor(
      owning: try call("open '\(subject)'") {
        name.withCString {
          openat(directory.descriptor.number, $0, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode_t(0o640))
        }
      })
    do {
      let number = descriptor.number
      var attempts = 0
      _ = try call("lock '\(subject)'") {
        while true {
          let result = flock(number, LOCK_EX | LOCK_NB)
          attempts += 1
          // `holder(of:in:)` has it for a moment only.
          if result == 0 || errno != EWOULDBLOCK || attempts == 5 { return result }
          poll(nil, 0, 20)
        }
      }
    } catch  where error.code == .wouldBlock {
      var bytes = [UInt8](repeating: 0, count: 200)
      let count = pread(descriptor.number, &bytes, bytes.count, 0)
      holder = escaped(Array(bytes.prefix(max(0, count))))
      return nil
    }
    let number = descriptor.number
    _ = try call("write '\(subject)'") { ftruncate(number, 0) }
    try descriptor.write(note.utf8, subject)
    return FileLock(descriptor: descriptor)
  }

  /// Who holds a lock, without taking it: read permission is enough.
  ///
  /// - Returns: the holder's note; nil where nobody holds it, or there is no such file.
  public static func holder(of name: FileName, in directory: Directory) throws(LinuxError) -> String? {
    let subject = directory.describe(name)
    let number: Int32
    do {
      number = try call("open '\(subject)'") {
        name.withCString { openat(directory.descriptor.number, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
      }
    } catch  where error.code == .noSuchFileOrDirectory {
      return nil
    }
    let descriptor = Descriptor(owning: number)
    do {
      // Shared and for a moment: who takes the lock meanwhile tries more than once.
      _ = try call("lock '\(subject)'") { flock(number, LOCK_SH | LOCK_NB) }
    } catch  where error.code == .wouldBlock {
      var bytes = [UInt8](repeating: 0, count: 200)
      let count = pread(descriptor.number, &bytes, bytes.count, 0)
      return escaped(Array(bytes.prefix(max(0, count))))
    }
    return nil
  }

  /// What an attempt to lock a private file came to.
  public enum Attempt: Sendable {
    /// The lock is ours.
    case taken(FileLock)
    /// Another process has it; its number where the kernel tells.
    case held(process: Int32?)
    /// The file system has no such locks, or no room for the file.
    case notPossible
  }

  /// Locks a file that only the folder's owner can open: whoever may read the folder cannot keep others out of it.
  ///
  /// The file is made where there is none, and given to the folder's owner by the superuser.
  ///
  /// - Throws: `LinuxError`, such as "permission denied" for other users.
  ///
  /// Source: flock(2).
  public static func take(private name: FileName, in folder: Directory) throws(LinuxError) -> Attempt {
    let descriptor: Descriptor
    do {
      descriptor = try open(private: name, in: folder)
    } catch  where error.isNoSpace {
      // No room for one more name: work that makes room must not depend on it.
      return .notPossible
    }
    do {
      let number = descriptor.number
      _ = try call("lock '\(folder.describe(name))'") { flock(number, LOCK_EX | LOCK_NB) }
    } catch  where error.code == .wouldBlock {
      return .held(process: holder(of: try descriptor.status(folder.describe(name))))
    } catch {
      return .notPossible
    }
    return .taken(FileLock(descriptor: descriptor))
  }

  private static func open(private name: FileName, in folder: Directory) throws(LinuxError) -> Descriptor {
    let subject = folder.describe(name)
    // Not for writing: a file system with a file open for that cannot be made read-only.
    let flags = O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    var attempts = 0
    while true {
      attempts += 1
      let number: Int32
      do {
        number = try call("open '\(subject)'") {
          name.withCString { openat(folder.descriptor.number, $0, flags, mode_t(0o600)) }
        }
      } catch  where error.code == .permissionDenied && attempts == 1 {
        // Made by a superuser who was ended before it was given away: the folder's owner makes it anew.
        guard try folder.status().owner == UInt32(geteuid()) else { throw error }
        try folder.remove(name)
        continue
      }
      let descriptor = Descriptor(owning: number)
      let status = try descriptor.status(subject)
      let owner = try folder.status()
      if attempts == 1, ![owner.owner, UInt32(geteuid()), 0].contains(status.owner) {
        // Somebody else's, who could keep the lock for ever.
        try folder.remove(name)
        continue
      }
      if geteuid() == 0, status.owner == 0, owner.owner != 0 {
        // Where the file system keeps no owners, its options decide who may.
        _ = fchown(number, uid_t(owner.owner), gid_t(owner.group))
      }
      if status.mode & 0o077 != 0 { _ = fchmod(number, mode_t(0o600)) }
      return descriptor
    }
  }

  /// The process that has a file locked; nil where it cannot be known.
  ///
  /// Source: proc_locks(5).
  private static func holder(of status: FileStatus) -> Int32? {
    guard let bytes = try? FileContents.read(BytePath("/proc/locks"), limit: 1 << 20) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 5, words[1] == "FLOCK", words[5].split(separator: ":").last == "\(status.inode)" else {
        continue
      }
      return Int32(words[4])
    }
    return nil
  }

  private init(descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
