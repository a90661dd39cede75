/// Writes PNG files of every colour type and depth, sound or wrong on purpose; shares no code with the decoder.
struct TestPNG {
  /// One chunk, its checksum computed when the file is put together.
  struct Chunk {
    var type: String
    var data: [UInt8]
    /// Added to the right checksum.
    var checksumFault: UInt32 = 0

    /// Length, type, content and checksum.
    var bytes: [UInt8] {
      let body = Array(type.utf8) + data
      return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body) &+ checksumFault)
    }
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  var chunks: [Chunk]

  /// The file's bytes.
  var bytes: [UInt8] { chunks.reduce(into: Self.signature) { $0 += $1.bytes } }

  /// A file from its samples (or palette indices), row by row, channels interleaved, each below 2^depth.
  init(
    width: Int, height: Int, depth: Int = 8, colorType: Int = 0, interlaced: Bool = false, samples: [Int],
    palette: [UInt8]? = nil, transparency: [UInt8]? = nil
  ) {
    let channels = Self.channelCount(colorType)
    precondition(samples.count == width * height * channels)
    var raw: [UInt8] = []
    for (startX, startY, stepX, stepY) in interlaced ? Self.passes : [(0, 0, 1, 1)] {
      for row in stride(from: startY, to: height, by: stepY) where startX < width {
        var line: [Int] = []
        for column in stride(from: startX, to: width, by: stepX) {
          let first = (row * width + column) * channels
          line += samples[first..<first + channels]
        }
        raw += [0] + Self.packed(line, depth: depth)
      }
    }
    self.init(
      header: Self.header(width: width, height: height, depth: depth, colorType: colorType, interlaced: interlaced),
      before: (palette.map { [Chunk(type: "PLTE", data: $0)] } ?? [])
        + (transparency.map { [Chunk(type: "tRNS", data: $0)] } ?? []),
      pixels: Self.stored(raw))
  }

  /// A file from its chunks' contents: header, chunks before the pixels, compressed pixels.
  init(header: [UInt8], before: [Chunk] = [], pixels: [UInt8]) {
    chunks = [Chunk(type: "IHDR", data: header)] + before
    chunks += [Chunk(type: "IDAT", data: pixels), Chunk(type: "IEND", data: [])]
  }

  /// The content of a header chunk.
  static func header(width: Int, height: Int, depth: Int = 8, colorType: Int = 0, interlaced: Bool = false) -> [UInt8] {
    bigEndian(UInt32(width)) + bigEndian(UInt32(height))
      + [UInt8(depth), UInt8(colorType), 0, 0, interlaced ? 1 : 0]
  }

  /// Samples a pixel of a colour type.
  static func channelCount(_ colorType: Int) -> Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType]! }

  /// Adam7: first column, first row, and the steps of each pass.
  static let passes = [
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
  ]

  /// Samples of a row in bits, the first in the highest.
  private static func packed(_ line: [Int], depth: Int) -> [UInt8] {
    if depth == 16 { return line.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var bytes = [UInt8](repeating: 0, count: (line.count * depth + 7) / 8)
    for (index, value) in line.enumerated() {
      bytes[index * depth / 8] |= UInt8(value << (8 - depth - index * depth % 8))
    }
    return bytes
  }

  /// A zlib stream of stored blocks.
  static func stored(_ raw: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let count = min(raw.count - start, 65_535)
      stream += [start + count == raw.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)]
      stream += [UInt8(~count & 255), UInt8(~count >> 8 & 255)] + raw[start..<start + count]
      start += count
    } while start < raw.count
    return stream + bigEndian(adler(raw))
  }

  /// A zlib stream of at least `count` equal bytes, about 160 times smaller: one literal and matches of 258 bytes.
  static func constant(_ value: UInt8, count: Int) -> [UInt8] {
    precondition(value < 144, "greater literals have longer codes")
    // Eight matches of 13 bits (length code 11000101, distance code 00000) fill 13 bytes.
    let groups = (count + 8 * 258 - 1) / (8 * 258)
    var match = Bits()
    for _ in 0..<8 {
      match.appendCode(0b1100_0101, count: 8)
      match.appendCode(0, count: 5)
    }
    var start = Bits()
    // Last block, fixed codes.
    start.append(1, count: 1)
    start.append(1, count: 2)
    start.appendCode(0b0011_0000 + Int(value), count: 8)
    start.append(match)
    var end = start
    end.appendCode(0, count: 7)
    // The first 11 bits shift the pattern of matches, which repeats by bytes from the third byte on.
    start.append(match)
    let stream = start.bytes[..<2] + (1..<groups).flatMap { _ in start.bytes[2..<15] } + end.bytes[2...]
    let total = groups * 8 * 258 + 1
    let low = (1 + total * Int(value)) % 65_521
    let high = (total + total * (total + 1) / 2 * Int(value)) % 65_521
    return [0x78, 0x01] + stream + bigEndian(UInt32(high << 16 | low))
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  /// CRC-32 by a table.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes { value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ (value >> 8) }
    return ~value
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
  }

  /// Adler-32.
  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }

  /// Bits as deflate packs them: the lowest of a byte first, codes with their highest bit first.
  private struct Bits {
    var bits: [UInt8] = []

    var bytes: [UInt8] {
      stride(from: 0, to: bits.count, by: 8).map { start in
        bits[start..<min(start + 8, bits.count)].enumerated().reduce(0) { $0 | $1.element << $1.offset }
      }
    }

    mutating func append(_ value: Int, count: Int) { for bit in 0..<count { bits.append(UInt8(value >> bit & 1)) } }
    mutating func appendCode(_ value: Int, count: Int) {
      for bit in (0..<count).reversed() { bits.append(UInt8(value >> bit & 1)) }
    }
    mutating func append(_ other: Bits) { bits += other.bits }
  }
}

/// Numbers that look random and are the same in every run.
struct TestNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

  /// A number below `bound`.
  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}
