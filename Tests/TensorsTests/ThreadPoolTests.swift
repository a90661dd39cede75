import Synchronization
import Testing

@testable import Tensors

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 16], [0, 1000]) func `every task runs once, thousands of regions long`(
    threadCount: Int, patience: Int
  ) {
    let pool = ThreadPool(atMost: threadCount, patience: patience)
    #expect(pool.threadCount == threadCount)
    for region in 0..<2000 {
      let count = region % 37
      let seen = Mutex([Int](repeating: 0, count: count))
      let workers = Mutex<Set<Int>>([])
      pool.run(count) { task, worker in
        seen.withLock { $0[task] += 1 }
        workers.withLock { _ = $0.insert(worker) }
      }
      #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
      #expect(workers.withLock { $0.allSatisfy { (0..<threadCount).contains($0) } })
    }
  }

  @Test func `a pool makes do with the threads that the system gives`() {
    for given in 0..<3 {
      var asked = 0
      let pool = ThreadPool(atMost: 4, patience: 0) { _ in
        asked += 1
        return asked <= given
      }
      // What was started never runs here: the caller alone does all the work.
      #expect(pool.threadCount == given + 1)
      #expect(asked == given + 1)
      if given == 0 {
        var tasks: [Int] = []
        pool.run(3) { task, worker in tasks.append(10 * task + worker) }
        #expect(tasks == [0, 10, 20])
      }
    }
  }

  @Test func `ranges cover everything once`() {
    let pool = ThreadPool(threadCount: 4)
    for (count, grain) in [(0, 3), (1, 3), (10, 3), (9, 3), (5, 0), (100, 1)] {
      let seen = Mutex([Int](repeating: 0, count: count))
      pool.runRanges(count, grain: grain) { range, _ in seen.withLock { for index in range { $0[index] += 1 } } }
      #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }
}
