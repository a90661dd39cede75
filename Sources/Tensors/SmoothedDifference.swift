/// The absolute difference of two maps at every position, smoothed by a box that is narrower at the edges.
///
/// At a position it is the mean, over the box's positions inside the map, of the mean of the channels' absolute
/// differences. Sums are taken in the same order everywhere: channels, then rows, then columns of the box.
public final class SmoothedDifference {
  /// Positions from a box's middle to its edge: boxes of about an eighth of the side, 9 x 9 of 64.
  public let reach: Int

  /// Side of the square maps.
  public let side: Int
  /// `side * side` smoothed differences, row by row.
  public private(set) var values: [Float]
  /// Sums of boxes of one row.
  private var rowSums: [Float]
  /// Mean differences of one row of positions, between zeros as far as a box reaches: adding these changes no sum.
  private var differences: [Float]
  /// Positions of one row in the box around each position, rows not counted.
  private let widths: [Int]

  /// Room for maps of a side.
  public init(side: Int) {
    precondition(side > 0, "a map has at least one position")
    let reach = max(1, side / 16)
    self.side = side
    self.reach = reach
    values = [Float](repeating: 0, count: side * side)
    rowSums = values
    differences = [Float](repeating: 0, count: side + 2 * reach)
    widths = (0..<side).map { min(side - 1, $0 + reach) - max(0, $0 - reach) + 1 }
  }

  /// Compares a picture in two maps of this side; `values` holds the result.
  public func compare(_ a: FeatureMap, _ b: FeatureMap, image: Int) {
    precondition(a.side == side && b.side == side && a.channelCount == b.channelCount, "maps of one shape")
    precondition(image >= 0 && image < min(a.imageCount, b.imageCount), "no such picture in the maps")
    let (side, reach, channels) = (side, reach, a.channelCount)
    let part = 1 / Float(channels)
    // Whole rows are added to one another, of which a processor takes several positions at once; each position's sum
    // takes its terms in the same order.
    differences.withUnsafeMutableBufferPointer { differences in
      rowSums.withUnsafeMutableBufferPointer { rowSums in
        for row in 0..<side {
          let (first, second) = (a.row(row, ofImage: image), b.row(row, ofImage: image))
          for column in 0..<side {
            var sum: Float = 0
            for channel in column * channels..<(column + 1) * channels { sum += abs(first[channel] - second[channel]) }
            differences[reach + column] = sum * part
          }
          let target = UnsafeMutableBufferPointer(rebasing: rowSums[row * side..<(row + 1) * side])
          Self.copy(differences.baseAddress!, to: target)
          for place in 1...2 * reach { Self.add(differences.baseAddress! + place, to: target) }
        }
        values.withUnsafeMutableBufferPointer { values in
          for row in 0..<side {
            let rows = max(0, row - reach)...min(side - 1, row + reach)
            let target = UnsafeMutableBufferPointer(rebasing: values[row * side..<(row + 1) * side])
            Self.copy(rowSums.baseAddress! + rows.lowerBound * side, to: target)
            for place in rows.dropFirst() { Self.add(rowSums.baseAddress! + place * side, to: target) }
            for column in 0..<side { target[column] /= Float(rows.count * widths[column]) }
          }
        }
      }
    }
  }

  private static func copy(_ source: UnsafePointer<Float>, to target: UnsafeMutableBufferPointer<Float>) {
    for index in target.indices { target[index] = source[index] }
  }

  private static func add(_ source: UnsafePointer<Float>, to target: UnsafeMutableBufferPointer<Float>) {
    for index in target.indices { target[index] += source[index] }
  }
}
