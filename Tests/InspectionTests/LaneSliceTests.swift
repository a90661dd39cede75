import Foundation
import Imaging
import Linux
import Synchronization
import Testing

@testable import Inspection

/// How many pictures each call scored; a class, so that the functions of a judge can share it.
private final class Calls: Sendable {
  let counts = Mutex<[Int]>([])
}

@Suite("lane: batches in slices") struct LaneSliceTests {
  @Test func `the first slice is one picture, later ones take half a second, and grow by steps`() {
    var slices = SliceLength()
    #expect(slices.count == 1)
    slices.note(.milliseconds(10), count: 1)
    #expect(slices.count == 4)
    slices.note(.milliseconds(40), count: 4)
    #expect(slices.count == 16)
    slices.note(.milliseconds(160), count: 16)
    #expect(slices.count == 50)
    slices.note(.seconds(3), count: 1)
    #expect(slices.count == 1)
    slices.note(.zero, count: 1)
    #expect(slices.count == 4)
  }

  /// A lane over so many files, whose judge calls a function for each slice.
  private func run(
    _ count: Int, isStopping: Shared<Bool>, onScore: @escaping @Sendable (Int) -> Void
  ) throws -> (results: Int, findings: Int) {
    let bench = try RecorderBench()
    let (_, ledger, _) = try bench.recorder()
    let picture = Image(width: 1, height: 1, channelCount: 1, samples: [0])
    let lane = try LaneBench(
      bench, ledger, isStopping: isStopping, capacity: count, decoded: .picture(picture, width: 1, height: 1),
      onScore: onScore)
    for number in 0..<count {
      try bench.put("\(number).png", "picture \(number)")
      let job = LaneJob(request: try lane.request("\(number).png"), incoming: bench.incoming)
      #expect(lane.around.jobs.push(job) == .added)
    }
    lane.around.jobs.close()
    Lane(lane.around, heartbeat: Heartbeat(name: "test")).run()
    return (lane.around.results.count, lane.around.mailbox.take().count)
  }

  @Test func `a batch is scored in slices, each picture once`() throws {
    let calls = Calls()
    let (results, _) = try run(16, isStopping: Shared(false)) { count in calls.counts.withLock { $0.append(count) } }
    #expect(results == 16)
    let counts = calls.counts.withLock { $0 }
    #expect(counts.first == 1)
    #expect(counts.reduce(0, +) == 16)
    #expect(counts.count > 1)
  }

  @Test func `what is in hand when the daemon stops is finished, what waits is not begun`() throws {
    let isStopping = Shared(false)
    let batch = Settings().batch
    let (results, findings) = try run(2 * batch + 8, isStopping: isStopping) { _ in isStopping.change { $0 = true } }
    // One batch was in hand.
    #expect(results == batch)
    #expect(findings == 0)
  }
}
