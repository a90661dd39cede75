private import Synchronization
internal import Tensors

/// Threads that help a lane with a picture that waits alone; shared by all lanes of a process.
///
/// Who helps changes no bit: every value is computed by one thread, in the order in which a lane alone computes it.
public final class EvaluationTeam: Sendable {
  private let state: Mutex<State>
  private let workingLanes = WorkingLanes()

  /// A team of at most so many threads, the caller included.
  ///
  /// They are started when somebody first needs them, as many as the system gives, and sleep until somebody does.
  public init(threadCount: Int) { state = Mutex(State(threadCount: threadCount)) }

  /// Runs a lane's work on the files that it has taken: while more than one lane is inside, nobody helps.
  public func whileWorking(_ body: () -> Void) {
    workingLanes.count.wrappingAdd(1, ordering: .relaxed)
    body()
    workingLanes.count.wrappingSubtract(1, ordering: .relaxed)
  }

  /// Runs the body with the threads, unless other lanes work or have them, or they were too late of late.
  ///
  /// - Returns: whether it ran.
  public func lend(_ body: (Members) -> Void) -> Bool {
    guard workingLanes.isOneAtMost else { return false }
    return state.withLockIfAvailable { state in
      guard state.isNextTry else { return false }
      let members = state.members ?? Members(threadCount: state.threadCount, workingLanes: workingLanes)
      state.members = members
      // Where the system gave none.
      guard members.pool.threadCount > 1 else { return false }
      let waits = members.pool.waitCount
      body(members)
      state.note(waits: members.pool.waitCount - waits)
      return true
    } ?? false
  }

  /// Lets go of the memory that helping has taken, unless somebody is being helped.
  public func returnMemory() { state.withLockIfAvailable { $0.members?.returnMemory() } }

  /// Who helps, and whether that pays.
  private struct State {
    let threadCount: Int
    var members: Members?
    private var isLate = LateHelp()

    init(threadCount: Int) { self.threadCount = threadCount }

    var isNextTry: Bool { mutating get { isLate.isNextTry() } }

    mutating func note(waits: Int) { isLate.note(waits: waits) }
  }

  /// The threads, the lane's own included, and memory for those that help; used by one lane at a time.
  public final class Members {
    let pool: ThreadPool
    private let helpers: [ConvolutionScratch]
    private let workingLanes: WorkingLanes
    /// What the helping threads work with beside it, and for whom.
    private var kept: (owner: AnyObject, things: [AnyObject])?

    fileprivate init(threadCount: Int, workingLanes: WorkingLanes) {
      // A layer's regions take 20 to 200 microseconds and follow one another; with sleep in between that took twice as
      // long.
      pool = ThreadPool(atMost: threadCount, patience: ThreadPool.shortPatience)
      helpers = (1..<pool.threadCount).map { _ in ConvolutionScratch() }
      self.workingLanes = workingLanes
    }

    /// Whether no other lane has got work meanwhile.
    var isWanted: Bool { workingLanes.isOneAtMost }

    /// Threads, the lane's own included.
    public var threadCount: Int { pool.threadCount }

    /// Runs the body for every piece; a worker, counted from 0, the lane's own thread, does one at a time.
    public func run(_ count: Int, _ body: (_ piece: Int, _ worker: Int) -> Void) { pool.run(count, body) }

    /// A thread's memory: the lane's own where it is the lane.
    func scratch(_ worker: Int, _ own: ConvolutionScratch) -> ConvolutionScratch {
      worker == 0 ? own : helpers[worker - 1]
    }

    /// A thing of each helping thread, made once for an owner and kept until another one asks, or `returnMemory`: whoever
    /// borrows the team, the threads are the same.
    public func kept<Thing: AnyObject>(for owner: AnyObject, make: () -> Thing) -> [Thing] {
      if let kept, kept.owner === owner, let things = kept.things as? [Thing] { return things }
      kept = nil
      let things = (1..<pool.threadCount).map { _ in make() }
      kept = (owner, things)
      return things
    }

    fileprivate func returnMemory() {
      for helper in helpers { helper.returnMemory() }
      kept = nil
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

  /// Lanes that have files in hand.
  fileprivate final class WorkingLanes: Sendable {
    let count = Atomic<Int>(0)

    var isOneAtMost: Bool { count.load(ordering: .relaxed) <= 1 }
  }
}

/// When to do without help that came too late: where other programs have the processors, a layer waits for a thread that
/// does not get one, and the picture takes longer than with one thread.
struct LateHelp {
  /// Waits of one picture that are no sign yet: threads have to wake up for its first layer.
  static let toleratedWaits = 3
  /// Pictures until the next try: at first, and at most.
  static let pauses = 4...256

  private var pause = LateHelp.pauses.lowerBound
  private var left = 0

  /// Whether this picture is to be helped with; counts it.
  mutating func isNextTry() -> Bool {
    if left == 0 { return true }
    left -= 1
    return false
  }

  /// Learns how often a lane had to sleep until its helpers were done with their part.
  mutating func note(waits: Int) {
    if waits <= Self.toleratedWaits {
      pause = Self.pauses.lowerBound
    } else {
      left = pause
      pause = min(2 * pause, Self.pauses.upperBound)
    }
  }
}
