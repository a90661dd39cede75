internal import Tensors

/// The windows of an epoch in the order in which they train.
///
/// The pictures are taken in the epoch's order, in blocks; within a block, the windows of all its pictures are shuffled.
/// Blocks follow from sizes and order alone, so that what fits into memory decides nothing about the model: a set that does
/// not fit reads each picture once an epoch, and holds the windows of two blocks.
struct WindowEpoch: Sendable {
  /// Pictures whose windows are shuffled together.
  struct Block: Sendable, Equatable {
    /// The pictures, as places in the epoch's order.
    let pictures: Range<Int>
    /// The windows, counted from the epoch's first.
    let windows: Range<Int>
  }

  /// Most bytes of the windows of a block, but for a single picture's.
  static let blockBytes = 64 << 20

  /// The blocks in their order.
  let blocks: [Block]
  private let number: Int
  private let order: [Int]
  private let windows: TrainingWindows
  private let seed: UInt64

  /// An epoch.
  ///
  /// - Parameters:
  ///   - number: counted from 0.
  ///   - order: its pictures, as places in the set.
  ///   - seed: the training's.
  init(number: Int, order: [Int], windows: TrainingWindows, seed: UInt64, blockBytes: Int = blockBytes) {
    self.number = number
    self.order = order
    self.windows = windows
    self.seed = seed
    let most = max(1, blockBytes / windows.bytesPerWindow)
    var blocks: [Block] = []
    var (firstPicture, firstWindow, end) = (0, 0, 0)
    for (place, picture) in order.enumerated() {
      let count = windows.epochCount(of: picture)
      if place > firstPicture, end + count - firstWindow > most {
        blocks.append(Block(pictures: firstPicture..<place, windows: firstWindow..<end))
        (firstPicture, firstWindow) = (place, end)
      }
      end += count
    }
    if end > firstWindow { blocks.append(Block(pictures: firstPicture..<order.count, windows: firstWindow..<end)) }
    self.blocks = blocks
  }

  /// Windows of the epoch.
  var windowCount: Int { blocks.last?.windows.upperBound ?? 0 }

  /// A block's windows in the order in which they train.
  func inputs(ofBlock block: Int) -> [NetworkInput] {
    var inputs: [NetworkInput] = []
    inputs.reserveCapacity(blocks[block].windows.count)
    for place in blocks[block].pictures { inputs += windows.ofEpoch(number, picture: order[place]) }
    var random = RandomGenerator(seed: DerivedSeed.seed(.blockOrder, of: seed, number, block))
    let shuffled = random.permutation(inputs.count)
    return shuffled.map { inputs[$0] }
  }
}
