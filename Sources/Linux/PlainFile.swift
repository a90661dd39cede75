private import CLinux
private import Glibc
private import SystemPackage

/// What opening a name for inspection gave.
public enum OpenedName: ~Copyable {
  /// A regular file, open for reading.
  case file(PlainFile)
  /// Something that is never opened: link, FIFO, device, folder, another file system's mount.
  case notPlain(FileStatus.Kind)
  /// No such name any more.
  case missing
}

/// A regular file, open for reading; what its name is does not matter any more.
public struct PlainFile: ~Copyable, Sendable {
  /// What a probe for writers found.
  public enum Writers: Sendable {
    /// Nobody has the file open for writing.
    case none
    /// Somebody has it open for writing, or mapped shared and writable.
    case some
    /// The kernel does not tell us: not our file, or the file system cannot.
    case unknown
  }

  let descriptor: Descriptor
  /// What the kernel said about the file just before it was opened.
  public let statusAtOpening: FileStatus
  private let folder: Directory
  private let name: FileName
  /// What it is called in messages: made only for these.
  var subject: String { folder.describe(name) }

  /// Opens a name of a folder without following links, without hanging on a FIFO, without waking a device.
  ///
  /// - Throws: `LinuxError`, such as "permission denied".
  ///
  /// Source: openat2(2), proc(5) `/proc/self/fd`, open(2) O_NOATIME.
  public static func open(_ name: FileName, in directory: Directory) throws(LinuxError) -> OpenedName {
    let number: Int32
    do {
      number = try pin(name, in: directory)
    } catch {
      switch error.code {
      case .noSuchFileOrDirectory: return .missing
      case .improperLink, .tooManySymbolicLinkLevels: return .notPlain(.unknown)
      default: throw error
      }
    }
    let pin = Descriptor(owning: number)
    let status = try pin.status(directory.describe(name))
    guard status.kind == .regular else { return .notPlain(status.kind) }
    let readable = try call("open '\(directory.describe(name))'") {
      // That it was read would be noted in the file's inode; only its owner may ask for that to be left out.
      guard status.owner == user else { return reopen(pin.number) }
      let number = reopen(pin.number, O_NOATIME)
      return number == -1 && errno == EPERM ? reopen(pin.number) : number
    }
    return .file(
      PlainFile(
        descriptor: Descriptor(owning: readable), statusAtOpening: status, folder: directory, name: name))
  }

  /// Opens for reading what is pinned.
  private static func reopen(_ number: Int32, _ further: Int32 = 0) -> Int32 {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | further
    // By the folder of our descriptors where that could be opened: a third of the way from the root.
    return descriptors >= 0 ? openat(descriptors, "\(number)", flags) : Glibc.open("/proc/self/fd/\(number)", flags)
  }

  /// The user whose files this process owns.
  private static let user = geteuid()

  /// This process's descriptors by their numbers, open as long as it runs; below zero where that is not possible.
  private static let descriptors = Glibc.open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC)

  /// Pins what a name stands for without opening it, so that what is examined is what is opened afterwards.
  private static func pin(_ name: FileName, in directory: Directory) throws(LinuxError) -> Int32 {
    let flags = O_PATH | O_NOFOLLOW | O_CLOEXEC
    let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)
    return try call("open '\(directory.describe(name))'") {
      name.withCString {
        let number = clinux_openat2(directory.descriptor.number, $0, UInt64(flags), resolve)
        // ENOSYS: kernels before 5.6; EPERM: a system call filter that does not know it.
        guard number == -1, errno == ENOSYS || errno == EPERM else { return number }
        return openat(directory.descriptor.number, $0, flags)
      }
    }
  }

  /// What the kernel says about the file now.
  public func status() throws(LinuxError) -> FileStatus { try descriptor.status(subject) }

  /// Most bytes that are read at once.
  private static let pieceCount = 4 << 20

  /// All bytes, read into memory; nil when there are more than `maximumCount`.
  ///
  /// Never a mapping: a file cut short while it is read would end the process with SIGBUS.
  ///
  /// - Parameters:
  ///   - size: bytes that it has, which the caller compares again afterwards; nil to read to the end, whatever it is.
  ///   - progress: called after each piece of a large file.
  public func read(
    maximumCount: Int, expecting size: Int? = nil, progress: () -> Void = {}
  ) throws(LinuxError) -> [UInt8]? {
    let expected = min(try count(size), maximumCount)
    var bytes: [UInt8] = []
    // One byte more than expected shows the end without a second, empty read into a grown buffer.
    var room = expected + 1
    while true {
      let start = bytes.count
      var count = 0
      var failure: LinuxError?
      let buffer = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
        do throws(LinuxError) {
          while count < room, count != size {
            let (done, rest) = (count, min(room - count, Self.pieceCount))
            let piece = try call("read '\(subject)'") {
              pread(descriptor.number, buffer.baseAddress! + done, rest, off_t(start + done))
            }
            if piece == 0 { break }
            count += piece
            progress()
          }
        } catch {
          failure = error
        }
        initialized = count
      }
      if let failure { throw failure }
      if start == 0 { bytes = buffer } else { bytes += buffer }
      if bytes.count > maximumCount { return nil }
      // All that it has by the caller's word, who sees to it that this still holds.
      if bytes.count == size { return bytes }
      // Fewer than there was room for: the file's end was met.
      if count < room { return bytes }
      room = max(expected + 1 - bytes.count, 65_536)
    }
  }

  private func count(_ known: Int?) throws(LinuxError) -> Int {
    if let known { return known }
    return Int(clamping: try status().size)
  }

  /// Reads all bytes piece by piece: a large file needs little memory.
  ///
  /// - Parameter body: called with each piece in order; what it throws ends the reading.
  public func forEachPiece(_ body: ([UInt8]) throws(LinuxError) -> Void) throws(LinuxError) {
    var offset: off_t = 0
    while true {
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      let count = try call("read '\(subject)'") {
        bytes.withUnsafeMutableBytes { pread(descriptor.number, $0.baseAddress, $0.count, offset) }
      }
      if count == 0 { return }
      bytes.removeLast(bytes.count - count)
      offset += off_t(count)
      try body(bytes)
    }
  }

  /// Asks whether somebody still writes: a read lease is granted exactly when nobody does, and given back at once.
  ///
  /// SIGIO must be blocked: a writer that opens during the probe makes the kernel send it.
  ///
  /// Source: fcntl(2), F_SETLEASE.
  public func writers() -> Writers {
    if clinux_set_lease(descriptor.number, F_RDLCK) == 0 {
      _ = clinux_set_lease(descriptor.number, F_UNLCK)
      return .none
    }
    return errno == EAGAIN ? .some : .unknown
  }
}
