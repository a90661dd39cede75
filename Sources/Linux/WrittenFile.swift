private import CLinux
private import Glibc

/// A new file that is being written, usually under a temporary name.
public struct WrittenFile: ~Copyable, Sendable {
  private let descriptor: Descriptor
  private let subject: String

  /// Takes over a file that was just created.
  init(descriptor: consuming Descriptor, subject: String) {
    self.descriptor = descriptor
    self.subject = subject
  }

  /// So many bytes wait for the disk at most: the flush at the end is no longer than one of these.
  private static let flushCount = 16 << 20

  /// Writes all that another file holds.
  ///
  /// - Parameter piece: called with each piece in order once it is written, for a digest and a sign of life.
  /// - Throws: `LinuxError`, such as "no space left on device".
  public func append(contentOf source: borrowing PlainFile, piece: ([UInt8]) -> Void) throws(LinuxError) {
    var unflushed = 0
    try source.forEachPiece { bytes throws(LinuxError) in
      try descriptor.write(bytes, subject)
      unflushed += bytes.count
      if unflushed >= Self.flushCount {
        try descriptor.synchronize(subject)
        unflushed = 0
      }
      piece(bytes)
    }
  }

  /// Takes over the times of another file, its owner as far as that is permitted, and a mode.
  ///
  /// - Parameters:
  ///   - mode: permission bits, exactly these whatever the process's mask.
  ///   - owner: the owner's number; nil: the other file's.
  ///   - group: the group's number; nil: the other file's.
  public func takeAttributes(
    of source: borrowing PlainFile, mode: UInt32, owner: UInt32? = nil, group: UInt32? = nil
  ) throws(LinuxError) {
    var status = stat()
    let (from, to) = (source.descriptor.number, descriptor.number)
    _ = try call("examine '\(source.subject)'") { fstat(from, &status) }
    // Each on its own: a group of ours may be set where a foreign owner may not.
    _ = fchown(to, uid_t(owner ?? status.st_uid), gid_t.max)
    _ = fchown(to, uid_t.max, gid_t(group ?? status.st_gid))
    _ = try call("set the mode of '\(subject)'") { fchmod(to, mode_t(mode)) }
    let times = [status.st_atim, status.st_mtim]
    _ = try call("set the times of '\(subject)'") { futimens(to, times) }
  }

  /// Waits until the content is on the disk.
  public func synchronize() throws(LinuxError) { try descriptor.synchronize(subject) }
}
