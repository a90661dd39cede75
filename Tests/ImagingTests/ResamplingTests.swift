import Imaging
import Testing

/// The resampling rule: known values, and a slow rendering of its definition that shares no code with it.
struct ResamplingTests {
  struct Case: Sendable {
    var source: [UInt8]
    var target: [UInt8]
  }

  static let rows = [
    Case(source: [10, 20, 30, 40], target: [15, 35]),
    Case(source: [0, 1], target: [1]),
    Case(source: [0, 0, 0, 2], target: [1]),
    Case(source: [0, 0, 0, 0, 2], target: [0]),
    // Thirds: (2 x 30 + 60) / 3 and (60 + 2 x 90) / 3.
    Case(source: [30, 60, 90], target: [40, 80]),
    // Fifths to thirds: 3a + 2b, b + 3c + d, 2d + 3e, each over 5.
    Case(source: [10, 20, 30, 40, 50], target: [14, 30, 46]),
    Case(source: [0, 100], target: [0, 25, 75, 100]),
    Case(source: [0, 90], target: [0, 45, 90]),
    Case(source: [200], target: [200, 200, 200]),
    // Centres of four pixels at -1/8, 5/8, 11/8 and 17/8 of three.
    Case(source: [0, 80, 240], target: [0, 50, 140, 240]),
    Case(source: [5, 250, 0], target: [5, 250, 0]),
  ]

  @Test(arguments: rows)
  func `known rows come out as computed by hand`(row: Case) {
    let across = Image(width: row.source.count, height: 1, channelCount: 1, samples: row.source)
    #expect(across.resampled(width: row.target.count, height: 1).samples == row.target)
    let down = Image(width: 1, height: row.source.count, channelCount: 1, samples: row.source)
    #expect(down.resampled(width: 1, height: row.target.count).samples == row.target)
  }

  @Test func `a picture shrinks along one axis while it grows along the other`() {
    let image = Image(width: 4, height: 1, channelCount: 1, samples: [0, 100, 200, 100])
    #expect(image.resampled(width: 2, height: 3).samples == [50, 150, 50, 150, 50, 150])
    let channels = Image(width: 2, height: 1, channelCount: 3, samples: [0, 10, 20, 100, 30, 41])
    #expect(channels.resampled(width: 1, height: 1).samples == [50, 20, 31])
  }

  static let sizes: [((Int, Int), (Int, Int))] = [
    ((7, 5), (3, 2)), ((3, 2), (7, 5)), ((9, 4), (4, 9)), ((28, 28), (32, 32)), ((128, 96), (32, 32)),
    ((31, 17), (16, 16)), ((1, 40), (16, 16)), ((97, 3), (13, 5)), ((33, 32), (32, 32)), ((15, 16), (16, 16)),
  ]

  @Test(arguments: sizes, [1, 3])
  func `every sample is the exact weighted mean rounded once`(sizes: ((Int, Int), (Int, Int)), channelCount: Int) {
    let ((width, height), (newWidth, newHeight)) = sizes
    let image = Self.random(width, height, channelCount, seed: UInt64(width * height))
    let result = image.resampled(width: newWidth, height: newHeight)
    let columns = Self.weights(width, newWidth)
    let rows = Self.weights(height, newHeight)
    for row in 0..<newHeight {
      for column in 0..<newWidth {
        for channel in 0..<channelCount {
          var sum = 0
          for (y, weightY) in rows[row] {
            for (x, weightX) in columns[column] { sum += weightX * weightY * Int(image[x, y, channel]) }
          }
          let total = columns[column].reduce(0) { $0 + $1.1 } * rows[row].reduce(0) { $0 + $1.1 }
          #expect(Int(result[column, row, channel]) == (2 * sum + total) / (2 * total))
        }
      }
    }
  }

  @Test func `sums that are whole, a half, or one unit less are rounded exactly, in small and in huge pictures`() {
    // One row: the sum of the samples over their number, near the halves where rounding turns.
    for count in [2, 3, 64, 4095, 65_536, 100_003, 1 << 20] {
      for level in [0, 1, 100, 254] {
        for excess in [0, 1, count / 2 - 1, count / 2, count / 2 + 1, count - 1] where excess >= 0 {
          let samples = (0..<count).map { UInt8(level + ($0 < excess ? 1 : 0)) }
          let expected = UInt8((2 * (level * count + excess) + count) / (2 * count))
          let across = Image(width: count, height: 1, channelCount: 1, samples: samples)
          #expect(across.resampled(width: 1, height: 1).samples == [expected], "\(count), \(level), \(excess)")
        }
      }
    }
    // 2^40 samples in all: the first row of the result covers 256 rows of 2^16 samples, half of them one brighter.
    for missing in [0, 1] {
      var resampler = RowResampler(
        sourceWidth: 1 << 16, sourceHeight: 1 << 24, channelCount: 1, width: 1, height: 1 << 16)
      var result: [UInt8] = []
      for row in 0..<256 {
        var samples = [UInt8](repeating: row < 128 ? 7 : 8, count: 1 << 16)
        if row == 128 && missing == 1 { samples[9] = 7 }
        resampler.take(samples.span) { result.append($0[0]) }
      }
      #expect(result == [missing == 1 ? 7 : 8])
    }
  }

  @Test(arguments: sizes)
  func `constant pictures stay constant and mirrored ones come out mirrored`(sizes: ((Int, Int), (Int, Int))) {
    let ((width, height), (newWidth, newHeight)) = sizes
    for level in [0, 1, 127, 254, 255] as [UInt8] {
      let constant = Image(width: width, height: height, channelCount: 3, level: level)
      #expect(
        constant.resampled(width: newWidth, height: newHeight)
          == Image(width: newWidth, height: newHeight, channelCount: 3, level: level))
    }
    let image = Self.random(width, height, 1, seed: 3)
    let turned = { (image: Image) in
      Image(width: image.width, height: image.height, channelCount: 1, samples: image.samples.reversed())
    }
    #expect(
      turned(image).resampled(width: newWidth, height: newHeight)
        == turned(image.resampled(width: newWidth, height: newHeight)))
  }

  /// Each target sample's source samples and weights, by definition and with a common denominator, pixel by pixel.
  static func weights(_ source: Int, _ target: Int) -> [[(Int, Int)]] {
    (0..<target).map { index in
      var weights = [Int](repeating: 0, count: source)
      if target <= source {
        // Length of the overlap of [index, index + 1) x source and [j, j + 1) x target.
        for j in 0..<source {
          weights[j] = max(0, min((index + 1) * source, (j + 1) * target) - max(index * source, j * target))
        }
      } else {
        // The tent around each centre; what lies beyond the edges counts for the edge sample.
        let position = (2 * index + 1) * source - target
        for j in -1...source {
          weights[min(max(j, 0), source - 1)] += max(0, 2 * target - abs(position - 2 * target * j))
        }
      }
      return weights.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }
  }

  static func random(_ width: Int, _ height: Int, _ channelCount: Int, seed: UInt64) -> Image {
    var numbers = TestNumbers(seed: seed)
    return Image(
      width: width, height: height, channelCount: channelCount,
      samples: (0..<width * height * channelCount).map { _ in UInt8(numbers.below(256)) })
  }
}
