import Imaging
import Testing

/// Every colour type and depth against values that follow from the format's definition.
struct PNGDecodingTests {
  struct Format: Sendable, CustomTestStringConvertible {
    var colorType: Int
    var depth: Int
    var interlaced: Bool
    var transparency: Bool
    var testDescription: String {
      "type \(colorType), \(depth) bits" + (interlaced ? ", interlaced" : "") + (transparency ? ", tRNS" : "")
    }
  }

  static let formats: [Format] = {
    let depths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
    return depths.keys.sorted().flatMap { colorType in
      depths[colorType]!.flatMap { depth in
        [false, true].flatMap { interlaced in
          (colorType < 4 ? [false, true] : [false]).map {
            Format(colorType: colorType, depth: depth, interlaced: interlaced, transparency: $0)
          }
        }
      }
    }
  }()

  @Test(arguments: formats, [(1, 1), (2, 3), (5, 5), (9, 4), (33, 18)])
  func `every format gives the samples that the format's definition says`(format: Format, size: (Int, Int)) throws {
    let (width, height) = size
    let channels = TestPNG.channelCount(format.colorType)
    var numbers = TestNumbers(seed: UInt64(format.colorType * 100 + format.depth))
    let top = 1 << format.depth
    let samples = (0..<width * height * channels).map { _ in numbers.below(top) }
    let palette = format.colorType == 3 ? (0..<3 * top).map { _ in UInt8(numbers.below(256)) } : nil
    // The first pixel's colour is the transparent one; a palette has alphas for half its entries.
    var transparency: [UInt8]?
    if format.transparency {
      transparency =
        format.colorType == 3
        ? (0..<top / 2).map { _ in UInt8(numbers.below(256)) }
        : samples[..<channels].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }
    let file = TestPNG(
      width: width, height: height, depth: format.depth, colorType: format.colorType, interlaced: format.interlaced,
      samples: samples, palette: palette, transparency: transparency)

    for background in [0, 255] {
      let decoded = try PNG.decode(file.bytes, background: UInt8(background))
      #expect(decoded.image.width == width && decoded.image.height == height)
      #expect(decoded.bitDepth == format.depth && decoded.colorType == format.colorType)
      #expect(decoded.isInterlaced == format.interlaced)
      #expect(decoded.hasAlpha == (format.colorType >= 4 || format.transparency))
      var expected: [UInt8] = []
      var transparent = false
      for first in stride(from: 0, to: samples.count, by: channels) {
        let pixel = Array(samples[first..<first + channels])
        var (color, alpha) = Self.expanded(pixel, format: format, palette: palette, transparency: transparency)
        if format.transparency && format.colorType != 3 { alpha = pixel == Array(samples[..<channels]) ? 0 : 255 }
        transparent = transparent || alpha < 255
        expected += color.map { UInt8((Double($0 * alpha + background * (255 - alpha)) / 255).rounded()) }
      }
      #expect(decoded.image.samples == expected)
      #expect(decoded.hasTransparentPixels == transparent)
    }
  }

  /// A pixel's colour and alpha in 8 bits.
  private static func expanded(
    _ pixel: [Int], format: Format, palette: [UInt8]?, transparency: [UInt8]?
  ) -> (color: [Int], alpha: Int) {
    if let palette {
      let index = pixel[0]
      let alpha = transparency.map { index < $0.count ? Int($0[index]) : 255 } ?? 255
      return (palette[3 * index..<3 * index + 3].map { Int($0) }, alpha)
    }
    let top = (1 << format.depth) - 1
    let scaled = pixel.map { Int((Double($0) * 255 / Double(top)).rounded()) }
    return format.colorType >= 4 ? (Array(scaled.dropLast()), scaled.last!) : (scaled, 255)
  }

  @Test func `all 65,536 levels of 16 bits are scaled and rounded`() throws {
    let file = TestPNG(width: 256, height: 256, depth: 16, samples: Array(0..<65_536))
    let expected = (0..<65_536).map { UInt8((Double($0) / 257).rounded()) }
    #expect(try PNG.decode(file.bytes).image.samples == expected)
  }

  @Test func `gamma, profiles and backgrounds in the file change nothing`() throws {
    let samples = (0..<64).map { $0 * 4 }
    var file = TestPNG(width: 8, height: 8, samples: samples)
    file.chunks.insert(
      contentsOf: [
        .init(type: "gAMA", data: TestPNG.bigEndian(30_000)), .init(type: "sRGB", data: [0]),
        .init(type: "sBIT", data: [3]), .init(type: "bKGD", data: [0, 200]),
        .init(type: "iCCP", data: [65, 0, 0, 1, 2]),
        .init(type: "tEXt", data: [65, 0, 66]), .init(type: "abCd", data: [1, 2, 3]),
      ], at: 1)
    #expect(try PNG.decode(file.bytes).image.samples == samples.map { UInt8($0) })
  }

  @Test func `pixels may be spread over many chunks and bytes may follow the end`() throws {
    let samples = (0..<100).map { $0 * 2 }
    var file = TestPNG(width: 10, height: 10, samples: samples)
    let pixels = file.chunks[1].data
    file.chunks.replaceSubrange(1...1, with: pixels.map { .init(type: "IDAT", data: [$0]) })
    #expect(try PNG.decode(file.bytes + [1, 2, 3]).image.samples == samples.map { UInt8($0) })
  }

  @Test(arguments: ["prVt", "eXIf", "iCCP", "zTXt", "sPLT"])
  func `a long chunk that is not looked into is passed over`(type: String) throws {
    var file = TestPNG(width: 1, height: 1, samples: [7])
    file.chunks.insert(.init(type: type, data: [UInt8](repeating: 65, count: 1_200_000)), at: 1)
    #expect(try PNG.decode(file.bytes).image.samples == [7])
  }

  @Test func `an index outside the palette is black`() throws {
    let file = TestPNG(width: 2, height: 1, depth: 8, colorType: 3, samples: [1, 9], palette: [1, 2, 3, 4, 5, 6])
    #expect(try PNG.decode(file.bytes).image.samples == [4, 5, 6, 0, 0, 0])
  }

  @Test func `borrowed bytes decode as an array does`() throws {
    let bytes = TestPNG(width: 2, height: 1, samples: [3, 9]).bytes
    #expect(try PNG.decode(bytes.span) == PNG.decode(bytes))
  }
}
