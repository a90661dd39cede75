import Foundation
import Imaging
import Testing

/// What a file may ask for, and what a hostile one gets.
struct PNGLimitTests {
  @Test func `limits hold to the pixel`() throws {
    let bytes = TestPNG(width: 12, height: 5, samples: [Int](repeating: 7, count: 60)).bytes
    _ = try PNG.decode(bytes, limits: PNGLimits(maximumSide: 12, maximumPixels: 60))
    let side = #expect(throws: PNGError.self) {
      try PNG.decode(bytes, limits: PNGLimits(maximumSide: 11, maximumPixels: 60))
    }
    #expect(side?.reason == .tooLargeSide)
    let pixels = #expect(throws: PNGError.self) {
      try PNG.decode(bytes, limits: PNGLimits(maximumSide: 12, maximumPixels: 59))
    }
    #expect(pixels?.reason == .tooManyPixels)
  }

  @Test func `20,000 x 20,000 pixels of one bit are refused before anything is decoded`() throws {
    let header = TestPNG.header(width: 20_000, height: 20_000, depth: 1)
    let whole = TestPNG(header: header, pixels: TestPNG.constant(0, count: 20_000 * 2501)).bytes
    // The same without any pixel: the reason must come from the header alone.
    let cut = Array(TestPNG(header: header, pixels: [0x78]).bytes[..<41])
    for bytes in [whole, cut] {
      let error = #expect(throws: PNGError.self) { try PNG.decode(bytes) }
      #expect(error?.reason == .tooManyPixels)
      #expect(error?.description.contains("20000x20000") == true)
    }
  }

  @Test func `the streams of equal bytes that these tests use are sound`() throws {
    let header = TestPNG.header(width: 4 * 8 * 258, height: 1)
    // The first byte is the row's filter: 1 adds the sample to the left, so the row counts up.
    for value in [0, 1] as [UInt8] {
      let decoded = try PNG.decode(TestPNG(header: header, pixels: TestPNG.constant(value, count: 4 * 8 * 258)).bytes)
      #expect(decoded.image.samples == (1...4 * 8 * 258).map { UInt8(truncatingIfNeeded: $0 * Int(value)) })
    }
  }

  @Test func `many compressed texts cost neither time nor memory`() throws {
    // Two hundred texts that would unfold to 1.5 GB: libpng's simplified interface keeps them all.
    let text = TestPNG.Chunk(
      type: "zTXt", data: Array("Comment\u{0}\u{0}".utf8) + TestPNG.constant(120, count: 7_700_000)
    ).bytes
    let texts = [[UInt8]](repeating: text, count: 100).flatMap { $0 }
    let chunks = TestPNG(width: 1, height: 1, samples: [77]).chunks.map(\.bytes)
    let bytes = TestPNG.signature + chunks[0] + texts + chunks[1] + texts + chunks[2]
    let before = try Self.peakMemory()
    let start = ContinuousClock.now
    #expect(try PNG.decode(bytes).image.samples == [77])
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(try Self.peakMemory() - before < 400_000_000)
  }

  /// The most memory that the process has held so far, in bytes.
  private static func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.split(separator: " ").dropLast().last?.filter(\.isNumber) ?? "")) * 1024
  }
}
