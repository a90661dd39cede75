private import GANomalyModel
internal import Imaging
private import Linux

/// The pictures of batches in their order; those that are not in memory are decoded ahead of need by threads of its own.
final class PictureFeed: BatchFeed {
  /// Batches that one thread may be ahead of their reader.
  private static let batchesAhead = 2

  private let set: PictureSet
  private let batches: ArraySlice<[Int]>
  private let queues: [BoundedQueue<Result<[Image], TrainingError>>]
  private var taken = 0

  /// A feed of the batches, each given as indices into the set's entries.
  init(_ set: PictureSet, batches: ArraySlice<[Int]>, threadCount: Int) {
    self.set = set
    self.batches = batches
    let workerCount = set.keptCount == set.entries.count ? 0 : min(threadCount, batches.count)
    // Worker w takes batches w, w + workers, ...: its queue holds them in order, and the queues in turn give all in order.
    queues = (0..<workerCount).map { _ in BoundedQueue(capacity: Self.batchesAhead) }
    for (worker, queue) in queues.enumerated() {
      _ = PlainThread(name: "pictures-\(worker)") {
        for index in stride(from: batches.startIndex + worker, to: batches.endIndex, by: workerCount) {
          guard Self.push(Self.pictures(batches[index], of: set), to: queue) else { return }
        }
      }
    }
  }

  deinit { for queue in queues { queue.close() } }

  /// The next batch's pictures.
  ///
  /// - Throws: `TrainingError.pictureChanged`; the feed is of no use afterwards.
  func next() throws(TrainingError) -> [Image] {
    precondition(taken < batches.count, "the feed has another batch")
    defer { taken += 1 }
    if queues.isEmpty { return try Self.pictures(batches[batches.startIndex + taken], of: set).get() }
    let queue = queues[taken % queues.count]
    while true {
      if let result = queue.pop(atMost: 1, waitingAtMost: .seconds(3600))?.first { return try result.get() }
    }
  }

  private static func pictures(_ indices: [Int], of set: PictureSet) -> Result<[Image], TrainingError> {
    var pictures: [Image] = []
    pictures.reserveCapacity(indices.count)
    for index in indices {
      do throws(TrainingError) { pictures.append(try set.picture(index)) } catch { return .failure(error) }
    }
    return .success(pictures)
  }

  /// Waits for room; false where nobody takes pictures any more.
  private static func push(
    _ pictures: Result<[Image], TrainingError>, to queue: BoundedQueue<Result<[Image], TrainingError>>
  ) -> Bool {
    while true {
      switch queue.push(pictures, waitingAtMost: .seconds(3600)) {
      case .added: return true
      case .closed: return false
      case .full: continue
      }
    }
  }
}
