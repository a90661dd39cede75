internal import Linux
internal import Synchronization

/// A value that threads share; read and replaced as a whole.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  /// A shared value.
  init(_ value: Value) { mutex = Mutex(value) }

  /// The value now.
  var value: Value { mutex.withLock { $0 } }

  /// Changes the value while nobody else sees it.
  func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
    mutex.withLock { value in
      var copy = value
      let result = body(&copy)
      value = copy
      return result
    }
  }
}

extension Shared {
  /// Takes an optional value out, once.
  func take<Wrapped: Sendable>() -> Wrapped? where Value == Wrapped? {
    change { value in
      defer { value = nil }
      return value
    }
  }
}

/// The model in use, and how often it was replaced.
struct CurrentModel: Sendable {
  /// Rises with every replacement, so that lanes see one.
  var generation = 0
  /// Rises also when a reload found the same model again.
  var loadCount = 0
  /// Nil where there is no model yet.
  var judge: PictureJudge?
}

/// The last sign of life of one thread.
final class Heartbeat: Sendable {
  /// What it is called in messages.
  let name: String
  private let nanoseconds = Atomic<Int64>(0)
  private let start = ContinuousClock.now

  /// A thread that has just moved on.
  init(name: String) { self.name = name }

  /// The thread moved on, or found nothing to do.
  func beat() { nanoseconds.store(Self.count(ContinuousClock.now - start), ordering: .relaxed) }

  /// Time since the last sign of life.
  func silence(at now: ContinuousClock.Instant) -> Duration {
    now - start - .nanoseconds(nanoseconds.load(ordering: .relaxed))
  }

  private static func count(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}

/// What lanes and recorder tell the watch thread.
struct Feedback: Sendable {
  let name: FileName
  let finding: InspectionFinding
}

/// Feedback on its way to the watch thread, which it wakes.
final class Mailbox: Sendable {
  private struct Content: Sendable {
    var feedback: [Feedback] = []
    var isRereadingWanted = false
  }

  private let mutex = Mutex(Content())
  private let wake: WakeUp
  /// Whether the watch thread has files in line for which the lanes' queue had no room.
  private let isRoomAwaited = Atomic<Bool>(false)

  /// An empty mailbox of the thread that waits for `wake`.
  init(wake: WakeUp) { self.wake = wake }

  /// Puts feedback in; never waits. It never holds more than there are requests on their way.
  func post(_ name: FileName, _ finding: InspectionFinding) {
    mutex.withLock { $0.feedback.append(Feedback(name: name, finding: finding)) }
    wake.raise()
  }

  /// The same for many, with one call.
  func post(_ feedback: [Feedback]) {
    if feedback.isEmpty { return }
    mutex.withLock { $0.feedback += feedback }
    wake.raise()
  }

  /// Asks for all files of the watched folder to be looked at again: the ledger is another one.
  func requestRereading() {
    mutex.withLock { $0.isRereadingWanted = true }
    wake.raise()
  }

  /// Wakes the watch thread: something that it looks at has changed.
  func notifyWatcher() { wake.raise() }

  /// The watch thread has files in line, and the lanes' queue is full.
  func awaitRoom() { isRoomAwaited.store(true, ordering: .relaxed) }

  /// There is room in the lanes' queue: wakes the watch thread where that has files in line, once.
  func noteRoom() {
    // Loaded first: every batch comes by here, and nearly always nobody waits.
    guard isRoomAwaited.load(ordering: .relaxed), isRoomAwaited.exchange(false, ordering: .relaxed) else { return }
    wake.raise()
  }

  /// Whether all files are to be looked at again. To be asked before `take`, and answered after it: feedback from before
  /// the request is then known to be from before.
  func takeRereadingWanted() -> Bool {
    mutex.withLock { content in
      defer { content.isRereadingWanted = false }
      return content.isRereadingWanted
    }
  }

  /// Takes all feedback out.
  func take() -> [Feedback] {
    mutex.withLock { content in
      defer { content.feedback = [] }
      return content.feedback
    }
  }
}
