private import CLinux
private import Glibc
private import SystemPackage

/// One thing the kernel reports about a watched folder.
public struct InotifyEvent: Sendable, Equatable {
  /// What happened; several at once are possible.
  public struct Kinds: OptionSet, Sendable, Hashable {
    /// The kernel's bits.
    public let rawValue: UInt32

    /// From the kernel's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A name appeared: created, linked.
    public static let created = Kinds(rawValue: UInt32(IN_CREATE))
    /// Content changed.
    public static let modified = Kinds(rawValue: UInt32(IN_MODIFY))
    /// Somebody who had it open for writing closed it.
    public static let closedAfterWriting = Kinds(rawValue: UInt32(IN_CLOSE_WRITE))
    /// Renamed to this name.
    public static let movedIn = Kinds(rawValue: UInt32(IN_MOVED_TO))
    /// Renamed from this name.
    public static let movedOut = Kinds(rawValue: UInt32(IN_MOVED_FROM))
    /// The name was removed.
    public static let deleted = Kinds(rawValue: UInt32(IN_DELETE))
    /// The watched folder itself was removed.
    public static let folderDeleted = Kinds(rawValue: UInt32(IN_DELETE_SELF))
    /// The watched folder itself was renamed.
    public static let folderMoved = Kinds(rawValue: UInt32(IN_MOVE_SELF))
    /// The name is a folder's.
    public static let isFolder = Kinds(rawValue: UInt32(IN_ISDIR))
    /// Events were lost: the queue was full.
    public static let overflow = Kinds(rawValue: UInt32(IN_Q_OVERFLOW))
    /// The watch has ended.
    public static let watchEnded = Kinds(rawValue: UInt32(IN_IGNORED))
  }

  /// The watch it belongs to; -1 for an overflow.
  public let watch: Int32
  /// What happened.
  public let kinds: Kinds
  /// The name in the folder; nil where the folder itself or the queue is meant.
  public let name: FileName?

  /// An event from its parts, for simulations.
  public init(watch: Int32, kinds: Kinds, name: FileName?) {
    self.watch = watch
    self.kinds = kinds
    self.name = name
  }
}

/// The kernel's reports about folders.
public final class Inotify: InputSource {
  let descriptor: Descriptor

  /// An instance without watches.
  public init() throws(LinuxError) {
    descriptor = Descriptor(
      owning: try call("start inotify (see fs.inotify.max_user_instances)") {
        inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
      })
  }

  var number: Int32 { descriptor.number }

  /// Watches an open folder, whatever its path leads to by now; a watch that it has already is kept and told more.
  ///
  /// - Returns: the watch's number, as events carry it.
  public func watch(_ directory: Directory, for kinds: InotifyEvent.Kinds) throws(LinuxError) -> Int32 {
    // Not IN_DONT_FOLLOW: the path below is a link, and would give ENOTDIR.
    let mask = kinds.rawValue | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK) | UInt32(IN_MASK_ADD)
    return try call("watch '\(escaped(directory.path))' (see fs.inotify.max_user_watches)") {
      inotify_add_watch(descriptor.number, "/proc/self/fd/\(directory.descriptor.number)", mask)
    }
  }

  /// Ends a watch; one that has already ended is fine.
  public func remove(watch: Int32) { inotify_rm_watch(descriptor.number, watch) }

  /// What is there to read now; empty when nothing is.
  ///
  /// Source: inotify(7): the name follows the 16 bytes of the structure, padded with zeros.
  public func read() throws(LinuxError) -> [InotifyEvent] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count: Int
    do {
      count = try call("read inotify events") {
        buffer.withUnsafeMutableBytes { Glibc.read(descriptor.number, $0.baseAddress, $0.count) }
      }
    } catch  where error.code == .wouldBlock {
      return []
    }
    return buffer.withUnsafeBytes { bytes in
      var events: [InotifyEvent] = []
      var offset = 0
      while offset + 16 <= count {
        let watch = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
        let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
        let name = bytes[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
        events.append(
          InotifyEvent(
            watch: watch, kinds: InotifyEvent.Kinds(rawValue: mask), name: FileName(bytes: Array(name))))
        offset += 16 + length
      }
      return events
    }
  }
}
