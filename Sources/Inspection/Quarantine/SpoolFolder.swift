internal import Linux
private import Synchronization
internal import SystemPackage

/// A folder that files go to: open as long as its path leads to it, and opened anew when the path leads elsewhere.
final class SpoolFolder: Sendable {
  /// What a renewal came to.
  enum Renewal: Sendable, Equatable {
    /// The folder is where it was.
    case notNeeded
    /// Another folder is open now.
    case done
    /// Another process has the lock of the one that has the path now; the former one stays open.
    case held(process: Int32?)
  }

  /// The folder, and the lock that is held in it.
  private struct Place {
    var directory: Directory
    var lock: FileLock?
    /// The lock's file; nil where the folder is not to be locked.
    var lockName: FileName?
  }

  private let place: Mutex<Place>
  /// One renewal at a time: two would keep each other from the lock.
  private let renewal = Mutex(())

  /// A folder that is open.
  init(_ directory: Directory) { place = Mutex(Place(directory: directory)) }

  /// The folder as it was opened last.
  var directory: Directory { place.withLock { $0.directory } }

  /// Locks the folder, and whichever has its path later, until `unlock`.
  ///
  /// - Returns: what came of it; where it cannot be locked, it is tried again in the next folder.
  func lock(_ name: FileName) throws(LinuxError) -> FileLock.Attempt {
    let attempt = try FileLock.take(private: name, in: directory)
    place.withLock {
      if case .held = attempt { return }
      if case .taken(let lock) = attempt { $0.lock = lock }
      $0.lockName = name
    }
    return attempt
  }

  /// Ends the lock.
  func unlock() { place.withLock { ($0.lock, $0.lockName) = (nil, nil) } }

  /// Opens the folder anew where it was removed, renamed, or another was mounted over it; makes it where it is missing,
  /// with the former one's permissions and group. Where the folder is locked, the new one is before the old one is free.
  ///
  /// - Parameter mode: permission bits of folders above it that are made.
  /// - Throws: `LinuxError` where it cannot be opened; the former one stays open.
  func renew(mode: UInt32) throws(LinuxError) -> Renewal {
    try renewal.withLock { _ throws(LinuxError) in
      let (former, lockName) = place.withLock { ($0.directory, $0.lockName) }
      if former.isInPlace { return .notNeeded }
      let isMissing = FileStatus(path: former.path) == nil
      let new = try Directory.creating(path: former.path, mode: mode)
      // As it was set up, whatever the process's mask: whoever looks into it must still be able to.
      if isMissing { try new.takeAccess(of: former) }
      var lock: FileLock?
      if let lockName {
        switch try FileLock.take(private: lockName, in: new) {
        case .taken(let taken): lock = taken
        case .notPossible: break
        case .held(let process): return .held(process: process)
        }
      }
      place.withLock {
        // Nobody waits for the end of a lock that was ended meanwhile.
        if $0.lockName == nil { lock = nil }
        ($0.directory, $0.lock) = (new, lock)
      }
      return .done
    }
  }
}
