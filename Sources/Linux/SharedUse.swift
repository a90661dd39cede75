private import Glibc

/// Lets many threads use something at once, and one of them end it while nobody does.
///
/// Unchecked: the lock, made in `init` and freed in `deinit`, is all there is.
public final class SharedUse: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

  /// Nobody uses it.
  public init() {
    var attributes = pthread_rwlockattr_t()
    pthread_rwlockattr_init(&attributes)
    // Uses that follow each other without a gap would keep whoever ends it waiting for ever.
    pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
    pthread_rwlock_init(lock, &attributes)
    pthread_rwlockattr_destroy(&attributes)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  /// Uses it, beside others; waits while one is alone with it.
  ///
  /// Never from within another use on the same thread.
  ///
  /// - Source: man page pthread_rwlock_rdlock(3).
  public func shared<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let code = pthread_rwlock_rdlock(lock)
    precondition(code == 0, "a use is not inside another")
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }

  /// Is alone with it: waits until nobody uses it, and keeps others waiting.
  ///
  /// Never from within another use on the same thread.
  ///
  /// - Source: man page pthread_rwlock_wrlock(3).
  public func alone<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    let code = pthread_rwlock_wrlock(lock)
    precondition(code == 0, "a use is not inside another")
    defer { pthread_rwlock_unlock(lock) }
    return try body()
  }
}
