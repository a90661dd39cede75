private import CLinux
private import Glibc
private import SystemPackage

/// A thread of the operating system: it may block, which tasks of Swift's pool must not.
public struct PlainThread: ~Copyable, Sendable {
  private let identifier: pthread_t

  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: shown by `ps -L`; the first 15 bytes count.
  ///   - body: runs to its end.
  public init(name: String, _ body: @escaping @Sendable () -> Void) {
    do { try self.init(trying: name, body) } catch { preconditionFailure("\(error)") }
  }

  /// Starts a thread where the system allows another one.
  ///
  /// - Parameters:
  ///   - name: shown by `ps -L`; the first 15 bytes count.
  ///   - body: runs to its end; never called where this throws.
  /// - Throws: `LinuxError` such as EAGAIN, where the limit on threads or the memory is reached.
  public init(trying name: String, _ body: @escaping @Sendable () -> Void) throws(LinuxError) {
    let start = Unmanaged.passRetained(Start(body: body))
    var identifier = pthread_t()
    let result = pthread_create(
      &identifier, nil,
      { argument in
        Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      start.release()
      throw LinuxError(
        operation: "start the thread '\(name)' (see TasksMax= and ulimit -u)", code: Errno(rawValue: result))
    }
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
