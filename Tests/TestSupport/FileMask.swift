public import Glibc
import Linux
import Synchronization

/// Runs a body on a thread whose file mask is its own: the process's would be that of all tests that run meanwhile.
public func withFileMask(_ mask: mode_t, _ body: @escaping @Sendable () throws -> Void) throws {
  let failure = Failure()
  PlainThread(name: "file mask") {
    do {
      guard unshareFileSystemAttributes() == 0 else { throw TestFailure("unshare: error \(errno)") }
      umask(mask)
      try body()
    } catch {
      failure.error.withLock { $0 = error }
    }
  }.join()
  if let error = failure.error.withLock({ $0 }) { throw error }
}

/// What a thread threw.
private final class Failure: Sendable {
  let error = Mutex<(any Error)?>(nil)
}

/// `unshare(CLONE_FS)`: the calling thread has a mask and a working directory of its own; Swift's Glibc lacks it.
///
/// Source: unshare(2).
private func unshareFileSystemAttributes() -> Int32 {
  typealias Unshare = @convention(c) (Int32) -> Int32
  guard let symbol = dlsym(nil, "unshare") else { return -1 }
  return unsafeBitCast(symbol, to: Unshare.self)(0x200)
}
