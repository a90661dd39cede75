private import Synchronization
internal import Tensors

/// Idle threads that help a lane with a picture that waits alone; shared by all lanes.
///
/// Who helps changes no bit: every value is computed by one thread, in the order in which a lane alone computes it.
public final class EvaluationTeam: Sendable {
  /// Threads, the lane's own included, and memory for those that help.
  public final class Members {
    let pool: ThreadPool
    private let helpers: [ConvolutionScratch]

    /// A thread's memory: the lane's own where it is the lane.
    func scratch(_ worker: Int, _ own: ConvolutionScratch) -> ConvolutionScratch {
      worker == 0 ? own : helpers[worker - 1]
    }

    init(threadCount: Int) {
      // A layer's regions take 20 to 200 microseconds and follow one another; sleeping in between took half of the time.
      pool = ThreadPool(threadCount: threadCount, patience: 100_000)
      helpers = (1..<pool.threadCount).map { _ in ConvolutionScratch() }
    }
  }

  private let members: Mutex<Members>

  /// A team of so many threads, the caller included; they sleep until somebody needs them.
  public init(threadCount: Int) { members = Mutex(Members(threadCount: threadCount)) }

  /// Runs the body with the team, unless another lane has it.
  ///
  /// - Returns: whether it ran.
  public func lend(_ body: (Members) -> Void) -> Bool { members.withLockIfAvailable { body($0) } != nil }
}
