private import Glibc
public import SystemPackage

/// A user of the machine.
public struct User: Sendable, Equatable {
  /// The number.
  public let number: UInt32
  /// The name; nil where it has none.
  public let name: String?

  /// A user from its parts.
  public init(number: UInt32, name: String?) {
    self.number = number
    self.name = name
  }
}

extension CurrentProcess {
  /// Whoever gave the command: with sudo the user behind it.
  ///
  /// Source: sudo(8), SUDO_UID; getpwuid_r(3).
  public static var user: User {
    let isRoot = getuid() == 0
    let behind = isRoot ? getenv("SUDO_UID").flatMap { UInt32(String(cString: $0)) } : nil
    let number = behind ?? getuid()
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 4096)
    let name = buffer.withUnsafeMutableBufferPointer { buffer -> String? in
      guard getpwuid_r(number, &entry, buffer.baseAddress!, buffer.count, &found) == 0, found != nil else { return nil }
      return entry.pw_name.map { String(cString: $0) }
    }
    return User(number: number, name: name)
  }

  /// Whether a process of that number exists.
  public static func exists(_ number: Int32) -> Bool { kill(number, 0) == 0 || errno != ESRCH }
}

extension CurrentProcess {
  /// Whether a file, or the folder it lies in, may not be read, or files beside it not be written.
  ///
  /// Source: access(2).
  public static func mayNotUse(_ path: FilePath) -> Bool {
    let isFileForbidden = path.withPlatformString { access($0, R_OK | W_OK) } != 0 && [EACCES, EPERM].contains(errno)
    let folder = path.removingLastComponent()
    let isFolderForbidden = folder.withPlatformString { access($0, R_OK | W_OK | X_OK) } != 0
    return isFileForbidden || (isFolderForbidden && [EACCES, EPERM].contains(errno))
  }
}
