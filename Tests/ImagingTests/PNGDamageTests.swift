import Foundation
import Imaging
import Testing

/// Damaged and hostile files: each is refused for its reason, none crashes.
struct PNGDamageTests {
  /// A palette file with every chunk the decoder looks into, and text, which it does not.
  private static func sample(interlaced: Bool = false) -> TestPNG {
    var file = TestPNG(
      width: 7, height: 5, depth: 4, colorType: 3, interlaced: interlaced, samples: (0..<35).map { $0 % 16 },
      palette: (0..<48).map { UInt8($0 * 5) }, transparency: [0, 128])
    file.chunks.insert(.init(type: "tEXt", data: Array("Comment\u{0}made by a test".utf8)), at: 1)
    return file
  }

  private func reason(_ bytes: [UInt8], limits: PNGLimits = .default) -> PNGError.Reason? {
    do {
      _ = try PNG.decode(bytes, limits: limits)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [false, true])
  func `a file cut at any byte is truncated`(interlaced: Bool) {
    let bytes = Self.sample(interlaced: interlaced).bytes
    #expect(reason(bytes) == nil)
    #expect(reason([]) == .empty)
    for count in 1..<bytes.count {
      #expect(reason(Array(bytes[..<count])) == .truncated, "cut after \(count) bytes")
    }
  }

  @Test(arguments: [false, true])
  func `a file with any one byte changed is refused`(interlaced: Bool) {
    let bytes = Self.sample(interlaced: interlaced).bytes
    for index in bytes.indices {
      for change in [0x01, 0x20, 0x80, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[index] ^= change
        #expect(reason(damaged) != nil, "byte \(index) changed by \(change)")
      }
    }
  }

  @Test func `a file with changed bytes and right checksums decodes or is refused`() {
    var numbers = TestNumbers(seed: 5)
    var refused = 0
    for round in 0..<3000 {
      var file = Self.sample(interlaced: round % 2 == 0)
      for _ in 0...numbers.below(3) {
        let chunk = numbers.below(file.chunks.count)
        if file.chunks[chunk].data.isEmpty { continue }
        file.chunks[chunk].data[numbers.below(file.chunks[chunk].data.count)] = UInt8(numbers.below(256))
      }
      if reason(file.bytes, limits: PNGLimits(maximumSide: 1000, maximumPixels: 100_000)) != nil { refused += 1 }
    }
    #expect(refused > 300 && refused < 3000)
  }

  @Test(arguments: 0..<6)
  func `a wrong checksum refuses the file whatever the chunk`(chunk: Int) {
    var file = Self.sample()
    file.chunks[chunk].checksumFault = 1
    #expect(reason(file.bytes) == .checksum, "chunk \(file.chunks[chunk].type)")
  }

  @Test func `a wrong sum over all pixels refuses the file though every chunk's checksum is right`() {
    var file = TestPNG(width: 4, height: 4, samples: Array(0..<16))
    file.chunks[1].data[file.chunks[1].data.count - 1] ^= 1
    #expect(reason(file.bytes) == .inflate)
  }

  @Test func `too few, too many and undecodable pixels are refused`() {
    let header = TestPNG.header(width: 4, height: 4)
    let row: [UInt8] = [0, 1, 2, 3, 4]
    let rows = { (count: Int) in TestPNG.stored([[UInt8]](repeating: row, count: count).flatMap { $0 }) }
    #expect(reason(TestPNG(header: header, pixels: rows(4)).bytes) == nil)
    #expect(reason(TestPNG(header: header, pixels: rows(3)).bytes) == .inflate)
    #expect(reason(TestPNG(header: header, pixels: rows(5)).bytes) == .inflate)
    #expect(reason(TestPNG(header: header, pixels: rows(4) + [1, 2, 3]).bytes) == .inflate)
    #expect(reason(TestPNG(header: header, pixels: [0x78, 0x01, 0xFF, 0xFF, 0xFF]).bytes) == .inflate)
    #expect(reason(TestPNG(header: header, pixels: [1, 2, 3, 4, 5]).bytes) == .inflate)
    let filter = TestPNG.stored([9, 1, 2, 3, 4] + row + row + row)
    #expect(reason(TestPNG(header: header, pixels: filter).bytes) == .damaged)
  }

  @Test func `headers that no PNG may have are refused`() {
    let pixels = TestPNG.stored([0, 0])
    for header in [
      TestPNG.header(width: 0, height: 1), TestPNG.header(width: 1, height: 0),
      TestPNG.header(width: 1, height: 1, depth: 3), TestPNG.header(width: 1, height: 1, depth: 4, colorType: 2),
      TestPNG.header(width: 1, height: 1, depth: 16, colorType: 3), TestPNG.header(width: 1, height: 1, colorType: 5),
      TestPNG.header(width: 0x8000_0000, height: 1), Array(TestPNG.header(width: 1, height: 1).dropLast()) + [2],
      Array(TestPNG.header(width: 1, height: 1).dropLast()),
    ] {
      #expect(reason(TestPNG(header: header, pixels: pixels).bytes) == .header, "\(header)")
    }
  }

  @Test func `missing and misplaced chunks are refused`() {
    for type in ["IHDR", "PLTE", "IDAT"] {
      var file = Self.sample()
      file.chunks.removeAll { $0.type == type }
      #expect(reason(file.bytes) != nil, "without \(type)")
    }
    var twice = Self.sample()
    twice.chunks.insert(twice.chunks[0], at: 1)
    #expect(reason(twice.bytes) == .header)
    var late = Self.sample()
    late.chunks.swapAt(2, 3)
    #expect(reason(late.bytes) != nil, "transparency before the palette")
    var critical = Self.sample()
    critical.chunks.insert(.init(type: "ABCD", data: []), at: 1)
    #expect(reason(critical.bytes) == .damaged)
  }

  @Test(arguments: ["prVt", "iCCP", "zTXt", "IDAT"])
  func `a chunk that says it is longer than the file is truncated`(type: String) {
    let sound = TestPNG(width: 1, height: 1, samples: [7]).bytes
    let chunk = TestPNG.bigEndian(0x7FFF_FFF0) + Array(type.utf8) + [UInt8](repeating: 65, count: 40)
    let found = reason(Array(sound[..<33]) + chunk)
    #expect(found == .truncated)
  }

  @Test func `what is not a PNG is called so`() throws {
    #expect(reason(Array("a text that is named .png\n".utf8)) == .notPNG)
    #expect(reason([0xFF, 0xD8, 0xFF, 0xE0]) == .notPNG)
    #expect(reason([0]) == .notPNG)
    // What a transfer in text mode makes of a PNG.
    #expect(reason([0x89, 0x50, 0x4E, 0x47, 0x0A, 0x1A, 0x0A, 0, 0, 0]) == .notPNG)
  }

  @Test func `sentences say what was expected and found`() throws {
    let big = TestPNG(header: TestPNG.header(width: 40_000, height: 3), pixels: [])
    let sentences: [([UInt8], String)] = [
      ([], "the file is empty, expected a PNG; write it under another name and rename it when it is complete"),
      (
        Array("GIF89a".utf8),
        "not a PNG: expected to begin with 89 50 4e 47 0d 0a 1a 0a, found 47 49 46 38 39 61; convert it to PNG"
      ),
      (
        Array(Self.sample().bytes.dropLast(3)),
        "the PNG ends after \(Self.sample().bytes.count - 3) bytes, before its end chunk; "
          + "it was cut off or is still being written"
      ),
      (
        big.bytes,
        "the picture has 40000x3 pixels, expected at most 32768 a side; make it smaller or raise the limit of the side"
      ),
    ]
    for (bytes, sentence) in sentences {
      let error = #expect(throws: PNGError.self) { try PNG.decode(bytes) }
      #expect(error?.description == sentence)
    }
  }

  @Test func `reasons are stable tokens and say whether waiting may help`() {
    let tokens = PNGError.Reason.allCases.map(\.rawValue)
    #expect(
      tokens == [
        "png-empty", "not-png", "png-truncated", "png-crc", "png-inflate", "png-header", "too-many-pixels",
        "too-large-side", "png-damaged", "no-memory",
      ])
    let final = PNGError.Reason.allCases.filter { !PNGError(reason: $0, description: "").mayBeIncomplete }
    #expect(final == [.tooManyPixels, .tooLargeSide, .noMemory])
  }
}
