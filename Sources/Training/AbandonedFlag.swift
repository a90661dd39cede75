private import Synchronization

/// Says to a thread that nobody waits for what it does any more.
final class AbandonedFlag: Sendable {
  private let flag = Atomic(false)

  /// Whether nobody waits.
  var isSet: Bool { flag.load(ordering: .relaxed) }

  /// Says it.
  func set() { flag.store(true, ordering: .relaxed) }
}
