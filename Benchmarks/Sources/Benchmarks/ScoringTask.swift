private import GANomalyModel
private import Imaging
private import Linux
private import Tensors

/// Scoring as the daemon does it: a lane a stream, each with batches of its own, over shared weights.
///
/// A single stream is one lane; the other threads help with a picture alone.
final class ScoringTask: WorkerTask {
  private let lanes: [ScoringLane]
  private let batches: [[Image]]
  private let pool: ThreadPool

  /// Reads the model and takes the memory.
  ///
  /// - Throws: `ModelFileError`; `UsageError` for a model of another size.
  init(_ order: WorkerOrder) throws {
    let (scorer, model) = try Model.readForScoring(contentsOf: BytePath(order.model))
    guard model.hyperparameters.size == order.size, model.hyperparameters.channelCount == 1 else {
      throw UsageError("'\(order.model)' is not a model of grey pictures of size \(order.size)")
    }
    let team = order.streamCount == 1 && order.threadCount > 1 ? ScoringTeam(threadCount: order.threadCount) : nil
    lanes = (0..<order.streamCount).map { _ in scorer.makeLane(maximumBatch: order.batch, team: team) }
    pool = ThreadPool(threadCount: order.streamCount)
    batches = (0..<order.streamCount).map { stream in
      order.pictures[stream * order.batch..<(stream + 1) * order.batch].map {
        Image(width: order.size, height: order.size, channelCount: 1, samples: $0)
      }
    }
  }

  /// The scores of all pictures.
  func numbers() -> [Float] { zip(lanes, batches).flatMap { $0.scores(of: $1) } }

  /// Lanes take one batch after the other until none is left.
  func run(batches count: Int) {
    pool.run(count) { task, lane in _ = lanes[lane].scores(of: batches[task % batches.count]) }
  }
}
