/// The largest box-smoothed difference of two pictures: one thread's working memory for it.
///
/// A box of n x n pixels lies fully inside the picture. At every position its sum is taken the same way: the rows first,
/// each from left to right, then those sums from top to bottom. No sum runs on from one position to the next, so that
/// the result does not depend on where in the picture a difference lies.
public final class LocalDifference {
  /// Side of the square pictures in pixels.
  public let side: Int
  /// Channels a pixel.
  public let channelCount: Int
  /// Differences, [row, column, channel].
  private let differences: FloatBuffer
  /// Sums of the boxes' rows, [row, first column, channel].
  private let rowSums: FloatBuffer
  /// Absolute sums of the boxes of one row of positions, [first column, channel].
  private let boxSums: FloatBuffer

  /// Room for pictures of a shape.
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
  /// - Parameters:
  ///   - boxSide: n, from 1 to the pictures' side.
  ///   - absoluteFirst: whether |a - b| is smoothed, or the absolute value is taken of the smoothed a - b.
  /// - Returns: max over positions of sum over channels of |sum over the box| / (n x n x channels); no number where a
  ///   difference is none.
  public func largest(
    _ a: FeatureMap, _ b: FeatureMap, image: Int, boxSide: Int, absoluteFirst: Bool
  ) -> Float {
    precondition(image >= 0 && image < a.imageCount && image < b.imageCount, "no such picture in the map")
    precondition(a.side == side && b.side == side, "pictures of the memory's side")
    precondition(a.channelCount == channelCount && b.channelCount == channelCount, "pictures of the memory's channels")
    precondition(boxSide >= 1 && boxSide <= side, "the box lies inside the picture")
    let disturbance = subtract(a, b, image: image, absolute: absoluteFirst)
    return largestBox(boxSide) / Float(boxSide * boxSide * channelCount) + disturbance
  }

  /// The largest smoothed squared difference of maps with any number of channels, of memory for one channel.
  ///
  /// The squares of a position are added in eight interleaved chains over its channels.
  ///
  /// - Returns: max over positions of sum over the box and the channels of (a - b)^2 / (n x n x channels); no number where
  ///   a difference is none.
  public func largestSquare(_ a: FeatureMap, _ b: FeatureMap, image: Int, boxSide: Int) -> Float {
    precondition(channelCount == 1 && a.side == side && b.side == side, "maps of the memory's side, one channel here")
    precondition(boxSide >= 1 && boxSide <= side, "the box lies inside the map")
    var (pixel, disturbance) = (0, Float(0))
    forEachPixelPair(a, b, image) { first, second in
      var squares = SIMD8<Float>.zero
      forEachVector(a.channelCount) { channel, lanes in
        let d = load(first + channel, lanes) - load(second + channel, lanes)
        squares += d * d
      }
      let sum = Elementwise.total(squares)
      differences.base[pixel] = sum
      disturbance += sum * 0
      pixel += 1
    }
    return largestBox(boxSide) / Float(boxSide * boxSide * a.channelCount) + disturbance
  }

  /// The largest of all positions: the sum over the channels of the boxes' absolute sums.
  private func largestBox(_ boxSide: Int) -> Float {
    sumRows(boxSide)
    let positions = side - boxSide + 1
    var largest: Float = 0
    for row in 0..<positions {
      sumBoxes(row, boxSide)
      for column in 0..<positions {
        var sum: Float = 0
        for channel in 0..<channelCount { sum += boxSums.base[column * channelCount + channel] }
        if sum > largest { largest = sum }
      }
    }
    return largest
  }

  /// Every pixel of one picture in two maps of the same side and channels, whose borders may differ.
  private func forEachPixelPair(
    _ a: FeatureMap, _ b: FeatureMap, _ image: Int,
    _ body: (_ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(image >= 0 && image < a.imageCount && image < b.imageCount, "no such picture in the map")
    precondition(a.side == b.side && a.channelCount == b.channelCount, "shapes agree")
    for row in 0..<a.side {
      let (first, second) = (a.row(row, ofImage: image), b.row(row, ofImage: image))
      for column in 0..<a.side { body(first + column * a.channelCount, second + column * a.channelCount) }
    }
  }

  /// Writes the differences; 0 where all of them are finite, else no number, which no comparison would show.
  private func subtract(_ a: FeatureMap, _ b: FeatureMap, image: Int, absolute: Bool) -> Float {
    let length = side * channelCount
    var disturbance = SIMD8<Float>.zero
    for row in 0..<side {
      let (first, second) = (a.row(row, ofImage: image), b.row(row, ofImage: image))
      let target = differences.base + row * length
      forEachVector(length) { index, lanes in
        var d = load(first + index, lanes) - load(second + index, lanes)
        disturbance += d * 0
        if absolute { d.replace(with: -d, where: d .< 0) }
        store(d, target + index, lanes)
      }
    }
    return disturbance.sum()
  }

  private func sumRows(_ boxSide: Int) {
    let length = side * channelCount
    for row in 0..<side {
      let (source, target) = (differences.base + row * length, rowSums.base + row * length)
      forEachVector((side - boxSide + 1) * channelCount) { index, lanes in
        var sum = load(source + index, lanes)
        for step in 1..<boxSide { sum += load(source + index + step * channelCount, lanes) }
        store(sum, target + index, lanes)
      }
    }
  }

  private func sumBoxes(_ row: Int, _ boxSide: Int) {
    let length = side * channelCount
    let source = rowSums.base + row * length
    forEachVector((side - boxSide + 1) * channelCount) { index, lanes in
      var sum = load(source + index, lanes)
      for step in 1..<boxSide { sum += load(source + index + step * length, lanes) }
      store(sum.replacing(with: -sum, where: sum .< 0), boxSums.base + index, lanes)
    }
  }
}
