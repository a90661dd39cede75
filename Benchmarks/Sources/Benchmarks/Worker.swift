private import Foundation

/// A contestant that `scripts/benchmark --peers` drives, in turns with others, over standard input and output.
///
/// A line is words between tabs. Each request has one line as its answer:
///
///     prepare WORK THREADS STREAMS BATCH SIZE MODEL PICTURES   ready
///     numbers                                                  numbers N …
///     run COUNT                                                seconds S
///     quit                                                     (none)
///
/// WORK is scoring or training; PICTURES a file of prepared samples, one byte each; `numbers` are what contestants must
/// agree on; `run` does one batch more than COUNT and times the others. What cannot be done is answered by
/// `error SENTENCE`.
struct Worker {
  /// Answers until the input ends or says so.
  func run() {
    var task: (any WorkerTask)?
    while let line = readLine() {
      let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      if words == ["quit"] { return }
      do {
        answer(try reply(to: words, &task))
      } catch {
        answer("error \(error)")
      }
    }
  }

  private func reply(to words: [String], _ task: inout (any WorkerTask)?) throws -> String {
    switch (words.first, words.count) {
    case ("prepare", 8):
      task = nil
      let order = try WorkerOrder(Array(words.dropFirst()))
      switch order.work {
      case .scoring: task = try ScoringTask(order)
      case .training: task = try TrainingTask(order)
      }
      return "ready"
    case ("numbers", 1):
      guard let task else { throw UsageError("nothing is prepared") }
      return (["numbers"] + task.numbers().map { "\($0)" }).joined(separator: "\t")
    case ("run", 2):
      guard let task else { throw UsageError("nothing is prepared") }
      guard let count = Int(words[1]), count > 0 else {
        throw UsageError("'run \(words[1])': expected a number from 1")
      }
      task.run(batches: 1)
      return "seconds\t\(ContinuousClock().measure { task.run(batches: count) } / .seconds(1))"
    default:
      throw UsageError("not understood: '\(words.joined(separator: " "))'")
    }
  }

  private func answer(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }
}

/// What a worker has prepared.
protocol WorkerTask {
  /// Numbers that every contestant must find, within rounding.
  func numbers() -> [Float]
  /// Works through batches of pictures.
  func run(batches: Int)
}

/// What a worker is told to prepare.
struct WorkerOrder {
  /// The kinds of work.
  enum Work: String {
    /// Pictures to scores.
    case scoring
    /// Steps of training.
    case training
  }

  /// The kind.
  let work: Work
  /// Threads that may work.
  let threadCount: Int
  /// Batches that are under way at the same time.
  let streamCount: Int
  /// Pictures of a batch.
  let batch: Int
  /// Side of the network's input.
  let size: Int
  /// The model file.
  let model: String
  /// Prepared pictures, [picture][row][column].
  let pictures: [[UInt8]]

  /// An order from its words.
  ///
  /// - Throws: for words that are no order, and for a file that cannot be read or holds fewer pictures than are needed.
  init(_ words: [String]) throws {
    guard words.count == 7, let work = Work(rawValue: words[0]), let threadCount = Int(words[1]),
      let streamCount = Int(words[2]), let batch = Int(words[3]), let size = Int(words[4]),
      threadCount > 0, (1...threadCount).contains(streamCount), batch > 0, size > 0
    else { throw UsageError("not an order: '\(words.joined(separator: " "))'") }
    (self.work, self.threadCount, self.streamCount) = (work, threadCount, streamCount)
    (self.batch, self.size, model) = (batch, size, words[5])
    let samples = [UInt8](try Data(contentsOf: URL(fileURLWithPath: words[6])))
    let count = streamCount * batch
    guard samples.count >= count * size * size else {
      throw UsageError("'\(words[6])' has \(samples.count) samples, expected at least \(count * size * size)")
    }
    pictures = (0..<count).map { Array(samples[$0 * size * size..<($0 + 1) * size * size]) }
  }
}
