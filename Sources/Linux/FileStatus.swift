internal import CLinux
internal import Glibc
public import SystemPackage

/// What the kernel knows about a file: the parts that identify it and tell whether it changed.
public struct FileStatus: Hashable, Sendable {
  /// What kind of thing a name stands for.
  public enum Kind: String, Sendable {
    case regular = "file"
    case directory = "folder"
    case symbolicLink = "symbolic link"
    case fifo = "FIFO"
    case socket
    case device
    case unknown = "thing of unknown kind"
  }

  /// What it is.
  public let kind: Kind
  /// Number of the file system it lies on.
  public let device: UInt64
  /// Number of the file on that file system.
  public let inode: UInt64
  /// Bytes.
  public let size: Int64
  /// Last change of the content, nanoseconds since 1970.
  public let modified: Int64
  /// Last change of content, name, owner or mode, nanoseconds since 1970.
  public let changed: Int64
  /// Permission bits.
  public let mode: UInt32
  /// Owner's number.
  public let owner: UInt32
  /// Group's number.
  public let group: UInt32
  /// Names it has; 0 when removed.
  public let linkCount: UInt64

  /// The parts that matter of a C structure.
  init(_ status: stat) {
    kind =
      switch status.st_mode & mode_t(Glibc.S_IFMT) {
      case mode_t(Glibc.S_IFREG): .regular
      case mode_t(Glibc.S_IFDIR): .directory
      case mode_t(Glibc.S_IFLNK): .symbolicLink
      case mode_t(Glibc.S_IFIFO): .fifo
      case mode_t(Glibc.S_IFSOCK): .socket
      case mode_t(Glibc.S_IFBLK), mode_t(Glibc.S_IFCHR): .device
      default: .unknown
      }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
    mode = UInt32(status.st_mode) & 0o7777
    owner = UInt32(status.st_uid)
    group = UInt32(status.st_gid)
    linkCount = UInt64(status.st_nlink)
  }

  /// What a path leads to, links followed; nil where it leads to nothing that may be looked at.
  public init?(path: FilePath) {
    var result = stat()
    guard path.withPlatformString({ stat($0, &result) }) == 0 else { return nil }
    self.init(result)
  }

  /// A status from its parts, for simulations.
  public init(
    kind: Kind = .regular, device: UInt64 = 1, inode: UInt64, size: Int64, modified: Int64, changed: Int64,
    mode: UInt32 = 0o644, owner: UInt32 = 0, group: UInt32 = 0, linkCount: UInt64 = 1
  ) {
    self.kind = kind
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
    self.mode = mode
    self.owner = owner
    self.group = group
    self.linkCount = linkCount
  }

  /// The same file with the same content, as far as the kernel tells: a rename or a link elsewhere changes neither.
  public func isSameContent(as other: FileStatus) -> Bool {
    kind == other.kind && device == other.device && inode == other.inode && size == other.size
      && modified == other.modified
  }
}
