internal import Layers
private import Synchronization

/// Threads that help a lane with a picture that waits alone, while all other lanes have nothing to do; one team serves all
/// lanes and models of a process.
///
/// Who helps changes no bit of a score.
public final class ScoringTeam: Sendable {
  /// More threads than that gain nothing: a picture's layers are cut into few pieces.
  public static let maximumThreadCount = 4

  let threads: EvaluationTeam
  private let workingLanes = Atomic<Int>(0)

  /// A team of at most so many threads, the lane that borrows it included; they sleep until then.
  ///
  /// - Parameter threadCount: at most `maximumThreadCount` are started, and no more than the system allows.
  public init(threadCount: Int) { threads = EvaluationTeam(threadCount: min(threadCount, Self.maximumThreadCount)) }

  /// Runs a lane's work on the files that it has taken: while more than one lane is inside, nobody helps.
  public func whileWorking(_ body: () -> Void) {
    workingLanes.wrappingAdd(1, ordering: .relaxed)
    body()
    workingLanes.wrappingSubtract(1, ordering: .relaxed)
  }

  /// Runs the body with the threads, unless other lanes work or have them.
  ///
  /// - Returns: whether it ran.
  func lend(_ body: (EvaluationTeam.Members) -> Void) -> Bool {
    workingLanes.load(ordering: .relaxed) <= 1 && threads.lend(body)
  }
}
