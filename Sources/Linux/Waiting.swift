private import CLinux
private import Glibc
private import SystemPackage

/// Something that has input to read now and then: signals, events, wake-ups.
public protocol InputSource: AnyObject, Sendable {}

extension InputSource {
  fileprivate var descriptorNumber: Int32 {
    switch self {
    case let source as Inotify: source.number
    case let source as SignalReceiver: source.number
    case let source as WakeUp: source.number
    default: preconditionFailure("an input source of another module")
    }
  }
}

/// Waits until a source has input.
///
/// - Parameter timeout: longest wait; nil waits for ever.
/// - Returns: for each source, whether it has input.
public func waitForInput(_ sources: [any InputSource], timeout: Duration?) throws(LinuxError) -> [Bool] {
  var polled = sources.map { pollfd(fd: $0.descriptorNumber, events: Int16(POLLIN), revents: 0) }
  var milliseconds: Int32 = -1
  if let timeout {
    // Rounded up: a wait that ends before its deadline would be repeated at once, and spin.
    let bounded = min(max(timeout, .zero), .seconds(86_400)) + .microseconds(999)
    milliseconds = Int32(bounded / .milliseconds(1))
  }
  do {
    _ = try call("wait for input") { poll(&polled, nfds_t(polled.count), milliseconds) }
  } catch  where error.code == .interrupted {}
  return polled.map { $0.revents != 0 }
}

/// A flag that one thread raises and another waits for.
public final class WakeUp: InputSource {
  private let descriptor: Descriptor

  /// A flag that is not raised.
  public init() throws(LinuxError) {
    descriptor = Descriptor(
      owning: try call("make a wake-up") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  var number: Int32 { descriptor.number }

  /// Raises the flag; never blocks.
  public func raise() { _ = eventfd_write(descriptor.number, 1) }

  /// Lowers the flag.
  public func lower() {
    var value: eventfd_t = 0
    _ = eventfd_read(descriptor.number, &value)
  }
}

/// A signal the daemon answers.
public enum Signal: Int32, Sendable, CaseIterable {
  /// SIGHUP: read settings and model again.
  case hangUp = 1
  /// SIGINT: end, from a terminal.
  case interrupt = 2
  /// SIGTERM: end.
  case terminate = 15
}

/// Signals as input: blocked for the whole process, and read when there is time.
public final class SignalReceiver: InputSource {
  private let descriptor: Descriptor

  /// Blocks the signals. Call it before the first thread: threads inherit the mask.
  public init() throws(LinuxError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in Signal.allCases { sigaddset(&set, signal.rawValue) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = Descriptor(
      owning: try call("receive signals") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
  }

  var number: Int32 { descriptor.number }

  /// The signals that came; empty when none did.
  public func read() -> [Signal] {
    var signals: [Signal] = []
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while Glibc.read(descriptor.number, &information, size) == size {
      if let signal = Signal(rawValue: Int32(information.ssi_signo)) { signals.append(signal) }
    }
    return signals
  }
}
