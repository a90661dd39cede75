private import CLinux
private import Glibc
private import SystemPackage

/// The one owner of a file descriptor; closes it at its end.
struct Descriptor: ~Copyable, Sendable {
  /// The kernel's number; valid as long as this value lives.
  let number: Int32

  /// Takes over an open descriptor.
  init(owning number: Int32) { self.number = number }

  deinit {
    // close(2): on Linux the descriptor is gone even when EINTR is reported; EBADF would be our bug.
    if close(number) != 0 { precondition(errno != EBADF, "a descriptor was closed twice") }
  }

  /// What `fstat` says now.
  func status(_ subject: @autoclosure () -> String) throws(LinuxError) -> FileStatus {
    var result = stat()
    _ = try call("examine '\(subject())'") { fstat(number, &result) }
    return FileStatus(result)
  }

  /// Writes all of `bytes`, whatever the kernel takes at once.
  func write(_ bytes: some Sequence<UInt8>, _ subject: @autoclosure () -> String) throws(LinuxError) {
    let bytes = Array(bytes)
    var written = 0
    while written < bytes.count {
      written += try call("write '\(subject())'") {
        bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress! + written, bytes.count - written) }
      }
    }
  }

  /// Waits until the file or folder is on the disk.
  func synchronize(_ subject: @autoclosure () -> String) throws(LinuxError) {
    _ = try call("synchronize '\(subject())'") { fsync(number) }
  }
}
