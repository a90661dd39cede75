private import Glibc
private import Synchronization

/// Threads that wait, asleep, for the next parallel region.
///
/// A region's tasks are taken one after the other by whoever is free; what a task computes must not depend on who runs
/// it, so results are the same for any number of threads. The caller works along and returns when all tasks are done.
public final class ThreadPool: Sendable {
  /// Threads that work in a region, the caller included.
  public let threadCount: Int
  private let shared: Shared

  /// A pool of `threadCount` threads, at least one (the caller).
  public init(threadCount: Int) {
    self.threadCount = max(1, threadCount)
    let shared = Shared()
    self.shared = shared
    for worker in 1..<max(1, self.threadCount) {
      Self.start { shared.work(as: worker) }
    }
  }

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
    withoutActuallyEscaping(body) { body in
      shared.begin(Region(count: count, body: body))
      shared.finish()
    }
  }

  /// Runs the body over contiguous ranges of 0..<count, at most `grain` long.
  public func runRanges(_ count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
    let grain = max(1, grain)
    run((count + grain - 1) / grain) { task, worker in
      body(task * grain..<min(count, (task + 1) * grain), worker)
    }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) {
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
    precondition(code == 0, "cannot start a thread: error \(code)")
  }
}

/// What a thread runs.
private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// One parallel region: the tasks not yet taken and those not yet done.
private final class Region: @unchecked Sendable {
  // The body is not Sendable by type: `run` promises that its tasks touch disjoint state. The caller clears it when all
  // workers have left, because a worker may let go of the region a moment after the caller has returned.
  var body: ((Int, Int) -> Void)?
  let count: Int
  let next = Atomic<Int>(0)
  let done = Atomic<Int>(0)

  init(count: Int, body: @escaping (Int, Int) -> Void) {
    self.count = count
    self.body = body
  }

  /// Takes tasks until none is left.
  func work(as worker: Int) {
    while true {
      let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= count { return }
      body?(task, worker)
      done.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }
  }
}

/// The lock under which regions are handed out; Unchecked: every access to its state is under the mutex.
private final class Shared: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var region: Region?
  private var generation = 0
  private var inside = 0
  private var stopping = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func begin(_ region: Region) {
    pthread_mutex_lock(mutex)
    self.region = region
    generation += 1
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Works along, then waits until every task is done and no worker still holds the region.
  func finish() {
    pthread_mutex_lock(mutex)
    let current = region
    pthread_mutex_unlock(mutex)
    guard let current else { return }
    current.work(as: 0)
    pthread_mutex_lock(mutex)
    region = nil
    while inside > 0 || current.done.load(ordering: .acquiring) < current.count { pthread_cond_wait(changed, mutex) }
    pthread_mutex_unlock(mutex)
    current.body = nil
  }

  func work(as worker: Int) {
    var seen = 0
    while true {
      pthread_mutex_lock(mutex)
      while !stopping && (region == nil || generation == seen) { pthread_cond_wait(changed, mutex) }
      if stopping {
        pthread_mutex_unlock(mutex)
        return
      }
      seen = generation
      let current = region
      inside += 1
      pthread_mutex_unlock(mutex)
      current?.work(as: worker)
      pthread_mutex_lock(mutex)
      inside -= 1
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
}
