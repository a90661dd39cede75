private import Imaging
import Testing

struct PNGRoundTripTests {
  @Test(arguments: [1, 3], [(1, 1), (1, 7), (640, 3), (33, 65)])
  func `what is encoded decodes to the same samples`(channelCount: Int, size: (Int, Int)) throws {
    let (width, height) = size
    var state: UInt32 = 7
    let samples = (0..<width * height * channelCount).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    let image = Image(width: width, height: height, channelCount: channelCount, samples: samples)
    let decoded = try PNG.decode(PNG.encode(image))
    #expect(decoded.image == image)
    #expect(decoded.bitDepth == 8)
    #expect(decoded.colorType == (channelCount == 1 ? 0 : 2))
    #expect(!decoded.isInterlaced && !decoded.hasAlpha && !decoded.hasTransparentPixels)
  }

  @Test func `the version of the library that runs is known`() {
    #expect(PNG.libraryVersion.hasPrefix("1."))
  }
}
