/// What one contestant needed, over several runs.
struct Samples {
  /// Seconds of one call in each run, ascending; never empty.
  let seconds: [Double]

  /// The middle run: what a table shows.
  var median: Double { seconds[seconds.count / 2] }

  /// The fastest run.
  var minimum: Double { seconds[0] }

  /// The slowest run.
  var maximum: Double { seconds[seconds.count - 1] }

  /// Samples in any order.
  init(_ seconds: [Double]) {
    precondition(!seconds.isEmpty, "samples of at least one run")
    self.seconds = seconds.sorted()
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
  /// Rounds in which every contestant has its turn.
  let runs: Int
  /// Calls are repeated until a run lasts about this long, in seconds: short calls are not lost in the clock.
  let runSeconds: Double

  /// The usual harness: an odd number of runs, at least five, of 4 ms: too short to be interrupted often.
  init(runs: Int, runSeconds: Double = 0.004) {
    precondition(runs >= 5, "at least five runs")
    self.runs = runs
    self.runSeconds = runSeconds
  }

  /// The samples of each contestant, in their order. Every contestant is called once before anything is timed.
  func alternate(_ contestants: [Contestant]) -> [Samples] {
    let repetitions = contestants.map { contestant in
      contestant.call()
      let once = Self.seconds { contestant.call() }
      return max(1, min(100_000, Int((runSeconds / max(once, 1e-9)).rounded(.up))))
    }
    var seconds = contestants.map { _ in [Double]() }
    for _ in 0..<runs {
      for (index, contestant) in contestants.enumerated() {
        let count = repetitions[index]
        let elapsed = Self.seconds { for _ in 0..<count { contestant.call() } }
        seconds[index].append(elapsed / Double(count))
      }
    }
    return seconds.map(Samples.init)
  }

  private static func seconds(_ body: () -> Void) -> Double {
    ContinuousClock().measure(body) / .seconds(1)
  }
}
