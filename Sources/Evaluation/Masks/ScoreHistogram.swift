internal import Imaging

/// Counts of scores in bins so fine that two scores share one only where they differ by less than 1/8192 of their size.
///
/// A bin holds the scores with the same sign, exponent and first 13 bits of the significand; sizes below 2^-126 are as
/// far apart as those just above. The bins of a sign and exponent, a block, are there from the first such score on.
/// There are at most 510 blocks, so that memory has a bound that no map can pass: 134 MB, twice that for a moment while
/// a block is added; scores over 20 powers of two take 5 MB.
struct ScoreHistogram: Sendable {
  /// What fell in a bin.
  struct Bin: Sendable {
    /// Scores, of defective pixels too.
    var count = 0
    /// Scores of defective pixels.
    var defectiveCount = 0
    /// For each score of a defective pixel 1 / its defect's pixels.
    var overlap = 0.0
    /// The lowest score's key; above the highest where there is none.
    var lowest = UInt32.max
    /// The highest score's key.
    var highest: UInt32 = 0

    /// Scores of pixels that are not defective.
    var normalCount: Int { count - defectiveCount }
    /// Whether different scores fell in it, whose order is lost.
    var isMixed: Bool { lowest < highest }
  }

  /// Bits of the significand that tell bins apart.
  private static let significandBits: UInt32 = 13
  /// Bits of the significand that do not.
  private static let lostBits: UInt32 = 23 - significandBits
  /// Bins of one sign and exponent.
  private static let blockSize = 1 << Int(significandBits)

  /// The bins, by blocks in the order of their making.
  private var bins: [Bin] = []
  /// Where the block of a sign and exponent begins among the bins; -1 where it is not there yet.
  private var starts = [Int](repeating: -1, count: 512)

  /// The bins with scores, ascending.
  func forEachAscending(_ body: (Bin) -> Void) {
    for start in starts where start >= 0 {
      for index in start..<start + Self.blockSize where bins[index].count > 0 { body(bins[index]) }
    }
  }

  /// Calls with the bins that have scores, descending, until it is told to stop.
  ///
  /// - Parameter body: returns whether to go on.
  func forEachDescending(_ body: (Bin) -> Bool) {
    for start in starts.reversed() where start >= 0 {
      for index in (start..<start + Self.blockSize).reversed() where bins[index].count > 0 {
        guard body(bins[index]) else { return }
      }
    }
  }

  /// Adds a picture's scores, all or none.
  ///
  /// - Parameter field: which pixels count; nil: all. Every pixel of a defect does.
  /// - Throws: `MaskError.score` at the first score that is not finite.
  mutating func add(
    _ map: ScoreMap, defects: [ConnectedRegion], where field: [Bool]? = nil
  ) throws(MaskError) {
    try makeBlocks(for: map)
    // A copy without cost: the bins are held for changing, and with them the whole value.
    let (blockStarts, bits) = (starts, Self.lostBits)
    let starts = blockStarts.span
    var bins = bins.mutableSpan
    for (pixel, score) in map.scores.enumerated() where field?[pixel] ?? true {
      let key = Self.key(of: score)
      let index = starts[Int(key >> 23)] &+ Int((key & 0x7F_FFFF) >> bits)
      bins[index].count &+= 1
      if key < bins[index].lowest { bins[index].lowest = key }
      if key > bins[index].highest { bins[index].highest = key }
    }
    for defect in defects {
      let part = 1 / Double(defect.pixelCount)
      for run in defect.runs {
        for pixel in (run.row * map.width + run.columns.lowerBound)..<(run.row * map.width + run.columns.upperBound) {
          let key = Self.key(of: map.scores[pixel])
          let index = starts[Int(key >> 23)] &+ Int((key & 0x7F_FFFF) >> bits)
          bins[index].defectiveCount &+= 1
          bins[index].overlap += part
        }
      }
    }
  }

  /// Makes the blocks that a map's scores need.
  private mutating func makeBlocks(for map: ScoreMap) throws(MaskError) {
    var isNeeded = [Bool](repeating: false, count: starts.count)
    for (index, score) in map.scores.enumerated() {
      guard score.isFinite else {
        throw .score(found: score, at: PixelPosition(column: index % map.width, row: index / map.width))
      }
      isNeeded[Int(Self.key(of: score) >> 23)] = true
    }
    let missing = isNeeded.indices.filter { isNeeded[$0] && starts[$0] < 0 }
    // Only what is asked for: an array that grows by itself takes up to twice as much.
    bins.reserveCapacity(bins.count + missing.count * Self.blockSize)
    for block in missing {
      starts[block] = bins.count
      bins += repeatElement(Bin(), count: Self.blockSize)
    }
  }

  /// Bits that are ordered as finite scores are; both zeros have the same.
  private static func key(of score: Float) -> UInt32 {
    // The sum makes -0 to 0.
    let bits = (score + 0).bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }
}
