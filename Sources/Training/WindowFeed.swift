internal import Imaging
private import Linux

/// The windows of batches in their order.
///
/// Windows of pictures in memory are cut when they are needed. The other pictures of a block are read once, their windows
/// cut and kept, by threads of its own, while the block before trains.
final class WindowFeed: BatchFeed {
  private let set: PictureSet
  private let epoch: WindowEpoch
  private let batchSize: Int
  private let threadCount: Int
  private let end: Int
  private let isAbandoned = AbandonedFlag()
  /// The next window, counted from the epoch's first.
  private var place: Int
  private var block: WindowBlock?
  /// The block after this one.
  private var coming: (number: Int, source: Source)?

  /// Where a block comes from.
  private enum Source {
    /// Its pictures are in memory.
    case memory(WindowBlock)
    /// Its pictures are being read.
    case files(BoundedQueue<Result<WindowBlock, TrainingError>>)
  }

  /// A feed of the rest of an epoch.
  ///
  /// - Parameters:
  ///   - windows: those of the batches that are still to come, counted from the epoch's first.
  ///   - batchSize: windows of a batch; the last one may have fewer.
  ///   - threadCount: threads that read pictures, where some are not in memory.
  init(_ set: PictureSet, epoch: WindowEpoch, windows: Range<Int>, batchSize: Int, threadCount: Int) {
    self.set = set
    self.epoch = epoch
    self.batchSize = batchSize
    self.threadCount = threadCount
    place = windows.lowerBound
    end = windows.upperBound
    if let first = number(containing: place) { begin(first) }
  }

  deinit { isAbandoned.set() }

  /// The next batch's windows.
  func next() throws(TrainingError) -> [Image] {
    precondition(place < end, "the feed has another batch")
    let batch = place..<min(place + batchSize, end)
    var images: [Image] = []
    images.reserveCapacity(batch.count)
    for window in batch {
      let block = try block(containing: window)
      images.append(try block.image(window, of: set))
    }
    place = batch.upperBound
    return images
  }

  /// The block of a window; where it is the next one, the one after it is begun.
  private func block(containing window: Int) throws(TrainingError) -> WindowBlock {
    if let block, block.windows.contains(window) { return block }
    // Let go of before the next one comes: two are in memory at most.
    block = nil
    guard let number = number(containing: window) else { preconditionFailure("a window has a block") }
    let found = try taken(number)
    block = found
    if epoch.blocks.indices.contains(number + 1), epoch.blocks[number + 1].windows.lowerBound < end {
      begin(number + 1)
    }
    return found
  }

  private func number(containing window: Int) -> Int? {
    guard window < end else { return nil }
    return epoch.blocks.firstIndex { $0.windows.contains(window) }
  }

  /// Begins a block: reads its pictures, where one of them is not in memory.
  private func begin(_ number: Int) {
    let block = WindowBlock(epoch, number: number, rest: epoch.blocks[number].windows.clamped(to: place..<end))
    guard block.needsReading(set) else {
      coming = (number, .memory(block))
      return
    }
    let result = BoundedQueue<Result<WindowBlock, TrainingError>>(capacity: 1)
    coming = (number, .files(result))
    _ = PlainThread(name: "windows-\(number)") { [set, threadCount, isAbandoned] in
      let read = block.read(from: set, threadCount: threadCount) { isAbandoned.isSet }
      // The queue has room for its one element.
      _ = result.push(read)
    }
  }

  /// The block that was begun, once it is there.
  private func taken(_ number: Int) throws(TrainingError) -> WindowBlock {
    guard let coming, coming.number == number else { preconditionFailure("blocks are begun in their order") }
    self.coming = nil
    switch coming.source {
    case .memory(let block): return block
    case .files(let result):
      while true {
        if let result = result.pop(atMost: 1, waitingAtMost: .seconds(3600))?.first { return try result.get() }
      }
    }
  }
}
