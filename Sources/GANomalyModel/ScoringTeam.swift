internal import Layers

/// Threads that lanes borrow for a picture that waits alone.
public final class ScoringTeam: Sendable {
  let threads: EvaluationTeam

  /// A team of so many threads, the lane that borrows it included; they sleep until then.
  public init(threadCount: Int) { threads = EvaluationTeam(threadCount: threadCount) }
}
