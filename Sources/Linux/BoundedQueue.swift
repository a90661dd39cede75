private import CLinux
private import Glibc

/// A queue between threads that never holds more than its capacity.
///
/// Sendable: every access to `elements`, `isClosed` and `nudges` happens with `mutex` held.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  /// What an attempt to add an element came to.
  public enum Pushed: Sendable {
    /// It is in the queue.
    case added
    /// No room within the time.
    case full
    /// The queue takes nothing any more.
    case closed
  }

  /// Most elements it holds.
  public let capacity: Int
  private var elements: [Element] = []
  private var isClosed = false
  /// Rises with every nudge; whoever waits notices that it is another number than at the beginning.
  private var nudges: UInt64 = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let hasElements = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let hasRoom = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Where one waits who gathers: an element more does not wake it.
  private let isFull = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// An empty queue.
  public init(capacity: Int) {
    precondition(capacity > 0, "a queue holds at least one element")
    self.capacity = capacity
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(hasElements, &attributes)
    pthread_cond_init(hasRoom, &attributes)
    pthread_cond_init(isFull, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(isFull)
    pthread_cond_destroy(hasRoom)
    pthread_cond_destroy(hasElements)
    pthread_mutex_destroy(mutex)
    isFull.deallocate()
    hasRoom.deallocate()
    hasElements.deallocate()
    mutex.deallocate()
  }

  /// Elements in it now.
  public var count: Int { locked { elements.count } }

  /// Adds an element at the end.
  ///
  /// - Parameter timeout: longest wait for room; zero does not wait.
  public func push(_ element: Element, waitingAtMost timeout: Duration = .zero) -> Pushed {
    locked {
      wait(on: hasRoom, atMost: timeout) { elements.count < capacity || isClosed }
      if isClosed { return .closed }
      if elements.count >= capacity { return .full }
      elements.append(element)
      pthread_cond_signal(hasElements)
      tellWhereFull()
      return .added
    }
  }

  /// Adds elements at the end, as many as there is room for, in order and without another thread's between them.
  ///
  /// - Parameters:
  ///   - elements: loses those that were added.
  ///   - timeout: longest wait for room for the first of them; zero does not wait.
  /// - Returns: `added` when all of them are in the queue.
  public func push(contentsOf elements: inout ArraySlice<Element>, waitingAtMost timeout: Duration = .zero) -> Pushed {
    if elements.isEmpty { return .added }
    return locked {
      wait(on: hasRoom, atMost: timeout) { self.elements.count < capacity || isClosed }
      if isClosed { return .closed }
      let added = elements.prefix(max(0, capacity - self.elements.count))
      if added.isEmpty { return .full }
      self.elements += added
      elements.removeFirst(added.count)
      // More than one of those who wait may find something.
      if added.count == 1 { pthread_cond_signal(hasElements) } else { pthread_cond_broadcast(hasElements) }
      tellWhereFull()
      return elements.isEmpty ? .added : .full
    }
  }

  /// Takes the first elements.
  ///
  /// - Parameters:
  ///   - maximumCount: most that are taken.
  ///   - timeout: longest wait for the first of them; nil waits for ever.
  /// - Returns: what was there; empty after the time-out or a nudge; nil when closed and empty.
  public func pop(atMost maximumCount: Int, waitingAtMost timeout: Duration?) -> [Element]? {
    var mark = locked { nudges }
    return pop(atMost: maximumCount, waitingAtMost: timeout, mark: &mark)
  }

  /// The same for one who misses no nudge: one that came since the last time ends the wait at once.
  ///
  /// - Parameters:
  ///   - end: until when more elements are waited for once there is one; a full queue, a nudge and the queue's end end
  ///     that wait, too. Nil: not at all.
  ///   - mark: the caller's own, 0 at first.
  public func pop(
    atMost maximumCount: Int, waitingAtMost timeout: Duration?, gatheringUntil end: ContinuousClock.Instant? = nil,
    mark: inout UInt64
  ) -> [Element]? {
    locked {
      wait(on: hasElements, atMost: timeout) { !elements.isEmpty || isClosed || nudges != mark }
      if let end, !elements.isEmpty {
        wait(on: isFull, atMost: end - .now) { elements.count >= capacity || isClosed || nudges != mark }
      }
      mark = nudges
      if elements.isEmpty { return isClosed ? nil : [] }
      let taken = Array(elements.prefix(maximumCount))
      elements.removeFirst(taken.count)
      pthread_cond_broadcast(hasRoom)
      return taken
    }
  }

  /// Ends every wait for elements without one: a sign of life is wanted, or something else is to be looked at.
  public func nudge() {
    locked {
      nudges &+= 1
      pthread_cond_broadcast(hasElements)
      pthread_cond_broadcast(isFull)
    }
  }

  /// Takes nothing more; what is in it can still be taken out.
  public func close() {
    locked {
      isClosed = true
      pthread_cond_broadcast(hasElements)
      pthread_cond_broadcast(hasRoom)
      pthread_cond_broadcast(isFull)
    }
  }

  private func tellWhereFull() { if elements.count >= capacity { pthread_cond_broadcast(isFull) } }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Waits with the mutex held until the condition is true or the time is over.
  private func wait(
    on condition: UnsafeMutablePointer<pthread_cond_t>, atMost timeout: Duration?, until isTrue: () -> Bool
  ) {
    guard let timeout else {
      while !isTrue() { pthread_cond_wait(condition, mutex) }
      return
    }
    guard timeout > .zero, !isTrue() else { return }
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = Int64(deadline.tv_nsec) + timeout.components.attoseconds / 1_000_000_000
    // A century is long enough, and its seconds can be added to any clock's.
    let seconds = min(timeout.components.seconds, 3_155_760_000)
    deadline.tv_sec += Int(seconds) + Int(nanoseconds / 1_000_000_000)
    deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
    while !isTrue() {
      if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return }
    }
  }
}
