private import Synchronization
internal import Tensors

/// Threads that help a lane with a picture that waits alone; shared by all lanes of a process.
///
/// Who helps changes no bit: every value is computed by one thread, in the order in which a lane alone computes it.
public final class EvaluationTeam: Sendable {
  /// The threads, the lane's own included, and memory for those that help; used by one lane at a time.
  public final class Members {
    let pool: ThreadPool
    private let helpers: [ConvolutionScratch]

    init(threadCount: Int) {
      // A layer's regions take 20 to 200 microseconds and follow one another; with sleep in between that took twice as long.
      pool = ThreadPool(atMost: threadCount, patience: 100_000)
      helpers = (1..<pool.threadCount).map { _ in ConvolutionScratch() }
    }

    /// A thread's memory: the lane's own where it is the lane.
    func scratch(_ worker: Int, _ own: ConvolutionScratch) -> ConvolutionScratch {
      worker == 0 ? own : helpers[worker - 1]
    }

    /// Runs the body for every piece of a product's columns.
    func runColumns(_ columns: Int, _ body: (Range<Int>) -> Void) {
      // Twice as many as threads: what is left when the first is done is less.
      let count = ColumnPieces.count(columns: columns, wanted: 2 * pool.threadCount)
      pool.run(count) { index, _ in body(ColumnPieces.piece(index, of: count, columns: columns)) }
    }

    /// Runs the body for ranges of a product's rows.
    func runRows(_ rows: Int, _ body: (Range<Int>) -> Void) {
      let count = 2 * pool.threadCount
      pool.run(count) { index, _ in body(rows * index / count..<rows * (index + 1) / count) }
    }
  }

  private let members: Mutex<Members>

  /// A team of at most so many threads, the caller included: as many as the system gives. They sleep until somebody needs
  /// them.
  public init(threadCount: Int) { members = Mutex(Members(threadCount: threadCount)) }

  /// Runs the body with the team, unless another lane has it.
  ///
  /// - Returns: whether it ran.
  public func lend(_ body: (Members) -> Void) -> Bool { members.withLockIfAvailable { body($0) } != nil }
}
