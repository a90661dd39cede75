/// When a checkpoint is due.
public struct CheckpointSchedule: Sendable, Equatable {
  /// How many times longer than a checkpoint took to write the training goes on before the next one at a round's end.
  public static let costFactor = 20

  /// Longest time between two checkpoints.
  public let interval: Duration
  private var lastEnd: Duration
  private var lastCost = Duration.zero

  /// A schedule of a training that begins at `now`.
  public init(interval: Duration, now: Duration) {
    self.interval = interval
    lastEnd = now
  }

  /// Whether one is due after a step.
  ///
  /// - Parameters:
  ///   - now: time of a clock that only goes forward.
  ///   - endsRound: whether the step was a round's last.
  public func isDue(now: Duration, endsRound: Bool) -> Bool {
    let since = now - lastEnd
    return since >= interval || endsRound && since >= lastCost * Self.costFactor
  }

  /// Notes that one was written, or could not be.
  public mutating func note(begin: Duration, end: Duration) {
    lastEnd = end
    lastCost = end - begin
  }
}
