import Tensors
import Testing

struct SmoothedDifferenceTests {
  /// Two maps of random values, with borders of their own.
  private func maps(side: Int, channels: Int) -> (FeatureMap, FeatureMap) {
    var random = RandomGenerator(seed: UInt64(side * 10 + channels))
    let maps = [2, 1].map { FeatureMap(imageCount: 3, side: side, channelCount: channels, border: $0) }
    for map in maps {
      for image in 0..<3 {
        map.setValues(random.normal(count: map.valuesPerImage, mean: 0, deviation: 0.5), ofImage: image)
      }
    }
    return (maps[0], maps[1])
  }

  @Test(arguments: [1, 2, 3, 5, 8, 16, 40], [1, 3])
  func `each position has the mean of the box around it, as far as it lies inside`(side: Int, channels: Int) {
    let (first, second) = maps(side: side, channels: channels)
    let smoothed = SmoothedDifference(side: side)
    let reach = side == 40 ? 2 : 1
    for image in [2, 0] {
      smoothed.compare(first, second, image: image)
      let (a, b) = (first.values(ofImage: image), second.values(ofImage: image))
      for row in 0..<side {
        for column in 0..<side {
          var (sum, count) = (0.0, 0)
          for y in max(0, row - reach)...min(side - 1, row + reach) {
            for x in max(0, column - reach)...min(side - 1, column + reach) {
              for channel in 0..<channels {
                let place = (y * side + x) * channels + channel
                sum += abs(Double(a[place]) - Double(b[place]))
                count += 1
              }
            }
          }
          // Sums of at most 75 differences in single precision.
          #expect(abs(Double(smoothed.values[row * side + column]) - sum / Double(count)) < 1e-6)
        }
      }
    }
  }

  @Test(arguments: [16, 64, 80]) func `the order of the sums is rows of sums of columns, to the last bit`(side: Int) {
    let (first, second) = maps(side: side, channels: 1)
    let smoothed = SmoothedDifference(side: side)
    smoothed.compare(first, second, image: 1)
    let (a, b) = (first.values(ofImage: 1), second.values(ofImage: 1))
    func range(_ place: Int) -> ClosedRange<Int> {
      max(0, place - smoothed.reach)...min(side - 1, place + smoothed.reach)
    }
    let expected = (0..<side * side).map { index -> Float in
      let (rows, columns) = (range(index / side), range(index % side))
      var sum: Float = 0
      for row in rows {
        var ofRow: Float = 0
        for column in columns { ofRow += abs(a[row * side + column] - b[row * side + column]) }
        sum += ofRow
      }
      return sum / Float(rows.count * columns.count)
    }
    #expect(smoothed.values == expected)
  }

  @Test func `a window of a picture is the same input as the window alone`() {
    let samples = (0..<9 * 7 * 3).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let map = FeatureMap(imageCount: 2, side: 4, channelCount: 3)
    let alone = FeatureMap(imageCount: 1, side: 4, channelCount: 3)
    for (column, row) in [(0, 0), (5, 3), (2, 1)] {
      var part: [UInt8] = []
      for line in row..<row + 4 { part += samples[(line * 9 + column) * 3..<(line * 9 + column + 4) * 3] }
      map.setWindow(of: samples, width: 9, column: column, row: row, ofImage: 1)
      alone.setSamples(part, ofImage: 0)
      #expect(map.values(ofImage: 1) == alone.values(ofImage: 0))
    }
    #expect(map.values(ofImage: 0).allSatisfy { $0 == 0 })
  }
}
