internal import Linux
private import SystemPackage

/// The lock of whoever takes pictures out of a quarantine: on a file in it that nobody can open who may only read it.
enum QuarantineLock {
  /// The file; hidden, and empty.
  private static let name = FileName(".ganomaly-quarantine.lock")!

  /// Takes it.
  ///
  /// - Returns: nil where the file system has no such locks.
  /// - Throws: `InspectionError.command` where another holds it all the time.
  static func take(_ folder: Directory, waitingAtMost wait: Duration) throws(InspectionError) -> FileLock? {
    let deadline = ContinuousClock.now + wait
    while true {
      switch try onSystem({ () throws(LinuxError) in try FileLock.take(private: name, in: folder) }) {
      case .taken(let lock): return lock
      case .notPossible: return nil
      case .held(let process):
        guard ContinuousClock.now < deadline else {
          let holder = process.map { "process \($0)" } ?? "another process"
          throw .command("'\(escaped(folder.path))' is in use by \(holder); try again when it has ended")
        }
        // Nothing ever comes out of an empty queue of its own: its wait is a pause that ends by itself.
        _ = BoundedQueue<Int>(capacity: 1).pop(atMost: 1, waitingAtMost: .milliseconds(50))
      }
    }
  }
}
