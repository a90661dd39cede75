private import Glibc
private import Synchronization

/// Threads that wait for the next parallel region: asleep, but for the time of their patience.
///
/// A region's tasks are taken one after the other by whoever is free; what a task computes must not depend on who runs
/// it, so results are the same for any number of threads. The caller works along and returns when all tasks are done.
public final class ThreadPool: Sendable {
  /// Threads that work in a region, the caller included.
  public let threadCount: Int
  /// The patience for regions that follow one another: some 100 microseconds.
  public static let shortPatience = 100_000
  private let shared: Shared

  /// A pool of `threadCount` threads, at least one (the caller). Traps where the system refuses a thread.
  ///
  /// - Parameter patience: as of the other initialiser.
  public convenience init(threadCount: Int, patience: Int = 0) {
    self.init(atMost: threadCount, patience: patience)
    precondition(self.threadCount == max(1, threadCount), "the system refuses threads (see TasksMax= and ulimit -u)")
  }

  /// A pool of as many threads as the system gives, at least one (the caller).
  ///
  /// - Parameter patience: how often a thread looks for the next region, or for the end of this one, before it sleeps:
  ///   for regions so short and close that waking up takes longer than the work.
  public convenience init(atMost threadCount: Int, patience: Int) {
    self.init(atMost: threadCount, patience: patience, start: Self.start)
  }

  init(atMost threadCount: Int, patience: Int, start: (@escaping @Sendable () -> Void) -> Bool) {
    let shared = Shared(patience: patience)
    self.shared = shared
    var started = 1
    while started < threadCount {
      let worker = started
      guard start({ shared.work(as: worker) }) else { break }
      started += 1
    }
    self.threadCount = started
  }

  /// How often so far a caller had to sleep until the other threads were done with a region.
  public var waitCount: Int { shared.waitCount.load(ordering: .relaxed) }

  deinit { shared.stop() }

  /// Runs `body(task, worker)` for every task in 0..<count; worker is in 0..<threadCount and runs one task at a time.
  ///
  /// The body may touch shared state only in ranges of its own. Regions do not nest, and one caller uses a pool at a time.
  public func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    if count == 0 { return }
    if threadCount == 1 || count == 1 {
      for task in 0..<count { body(task, 0) }
      return
    }
    withoutActuallyEscaping(body) { shared.run(count, $0) }
  }

  /// Runs the body over contiguous ranges of 0..<count, at most `grain` long.
  public func runRanges(_ count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
    let grain = max(1, grain)
    run((count + grain - 1) / grain) { task, worker in
      body(task * grain..<min(count, (task + 1) * grain), worker)
    }
  }

  /// Starts a thread; false where the system refuses.
  private static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let context = Unmanaged.passRetained(Body(run: body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { context in
        Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if code != 0 { context.release() }
    return code == 0
  }
}

/// What a thread runs.
private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// The region that is under way, and the lock under which it is handed out.
///
/// Unchecked: what is not atomic is only touched under the mutex, but for a region's body and count: they are written
/// under it while no worker is inside, and workers read them after they went inside under it. One region after the other
/// uses the same memory, so that a region takes none. The body is not Sendable by type: `ThreadPool.run` promises that
/// its tasks touch disjoint state.
private final class Shared: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let patience: Int
  private var body: ((Int, Int) -> Void)?
  private var count = 0
  private var stopping = false
  /// The next task that nobody has taken.
  private let next = Atomic<Int>(0)
  private let done = Atomic<Int>(0)
  /// Workers that may take tasks; changed under the mutex alone.
  private let inside = Atomic<Int>(0)
  /// The number of regions so far; changed under the mutex alone.
  private let generation = Atomic<Int>(0)
  /// Regions for whose end the caller slept.
  let waitCount = Atomic<Int>(0)

  init(patience: Int) {
    self.patience = patience
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// One region: works along, and returns when all tasks are done and no worker is inside any more.
  func run(_ count: Int, _ body: @escaping (Int, Int) -> Void) {
    pthread_mutex_lock(mutex)
    self.body = body
    self.count = count
    next.store(0, ordering: .relaxed)
    done.store(0, ordering: .relaxed)
    generation.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
    takeTasks(count, body, as: 0)
    look { isDone(count) }
    pthread_mutex_lock(mutex)
    // Nobody goes inside any more.
    self.body = nil
    if !isDone(count) { waitCount.wrappingAdd(1, ordering: .relaxed) }
    while !isDone(count) { pthread_cond_wait(changed, mutex) }
    pthread_mutex_unlock(mutex)
  }

  /// A worker's life: region after region; in between it looks a while, then it sleeps.
  func work(as worker: Int) {
    var seen = 0
    while true {
      if seen > 0 { look { generation.load(ordering: .acquiring) != seen } }
      pthread_mutex_lock(mutex)
      while !stopping && (body == nil || generation.load(ordering: .relaxed) == seen) {
        pthread_cond_wait(changed, mutex)
      }
      if stopping {
        pthread_mutex_unlock(mutex)
        return
      }
      seen = generation.load(ordering: .relaxed)
      inside.wrappingAdd(1, ordering: .relaxed)
      var (count, body) = (self.count, self.body)
      pthread_mutex_unlock(mutex)
      if let body { takeTasks(count, body, as: worker) }
      // Let go of before the caller may return: what it captures lives no longer than that.
      (count, body) = (0, nil)
      pthread_mutex_lock(mutex)
      inside.wrappingSubtract(1, ordering: .releasing)
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
  }

  func stop() {
    pthread_mutex_lock(mutex)
    stopping = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  private func takeTasks(_ count: Int, _ body: (Int, Int) -> Void, as worker: Int) {
    while true {
      let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= count { return }
      body(task, worker)
      done.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }
  }

  private func isDone(_ count: Int) -> Bool {
    done.load(ordering: .acquiring) == count && inside.load(ordering: .acquiring) == 0
  }

  /// Looks a while whether something is so, before the caller sleeps until it is.
  private func look(_ isSo: () -> Bool) {
    var looks = 0
    while looks < patience, !isSo() { looks += 1 }
  }
}
