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
