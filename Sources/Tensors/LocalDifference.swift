/// The largest box-smoothed difference of two maps: one thread's working memory for it.
///
/// A box of n x n positions lies fully inside what a margin leaves of the map. At every position its sum is taken the same
/// way: the rows first, each from left to right, then those sums from top to bottom. No sum runs on from one position to
/// the next, so that the result does not depend on where in the map a difference lies.
public final class LocalDifference {
  /// What the box smooths.
  public enum Rule: Sendable {
    /// |a - b|.
    case absolute
    /// (a - b)^2.
    case square
    /// a - b; the absolute value is taken of the smoothed one.
    case signed
  }

  /// Where boxes may lie.
  public struct Boxes: Sendable {
    /// Side of a box, at least 1.
    public var side: Int
    /// Positions left out at each edge of the map.
    public var margin: Int

    /// Boxes of a side.
    public init(side: Int, margin: Int = 0) {
      self.side = side
      self.margin = margin
    }
  }

  /// Side of the square maps.
  public let side: Int
  /// Channels of a position.
  public let channelCount: Int
  /// Differences, [row, column, channel].
  private let differences: FloatBuffer
  /// Sums of the boxes' rows, [row, first column, channel].
  private let rowSums: FloatBuffer
  /// Absolute sums of the boxes of one row of positions, [first column, channel].
  private let boxSums: FloatBuffer

  /// Room for maps of a shape.
  public init(side: Int, channelCount: Int) {
    self.side = side
    self.channelCount = channelCount
    differences = FloatBuffer(count: side * side * channelCount)
    rowSums = FloatBuffer(count: side * side * channelCount)
    boxSums = FloatBuffer(count: side * channelCount)
  }

  /// The largest smoothed difference over all positions of the box.
  ///
  /// Each channel is smoothed by itself; at a position the mean of the channels' absolute values counts.
  ///
  /// - Returns: max over positions of sum over channels of |sum over the box| / (n x n x channels); no number where a
  ///   difference is none, wherever it lies.
  public func largest(_ a: FeatureMap, _ b: FeatureMap, image: Int, boxes: Boxes, rule: Rule) -> Float {
    check(a, b, image, boxes)
    precondition(a.channelCount == channelCount, "maps of the memory's channels")
    let disturbance = subtract(a, b, image: image, rule)
    return largestBox(boxes) / Float(boxes.side * boxes.side * channelCount) + disturbance
  }

  /// The largest smoothed mean square over the channels of maps with any number of them; the memory is for one.
  ///
  /// The squares of a position are added in eight interleaved chains over its channels.
  ///
  /// - Returns: max over positions of sum over the box and the channels of (a - b)^2 / (n x n x channels); no number where
  ///   a difference is none, wherever it lies.
  public func largestMeanSquare(_ a: FeatureMap, _ b: FeatureMap, image: Int, boxes: Boxes) -> Float {
    check(a, b, image, boxes)
    precondition(channelCount == 1, "memory of one channel")
    let channels = a.channelCount
    var disturbance: Float = 0
    for row in 0..<side {
      var (first, second) = (a.row(row, ofImage: image), b.row(row, ofImage: image))
      for column in 0..<side {
        var squares = SIMD8<Float>.zero
        forEachVector(channels) { channel, lanes in
          let d = load(first + channel, lanes) - load(second + channel, lanes)
          squares += d * d
        }
        let sum = Elementwise.total(squares)
        differences.base[row * side + column] = sum
        disturbance += sum * 0
        first += channels
        second += channels
      }
    }
    return largestBox(boxes) / Float(boxes.side * boxes.side * channels) + disturbance
  }

  private func check(_ a: FeatureMap, _ b: FeatureMap, _ image: Int, _ boxes: Boxes) {
    precondition(image >= 0 && image < a.imageCount && image < b.imageCount, "no such picture in the map")
    precondition(a.side == side && b.side == side, "maps of the memory's side")
    precondition(a.channelCount == b.channelCount, "maps of the same channels")
    precondition(
      boxes.margin >= 0 && boxes.side >= 1 && boxes.side <= side - 2 * boxes.margin, "the box lies inside the map")
  }

  /// Writes the differences; 0 where all of them are finite, else no number, which no comparison would show.
  private func subtract(_ a: FeatureMap, _ b: FeatureMap, image: Int, _ rule: Rule) -> Float {
    let length = side * channelCount
    var disturbance = SIMD8<Float>.zero
    for row in 0..<side {
      let (first, second) = (a.row(row, ofImage: image), b.row(row, ofImage: image))
      let target = differences.base + row * length
      forEachVector(length) { index, lanes in
        var d = load(first + index, lanes) - load(second + index, lanes)
        switch rule {
        case .absolute: d.replace(with: -d, where: d .< 0)
        case .square: d *= d
        case .signed: break
        }
        disturbance += d * 0
        store(d, target + index, lanes)
      }
    }
    return disturbance.sum()
  }

  /// The largest of all positions: the sum over the channels of the boxes' absolute sums.
  private func largestBox(_ boxes: Boxes) -> Float {
    sumRows(boxes)
    let positions = side - 2 * boxes.margin - boxes.side + 1
    var largest: Float = 0
    for row in boxes.margin..<boxes.margin + positions {
      sumBoxes(row, boxes)
      for column in boxes.margin..<boxes.margin + positions {
        var sum: Float = 0
        for channel in 0..<channelCount { sum += boxSums.base[column * channelCount + channel] }
        if sum > largest { largest = sum }
      }
    }
    return largest
  }

  private func sumRows(_ boxes: Boxes) {
    let length = side * channelCount
    let start = boxes.margin * channelCount
    for row in boxes.margin..<side - boxes.margin {
      let (source, target) = (differences.base + row * length + start, rowSums.base + row * length + start)
      forEachVector((side - 2 * boxes.margin - boxes.side + 1) * channelCount) { index, lanes in
        var sum = load(source + index, lanes)
        for step in 1..<boxes.side { sum += load(source + index + step * channelCount, lanes) }
        store(sum, target + index, lanes)
      }
    }
  }

  private func sumBoxes(_ row: Int, _ boxes: Boxes) {
    let length = side * channelCount
    let start = boxes.margin * channelCount
    let source = rowSums.base + row * length + start
    forEachVector((side - 2 * boxes.margin - boxes.side + 1) * channelCount) { index, lanes in
      var sum = load(source + index, lanes)
      for step in 1..<boxes.side { sum += load(source + index + step * length, lanes) }
      store(sum.replacing(with: -sum, where: sum .< 0), boxSums.base + start + index, lanes)
    }
  }
}
