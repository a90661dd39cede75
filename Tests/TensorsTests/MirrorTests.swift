import Tensors
import Testing

struct MirrorTests {
  /// The pixel that a walk over a line comes to, which turns round at its ends.
  private func walked(_ place: Int, count: Int) -> Int {
    guard count > 1 else { return 0 }
    var (pixel, step) = (0, place < 0 ? -1 : 1)
    for _ in 0..<abs(place) {
      if pixel + step < 0 || pixel + step >= count { step = -step }
      pixel += step
    }
    return pixel
  }

  @Test(arguments: 1...7) func `beyond its ends a line goes back and forth, and end pixels are not repeated`(count: Int)
  {
    for place in -40...40 { #expect(Mirror.index(place, count: count) == walked(place, count: count)) }
    for place in 0..<count { #expect(Mirror.index(place, count: count) == place) }
    if count > 2 { #expect(Mirror.index(-1, count: count) == 1 && Mirror.index(count, count: count) == count - 2) }
  }

  @Test(arguments: [1, 3]) func `a window past the edges is network input of the mirrored picture`(channels: Int) {
    let (width, height, side) = (6, 5, 4)
    let samples = (0..<width * height * channels).map { UInt8(truncatingIfNeeded: $0 * 37) }
    let map = FeatureMap(imageCount: 2, side: side, channelCount: channels)
    let alone = FeatureMap(imageCount: 1, side: side, channelCount: channels)
    for (column, row) in [(-1, 0), (0, -3), (-3, -2), (5, 4), (3, 1), (0, 2), (-20, 30)] {
      var part: [UInt8] = []
      for line in row..<row + side {
        for place in column..<column + side {
          let pixel = walked(line, count: height) * width + walked(place, count: width)
          part += samples[pixel * channels..<(pixel + 1) * channels]
        }
      }
      map.setWindow(of: samples, width: width, column: column, row: row, ofImage: 1)
      alone.setSamples(part, ofImage: 0)
      #expect(map.values(ofImage: 1) == alone.values(ofImage: 0), "\(column), \(row)")
    }
  }
}
