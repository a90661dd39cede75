import Linux
import Synchronization

/// Ctrl-C, SIGTERM and a terminal that goes: the first one asks for an orderly end where one is possible, the next one ends at once.
///
/// A thread of its own waits for them, so that they are answered while files are read or a model is written.
final class Interruption: Sendable {
  private let requested = Atomic(false)
  private let canFinish = Atomic(false)

  /// Takes over the signals; call it before the first other thread.
  init() throws(LinuxError) {
    let receiver = try SignalReceiver()
    _ = PlainThread(name: "signals") { [self] in
      while true {
        // Only a bug could make waiting on our own descriptor fail; without it signals would go unheard.
        guard (try? waitForInput([receiver], timeout: nil)) != nil else { return }
        for _ in receiver.read() { answer() }
      }
    }
  }

  /// Whether an orderly end was asked for.
  var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// From now on the first signal asks instead of ending.
  func allowFinishing() { canFinish.store(true, ordering: .relaxed) }

  private func answer() {
    guard canFinish.load(ordering: .relaxed), !requested.exchange(true, ordering: .relaxed) else {
      CurrentProcess.exit(ExitStatus.interrupted)
    }
    Message.write("stopping after this step; once more ends at once")
  }
}
