import Explanation
import Imaging
import Testing

@Suite struct SidePictureTests {
  private func color(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] { (0..<3).map { image[x, y, $0] } }

  @Test(arguments: [1, 3]) func `original, reconstruction and map stand beside each other`(channels: Int) {
    let original = Image(width: 32, height: 32, channelCount: channels, level: 40)
    var reconstruction = Image(width: 32, height: 32, channelCount: channels, level: 40)
    for channel in 0..<channels { reconstruction.samples[(5 * 32 + 7) * channels + channel] = 100 }
    let side = SidePicture.image(original: original, reconstruction: reconstruction)
    // 32 pixels, six times as large: 192.
    #expect(side.width == 3 * 192 + 4 * 8)
    let top = 8 + 14 + 8
    #expect(color(side, 8 + 7 * 6, top + 5 * 6) == [40, 40, 40])
    #expect(color(side, 8 + 192 + 8 + 7 * 6 + 5, top + 5 * 6 + 5) == [100, 100, 100])
    let legend = DifferenceMap.legend(width: 256, height: 1)
    let left = 8 + 2 * (192 + 8)
    #expect(color(side, left + 7 * 6, top + 5 * 6) == color(legend, 239, 0), "60 of 64")
    #expect(color(side, left + 6 * 6, top + 5 * 6) == color(legend, 0, 0))
    #expect(color(side, 0, 0) == [255, 255, 255])
    // The bar below the map, from its first colour to its last.
    let bar = top + 192 + 8 + 6
    #expect(color(side, left, bar) == color(legend, 0, 0) && color(side, left + 191, bar) == color(legend, 255, 0))
  }

  @Test(arguments: [(1, 1), (31, 17), (168, 168), (512, 512), (513, 40), (4096, 4096), (3, 900)])
  func `a side picture of any size is large enough to see and small enough to keep`(width: Int, height: Int) {
    let original = Image(width: width, height: height, channelCount: 1, level: 9)
    let side = SidePicture.image(
      original: original, reconstruction: original, caption: "score 0.123456789 > threshold 0.0123456789 and more")
    #expect(side.width >= 3 * 168 && side.width <= 1_184)
    #expect(side.height <= 482)
    #expect(max(side.width, side.height) >= 168)
  }

  @Test func `a caption takes a line of its own, and one too long is written smaller`() {
    let original = Image(width: 168, height: 168, channelCount: 1, level: 0)
    func dots(_ caption: String) -> (height: Int, dark: Int) {
      let side = SidePicture.image(original: original, reconstruction: original, caption: caption)
      let dark = (8..<22).reduce(0) { sum, y in sum + (0..<side.width).count { side[$0, y, 0] == 0 } }
      return (side.height, dark)
    }
    let none = SidePicture.image(original: original, reconstruction: original)
    #expect(dots("i").height == none.height + 22)
    // 'i' has 9 dots of 2 x 2 pixels.
    #expect(dots("i").dark == 9 * 4)
    #expect(dots(String(repeating: "i", count: 60)).dark == 60 * 9)
  }

  @Test func `a defect of one pixel of a large picture is seen in the reduced map`() {
    let original = Image(width: 4096, height: 4096, channelCount: 1, level: 0)
    var reconstruction = original
    reconstruction.samples[2000 * 4096 + 3000] = 255
    let side = SidePicture.image(original: original, reconstruction: reconstruction)
    let legend = DifferenceMap.legend(width: 256, height: 1)
    // Eleven pixels become one, and a panel has 373.
    #expect(color(side, 8 + 2 * 381 + 3000 / 11, 30 + 2000 / 11) == color(legend, 255, 0))
  }
}
