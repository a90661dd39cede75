import Foundation
import Linux
import Synchronization
import Testing

@Suite("threads and queues") struct ThreadTests {
  @Test func `a queue keeps order, holds no more than its capacity, and closes`() {
    let queue = BoundedQueue<Int>(capacity: 3)
    for number in 0..<3 { #expect(queue.push(number) == .added) }
    #expect(queue.push(3) == .full)
    #expect(queue.push(3, waitingAtMost: .milliseconds(20)) == .full)
    #expect(queue.pop(atMost: 2, waitingAtMost: .zero) == [0, 1])
    #expect(queue.push(3) == .added)
    queue.close()
    #expect(queue.push(4) == .closed)
    #expect(queue.pop(atMost: 9, waitingAtMost: .seconds(60)) == [2, 3])
    #expect(queue.pop(atMost: 9, waitingAtMost: .seconds(60)) == nil)
  }

  @Test func `many elements go into a queue with one call, as many as there is room for`() {
    let queue = BoundedQueue<Int>(capacity: 3)
    var rest = [0, 1, 2, 3, 4][...]
    #expect(queue.push(contentsOf: &rest) == .full)
    #expect(rest == [3, 4])
    #expect(queue.push(contentsOf: &rest, waitingAtMost: .milliseconds(20)) == .full)
    #expect(rest == [3, 4])
    #expect(queue.pop(atMost: 2, waitingAtMost: .zero) == [0, 1])
    #expect(queue.push(contentsOf: &rest) == .added)
    #expect(rest.isEmpty)
    #expect(queue.push(contentsOf: &rest) == .added)
    #expect(queue.pop(atMost: 9, waitingAtMost: .zero) == [2, 3, 4])
    queue.close()
    rest = [5]
    #expect(queue.push(contentsOf: &rest, waitingAtMost: .seconds(60)) == .closed)
    #expect(rest == [5])
  }

  @Test func `who waits for room with many elements gets it as soon as there is some`() {
    let queue = BoundedQueue<Int>(capacity: 2)
    let ended = BoundedQueue<BoundedQueue<Int>.Pushed>(capacity: 1)
    _ = queue.push(0)
    _ = queue.push(1)
    _ = PlainThread(name: "pusher") {
      var rest = [2, 3, 4][...]
      while case let end = queue.push(contentsOf: &rest, waitingAtMost: .seconds(60)), !rest.isEmpty || end != .added {}
      _ = ended.push(.added)
    }
    var taken: [Int] = []
    while taken.count < 5, let some = queue.pop(atMost: 1, waitingAtMost: .seconds(60)), !some.isEmpty { taken += some }
    #expect(taken == [0, 1, 2, 3, 4])
    #expect(ended.pop(atMost: 1, waitingAtMost: .seconds(60)) == [.added])
  }

  @Test func `who gathers gets what comes until its time, a full queue, a nudge or the end`() {
    let queue = BoundedQueue<Int>(capacity: 3)
    var mark: UInt64 = 0
    let never = ContinuousClock.now + .seconds(3600)
    // A time that is over is no wait, and what is not there yet is not waited for longer than without gathering.
    _ = queue.push(0)
    #expect(queue.pop(atMost: 3, waitingAtMost: nil, gatheringUntil: .now, mark: &mark) == [0])
    #expect(queue.pop(atMost: 3, waitingAtMost: .zero, gatheringUntil: never, mark: &mark) == [])
    let start = ContinuousClock.now
    _ = queue.push(1)
    #expect(
      queue.pop(atMost: 3, waitingAtMost: nil, gatheringUntil: start + .milliseconds(30), mark: &mark) == [1])
    #expect(ContinuousClock.now - start >= .milliseconds(30))
    func gathered(_ begin: [Int], _ mark: inout UInt64, _ end: @escaping @Sendable () -> Void) -> [Int]? {
      for element in begin { _ = queue.push(element) }
      let thread = PlainThread(name: "test", end)
      let gathered = queue.pop(atMost: 3, waitingAtMost: nil, gatheringUntil: never, mark: &mark)
      thread.join()
      return gathered
    }
    #expect(gathered([2, 3], &mark) { _ = queue.push(4) } == [2, 3, 4])
    #expect(
      gathered([5], &mark) {
        var rest = [6, 7, 8][...]
        _ = queue.push(contentsOf: &rest)
      } == [5, 6, 7])
    #expect(gathered([9], &mark) { queue.nudge() } == [9])
    #expect(gathered([10], &mark) { queue.close() } == [10])
    #expect(queue.pop(atMost: 3, waitingAtMost: nil, gatheringUntil: never, mark: &mark) == nil)
  }

  @Test func `random words are as many as asked for, and never the same`() {
    for count in [1, 2, RandomWords.maximumCount] { #expect(RandomWords.make(count).count == count) }
    let words = (0..<100).flatMap { _ in RandomWords.make(RandomWords.maximumCount) }
    #expect(Set(words).count == words.count)
  }

  @Test func `a number's text is printf's`() {
    let values: [Double] = [
      0, -0.0, 1, -1, 0.1, 1 / 3, 2.5e-7, 1e22, 123_456_789, 9.99999999e8, .leastNonzeroMagnitude,
      .greatestFiniteMagnitude, .infinity,
    ]
    let texts = values.map { decimalText($0, digits: 9) }
    #expect(
      texts == [
        "0", "-0", "1", "-1", "0.1", "0.333333333", "2.5e-07", "1e+22", "123456789", "999999999", "4.94065646e-324",
        "1.79769313e+308", "inf",
      ])
    #expect(decimalText(0.000123456, digits: 4) == "0.0001235")
    #expect(decimalText(-.greatestFiniteMagnitude, digits: 17) == "-1.7976931348623157e+308")
    for _ in 0..<1000 {
      let value = Float(bitPattern: .random(in: 0..<0x7F80_0000))
      #expect(Float(decimalText(Double(value), digits: 9)) == value)
    }
  }

  @Test func `an empty queue answers after the time-out`() {
    let queue = BoundedQueue<Int>(capacity: 1)
    let start = ContinuousClock.now
    #expect(queue.pop(atMost: 1, waitingAtMost: .milliseconds(30)) == [])
    #expect(ContinuousClock.now - start >= .milliseconds(30))
  }

  @Test func `a wait without end ends with an element, a nudge, or the queue's end`() {
    let queue = BoundedQueue<Int>(capacity: 1)
    let heard = BoundedQueue<[Int]?>(capacity: 8)
    _ = PlainThread(name: "waiter") {
      var mark: UInt64 = 0
      while case let taken = queue.pop(atMost: 1, waitingAtMost: nil, mark: &mark) {
        _ = heard.push(taken)
        if taken == nil { return }
      }
    }
    // A nudge counts also where it comes before the wait.
    queue.nudge()
    #expect(heard.pop(atMost: 1, waitingAtMost: .seconds(60)) == [[]])
    #expect(queue.push(7, waitingAtMost: .seconds(60)) == .added)
    #expect(heard.pop(atMost: 1, waitingAtMost: .seconds(60)) == [[7]])
    #expect(heard.pop(atMost: 1, waitingAtMost: .milliseconds(30)) == [])
    queue.close()
    #expect(heard.pop(atMost: 1, waitingAtMost: .seconds(60)) == [nil])
  }

  @Test func `a nudge reaches every thread that waits`() {
    let queue = BoundedQueue<Int>(capacity: 1)
    let heard = BoundedQueue<Int>(capacity: 8)
    for number in 0..<4 {
      _ = PlainThread(name: "waiter") {
        var mark: UInt64 = 0
        _ = queue.pop(atMost: 1, waitingAtMost: nil, mark: &mark)
        _ = heard.push(number)
      }
    }
    queue.nudge()
    var numbers: [Int] = []
    while numbers.count < 4, let more = heard.pop(atMost: 4, waitingAtMost: .seconds(60)), !more.isEmpty {
      numbers += more
    }
    #expect(numbers.sorted() == [0, 1, 2, 3])
  }

  @Test func `nothing is lost or doubled between many producers and consumers`() {
    let queue = BoundedQueue<Int>(capacity: 7)
    let sum = Mutex(0)
    let count = Mutex(0)
    let done = BoundedQueue<Int>(capacity: 8)
    for producer in 0..<4 {
      _ = PlainThread(name: "producer") {
        for number in 0..<2500 {
          while queue.push(producer * 2500 + number, waitingAtMost: .seconds(1)) == .full {}
        }
        _ = done.push(1)
      }
    }
    for _ in 0..<4 {
      _ = PlainThread(name: "consumer") {
        while let numbers = queue.pop(atMost: 5, waitingAtMost: .seconds(1)) {
          sum.withLock { $0 += numbers.reduce(0, +) }
          count.withLock { $0 += numbers.count }
        }
        _ = done.push(2)
      }
    }
    var ended = 0
    while ended < 4 { ended += done.pop(atMost: 4 - ended, waitingAtMost: .seconds(60))?.count ?? 0 }
    queue.close()
    while ended < 8 { ended += done.pop(atMost: 8, waitingAtMost: .seconds(60))?.count ?? 0 }
    #expect(count.withLock { $0 } == 10_000)
    #expect(sum.withLock { $0 } == 49_995_000)
  }

  @Test func `a wake-up ends a wait, from any thread`() throws {
    let wake = try WakeUp()
    #expect(try waitForInput([wake], timeout: .zero) == [false])
    let thread = PlainThread(name: "waker") { wake.raise() }
    #expect(try waitForInput([wake], timeout: .seconds(60)) == [true])
    thread.join()
    wake.lower()
    #expect(try waitForInput([wake], timeout: .zero) == [false])
  }

  @Test func `times are written in UTC`() {
    let time = WallTime(nanoseconds: 1_795_321_499_123_456_789)
    #expect(time.compact == "20261122T042459Z")
    #expect(time.iso == "2026-11-22T04:24:59.123Z")
    #expect(WallTime(nanoseconds: 0).iso == "1970-01-01T00:00:00.000Z")
  }

  @Test func `journald's rules for names of fields are checked`() {
    for name in ["MESSAGE", "GANOMALY_P_VALUE", "A", String(repeating: "A", count: 64)] {
      #expect(JournalField.isValid(name: name))
    }
    for name in ["", "_COMM", "1A", "lower", "A-B", String(repeating: "A", count: 65)] {
      #expect(!JournalField.isValid(name: name))
    }
  }
}
