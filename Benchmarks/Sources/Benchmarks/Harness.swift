private import Foundation
private import Glibc

/// What one contestant needed, over several runs.
struct Samples {
  /// Seconds of one call in each run, in the order of the runs; never empty.
  let inOrder: [Double]
  /// The same, ascending.
  let seconds: [Double]

  /// The middle run: what a table shows.
  var median: Double { seconds[seconds.count / 2] }

  /// The fastest run.
  var minimum: Double { seconds[0] }

  /// The slowest run.
  var maximum: Double { seconds[seconds.count - 1] }

  /// Samples in the order of their runs.
  init(_ seconds: [Double]) {
    precondition(!seconds.isEmpty, "samples of at least one run")
    inOrder = seconds
    self.seconds = seconds.sorted()
  }

  /// How much faster these were than others in the same runs: the median of the runs' ratios, so that what slowed one
  /// run down, both of its contestants, does not count.
  func speed(over others: Samples) -> Double {
    precondition(inOrder.count == others.inOrder.count, "as many runs on both sides")
    return Samples(zip(others.inOrder, inOrder).map { $0 / $1 }).median
  }
}

/// One thing to be timed against others.
struct Contestant {
  /// As it stands in the table.
  let name: String
  /// One call of what is timed.
  let call: () -> Void
}

/// Times contestants in turns, so that whatever else the machine does meets all of them alike.
struct Harness {
  /// Rounds at least; in every one each contestant has its turn.
  let runs: Int
  private let takesProcessorTime: Bool

  /// Calls are repeated until a run lasts this long, in seconds: not lost in the clock, and too short to be interrupted often.
  private static let runSeconds = 0.001
  /// Short contestants get further rounds until each has been timed for so long, in seconds, but at most `mostRuns`.
  private static let totalSeconds = 0.2
  private static let mostRuns = 201

  /// Threads of the last contestant may wait busily for their next task (OpenBLAS's do, for some hundredths of a second),
  /// on a processor that the next contestant needs: seconds until the machine is quiet again.
  private static let settlingSeconds = 0.08
  /// Length of a run of contestants with several threads.
  private static let severalThreadsSeconds = 0.05

  /// A harness with an odd number of rounds, at least five.
  ///
  /// - Parameter takesProcessorTime: seconds that processors worked for this program, not seconds that passed.
  init(runs: Int, takesProcessorTime: Bool = false) {
    precondition(runs >= 5 && !runs.isMultiple(of: 2), "an odd number of runs, at least five")
    self.runs = runs
    self.takesProcessorTime = takesProcessorTime
  }

  /// The samples of each contestant, in their order. Every contestant is called once before anything is timed.
  func alternate(_ contestants: [Contestant]) -> [Samples] {
    var repetitions: [Int] = []
    var longestRun = Self.runSeconds
    for contestant in contestants {
      contestant.call()
      let once = max(seconds { contestant.call() }, 1e-9)
      repetitions.append(min(100_000, Int((Self.runSeconds / once).rounded(.up))))
      longestRun = max(longestRun, once)
    }
    let rounds = max(runs, min(Self.mostRuns, Int(Self.totalSeconds / longestRun)) | 1)
    var samples = contestants.map { _ in [Double]() }
    for _ in 0..<rounds {
      for (index, contestant) in contestants.enumerated() {
        let count = repetitions[index]
        let elapsed = seconds { for _ in 0..<count { contestant.call() } }
        samples[index].append(elapsed / Double(count))
      }
    }
    return samples.map(Samples.init)
  }

  /// The same for contestants with several threads: longer runs, each after a pause and a call that is not timed.
  func alternateSettled(_ contestants: [Contestant]) -> [Samples] {
    let repetitions = contestants.map { contestant in
      contestant.call()
      Thread.sleep(forTimeInterval: Self.settlingSeconds)
      let once = max(seconds { contestant.call() }, 1e-9)
      return min(100_000, Int((Self.severalThreadsSeconds / once).rounded(.up)))
    }
    var samples = contestants.map { _ in [Double]() }
    for _ in 0..<runs {
      for (index, contestant) in contestants.enumerated() {
        Thread.sleep(forTimeInterval: Self.settlingSeconds)
        contestant.call()
        let count = repetitions[index]
        let elapsed = seconds { for _ in 0..<count { contestant.call() } }
        samples[index].append(elapsed / Double(count))
      }
    }
    return samples.map(Samples.init)
  }

  private func seconds(_ body: () -> Void) -> Double {
    guard takesProcessorTime else { return ContinuousClock().measure(body) / .seconds(1) }
    let start = Self.processorSeconds
    body()
    return Self.processorSeconds - start
  }

  private static var processorSeconds: Double {
    var time = timespec()
    let code = clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    precondition(code == 0, "a program can read its own clock")
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
