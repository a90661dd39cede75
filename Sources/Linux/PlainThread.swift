private import CLinux
private import Glibc

/// A thread of the operating system: it may block, which tasks of Swift's pool must not.
public struct PlainThread: ~Copyable, Sendable {
  private let identifier: pthread_t

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: shown by `ps -L`; the first 15 bytes count.
  ///   - body: runs to its end.
  public init(name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(body: body))
    var identifier = pthread_t()
    let result = pthread_create(
      &identifier, nil,
      { argument in
        Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    precondition(result == 0, "the system refuses another thread: \(String(cString: strerror(result)))")
    _ = String(name.prefix(15)).withCString { pthread_setname_np(identifier, $0) }
    self.identifier = identifier
  }

  /// Waits for the thread's end.
  public consuming func join() {
    pthread_join(identifier, nil)
    discard self
  }

  deinit { pthread_detach(identifier) }

  private final class Start {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
