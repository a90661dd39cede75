import Tensors
import Testing

struct LocalDifferenceTests {
  /// Two maps of random values in [-1, 1]; the border may differ.
  private func maps(side: Int, channels: Int, images: Int = 2) -> (FeatureMap, FeatureMap) {
    var random = RandomGenerator(seed: UInt64(side * 10 + channels))
    let first = FeatureMap(imageCount: images, side: side, channelCount: channels, border: 2)
    let second = FeatureMap(imageCount: images, side: side, channelCount: channels, border: 1)
    for map in [first, second] {
      for image in 0..<images {
        map.setValues(random.normal(count: map.valuesPerImage, mean: 0, deviation: 0.5), ofImage: image)
      }
    }
    return (first, second)
  }

  /// The definition, position by position: rows from left to right, then their sums from top to bottom.
  private func plain(
    _ a: [Float], _ b: [Float], side: Int, channels: Int, boxes: LocalDifference.Boxes, rule: LocalDifference.Rule
  ) -> Float {
    var largest: Float = 0
    let (box, last) = (boxes.side, side - boxes.margin - boxes.side)
    for row in boxes.margin...last {
      for column in boxes.margin...last {
        var channelSum: Float = 0
        for channel in 0..<channels {
          var sum: Float = 0
          for y in row..<row + box {
            var line: Float = 0
            for x in column..<column + box {
              let place = (y * side + x) * channels + channel
              let difference = a[place] - b[place]
              switch rule {
              case .absolute: line += abs(difference)
              case .square: line += difference * difference
              case .signed: line += difference
              }
            }
            sum += line
          }
          channelSum += abs(sum)
        }
        largest = max(largest, channelSum)
      }
    }
    return largest / Float(box * box * channels)
  }

  @Test(
    arguments: [(8, 1), (16, 1), (17, 1), (9, 3), (16, 3)],
    [LocalDifference.Rule.absolute, .square, .signed])
  func `every box, margin and rule gives the plain loops' bits`(shape: (Int, Int), rule: LocalDifference.Rule) {
    let (side, channels) = shape
    let (first, second) = maps(side: side, channels: channels)
    let local = LocalDifference(side: side, channelCount: channels)
    for (box, margin) in [(1, 0), (3, 0), (5, 0), (7, 0), (side, 0), (side - 1, 0), (3, 1), (1, 2), (side - 4, 2)] {
      let boxes = LocalDifference.Boxes(side: box, margin: margin)
      for image in 0..<2 {
        let expected = plain(
          first.values(ofImage: image), second.values(ofImage: image), side: side, channels: channels, boxes: boxes,
          rule: rule)
        let found = local.largest(first, second, image: image, boxes: boxes, rule: rule)
        #expect(found == expected, "box \(box), margin \(margin)")
        #expect(found > 0)
      }
    }
  }

  @Test(arguments: [1, 3, 8, 20])
  func `mean squares over any number of channels are those of the plain loops`(channels: Int) {
    let side = 9
    let (first, second) = maps(side: side, channels: channels)
    let local = LocalDifference(side: side, channelCount: 1)
    for (box, margin) in [(1, 0), (3, 0), (9, 0), (3, 2), (5, 1)] {
      let boxes = LocalDifference.Boxes(side: box, margin: margin)
      for image in 0..<2 {
        let expected = plain(
          first.values(ofImage: image), second.values(ofImage: image), side: side, channels: channels, boxes: boxes,
          rule: .square)
        let found = local.largestMeanSquare(first, second, image: image, boxes: boxes)
        // The channels are added in another order here.
        #expect(abs(found - expected) <= 2e-6 * expected, "box \(box), margin \(margin)")
      }
    }
  }

  @Test func `a difference counts the same wherever it lies`() {
    let (side, box) = (20, 5)
    let local = LocalDifference(side: side, channelCount: 1)
    let pattern: [Float] = [0.1, 0.7, -0.3, 0.9, 0.2, -0.8, 0.33, 0.77, 0.123]
    var found: Set<Float> = []
    // A map of zeros is the picture; the pattern is 3x3, and every box that holds it whole lies inside.
    for (row, column) in [(2, 2), (2, 9), (7, 3), (11, 12), (15, 15), (9, 2)] {
      let first = FeatureMap(imageCount: 1, side: side, channelCount: 1)
      let second = FeatureMap(imageCount: 1, side: side, channelCount: 1)
      var values = [Float](repeating: 0, count: side * side)
      for y in 0..<3 { for x in 0..<3 { values[(row + y) * side + column + x] = pattern[y * 3 + x] } }
      second.setValues(values, ofImage: 0)
      found.insert(local.largest(first, second, image: 0, boxes: .init(side: box), rule: .absolute))
    }
    #expect(found.count == 1)
  }

  @Test func `opposite differences cancel in the smoothed one, and in no channel with another's`() {
    let first = FeatureMap(imageCount: 1, side: 4, channelCount: 3)
    let second = FeatureMap(imageCount: 1, side: 4, channelCount: 3)
    let local = LocalDifference(side: 4, channelCount: 3)
    // Red is lighter and green darker by the same amount everywhere.
    second.setValues((0..<16).flatMap { _ in [Float(0.5), -0.5, 0] }, ofImage: 0)
    #expect(local.largest(first, second, image: 0, boxes: .init(side: 3), rule: .signed) == Float(9) / 27)
    // A chequerboard in every channel: a box of 4x4 sees nothing of it.
    second.setValues(
      (0..<16).flatMap { place in [Float](repeating: (place + place / 4) % 2 == 0 ? 0.5 : -0.5, count: 3) }, ofImage: 0)
    #expect(local.largest(first, second, image: 0, boxes: .init(side: 4), rule: .signed) == 0)
    #expect(local.largest(first, second, image: 0, boxes: .init(side: 4), rule: .absolute) == 0.5)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `a value that is no finite number makes the result none`(value: Float) {
    for place in [0, 37, 63] {
      let (first, second) = maps(side: 8, channels: 1)
      var values = second.values(ofImage: 1)
      values[place] = value
      second.setValues(values, ofImage: 1)
      let local = LocalDifference(side: 8, channelCount: 1)
      let boxes = LocalDifference.Boxes(side: 3, margin: 1)
      for rule in [LocalDifference.Rule.absolute, .square, .signed] {
        #expect(!local.largest(first, second, image: 1, boxes: boxes, rule: rule).isFinite)
        // The memory holds nothing of it for the next picture.
        #expect(local.largest(first, second, image: 0, boxes: boxes, rule: rule).isFinite)
      }
      #expect(!local.largestMeanSquare(first, second, image: 1, boxes: boxes).isFinite)
    }
  }
}
