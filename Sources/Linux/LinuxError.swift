private import Glibc
public import SystemPackage

/// A system call that failed: what was tried, on what, and why.
public struct LinuxError: Error, Equatable, CustomStringConvertible {
  /// What was tried, as it reads after "cannot": `open 'part.png'`.
  public let operation: String
  /// The kernel's reason.
  public let code: Errno

  /// An error from its parts.
  public init(operation: String, code: Errno) {
    self.operation = operation
    self.code = code
  }

  /// One sentence: `cannot open 'part.png': permission denied`.
  public var description: String {
    let reason = code.description
    return "cannot \(operation): \(reason.prefix(1).lowercased())\(reason.dropFirst())"
  }

  /// Whether the reason may go by itself: no room, no memory, too much open, input or output, a file server away.
  public var mayPass: Bool {
    let codes = [
      EIO, ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE, EAGAIN, ENOMEM, ENOBUFS, EBUSY, ETXTBSY, ENOLCK, ESTALE, ENOTCONN,
      ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ECONNREFUSED, ECONNRESET, EREMOTEIO, ENXIO, ENODEV,
    ]
    return codes.contains(code.rawValue)
  }

  /// A permission is missing.
  public var isForbidden: Bool { code == .permissionDenied || code == .notPermitted }

  /// No room left: disk full, quota reached, or a file system that takes no writes at present.
  public var isNoSpace: Bool { code == .noSpace || code == Errno(rawValue: EDQUOT) || code == .readOnlyFileSystem }
}

/// Runs a system call until it is not interrupted, and turns -1 into the error.
func call<Result: SignedInteger>(
  _ operation: @autoclosure () -> String, _ body: () -> Result
) throws(LinuxError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let code = Errno(rawValue: errno)
    if code != .interrupted { throw LinuxError(operation: operation(), code: code) }
  }
}
