internal import Layers

/// Threads that help a lane with a picture that waits alone, while all other lanes have nothing to do; one team serves all
/// lanes and models of a process.
///
/// Who helps changes no bit of a score.
public final class ScoringTeam: Sendable {
  /// More threads than that gain nothing: a picture's layers are cut into few pieces.
  public static let maximumThreadCount = 4

  let threads: EvaluationTeam

  /// A team of at most so many threads, the lane that borrows it included.
  ///
  /// - Parameter threadCount: at most `maximumThreadCount` are started, when a picture first needs them, and no more than
  ///   the system allows.
  public init(threadCount: Int) { threads = EvaluationTeam(threadCount: min(threadCount, Self.maximumThreadCount)) }

  /// Runs a lane's work on the files that it has taken: while more than one lane is inside, nobody helps.
  public func whileWorking(_ body: () -> Void) { threads.whileWorking(body) }

  /// Lets go of the memory that helping with pictures of a model has taken.
  public func returnMemory() { threads.returnMemory() }
}
