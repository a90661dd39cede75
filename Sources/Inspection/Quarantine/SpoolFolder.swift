internal import Linux
private import Synchronization
internal import SystemPackage

/// A folder that files go to: open as long as its path leads to it, and opened anew when the path leads elsewhere.
final class SpoolFolder: Sendable {
  private let place: Mutex<Directory>

  /// A folder that is open.
  init(_ directory: Directory) { place = Mutex(directory) }

  /// The folder as it was opened last.
  var directory: Directory { place.withLock { $0 } }

  /// Opens the folder anew where it was removed, renamed, or another was mounted over it; makes it where it is missing.
  ///
  /// - Parameter mode: permission bits of one that is made.
  /// - Returns: whether another folder is open now.
  /// - Throws: `LinuxError` where it cannot be opened; the former one stays open.
  func renew(mode: UInt32) throws(LinuxError) -> Bool {
    let former = directory
    if former.isInPlace { return false }
    let new = try Directory.creating(path: former.path, mode: mode)
    place.withLock { $0 = new }
    return true
  }
}
