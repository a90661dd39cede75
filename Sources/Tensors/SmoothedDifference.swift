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
  /// Mean differences of one row of positions.
  private var differences: [Float]

  /// Room for maps of a side.
  public init(side: Int) {
    precondition(side > 0, "a map has at least one position")
    self.side = side
    reach = max(1, side / 16)
    values = [Float](repeating: 0, count: side * side)
    rowSums = values
    differences = [Float](repeating: 0, count: side)
  }

  /// Compares a picture in two maps of this side; `values` holds the result.
  public func compare(_ a: FeatureMap, _ b: FeatureMap, image: Int) {
    precondition(a.side == side && b.side == side && a.channelCount == b.channelCount, "maps of one shape")
    precondition(image >= 0 && image < min(a.imageCount, b.imageCount), "no such picture in the maps")
    let (side, reach, channels) = (side, reach, a.channelCount)
    let part = 1 / Float(channels)
    differences.withUnsafeMutableBufferPointer { differences in
      rowSums.withUnsafeMutableBufferPointer { rowSums in
        for row in 0..<side {
          let (first, second) = (a.row(row, ofImage: image), b.row(row, ofImage: image))
          for column in 0..<side {
            var sum: Float = 0
            for channel in column * channels..<(column + 1) * channels { sum += abs(first[channel] - second[channel]) }
            differences[column] = sum * part
          }
          for column in 0..<side {
            var sum: Float = 0
            for place in max(0, column - reach)...min(side - 1, column + reach) { sum += differences[place] }
            rowSums[row * side + column] = sum
          }
        }
        values.withUnsafeMutableBufferPointer { values in
          for row in 0..<side {
            let rows = max(0, row - reach)...min(side - 1, row + reach)
            for column in 0..<side {
              var sum: Float = 0
              for place in rows { sum += rowSums[place * side + column] }
              let columns = min(side - 1, column + reach) - max(0, column - reach) + 1
              values[row * side + column] = sum / Float(rows.count * columns)
            }
          }
        }
      }
    }
  }
}
