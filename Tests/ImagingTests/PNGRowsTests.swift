import CPNG
import Foundation
import Imaging
import TestSupport
import Testing

/// The rows of a file as they are decoded, against libpng's own reading of the whole picture.
struct PNGRowsTests {
  /// All rows one after the other, and what is known of the file after the last.
  private static func rows(
    _ bytes: [UInt8], limits: PNGLimits = .default, background: UInt8 = 0
  ) throws(PNGError) -> (header: PNGHeader, samples: [UInt8], hasTransparentPixels: Bool, bands: Int) {
    try PNG.withRows(of: bytes, limits: limits, background: background) { rows throws(PNGError) in
      var samples: [UInt8] = []
      var bands = 0
      while try rows.next({ band in for index in band.indices { samples.append(band[index]) } }) {
        bands += 1
        #expect(samples.count == rows.rowCount * rows.header.width * rows.header.channelCount)
      }
      return (rows.header, samples, rows.hasTransparentPixels, bands)
    }
  }

  /// The way that a file's rows are read at last; nil where it is refused.
  private static func road(_ bytes: [UInt8]) -> cpng_road? {
    let limits = cpng_limits(maximum_side: 4096, maximum_pixels: 1 << 24)
    return bytes.withUnsafeBufferPointer { source in
      let rows = cpng_rows_open(source.baseAddress, source.count, limits, 0, CPNG_ROAD_STREAM)!
      defer { cpng_rows_close(rows) }
      var count: UInt32 = 0
      while cpng_rows_next(rows, nil, nil, &count) != nil {}
      return cpng_rows_picture(rows).pointee.code == CPNG_OK ? cpng_rows_road(rows) : nil
    }
  }

  /// What a file is refused with, whole and row by row; nil where it is sound.
  private static func errors(_ bytes: [UInt8], limits: PNGLimits = .default) -> (whole: PNGError?, rows: PNGError?) {
    var whole: PNGError?
    var found: PNGError?
    do { _ = try PNG.decode(bytes, limits: limits) } catch { whole = error }
    do { _ = try rows(bytes, limits: limits) } catch { found = error }
    return (whole, found)
  }

  private static func expectSame(_ bytes: [UInt8], background: UInt8 = 0, _ note: Comment) throws {
    let whole = try PNG.decode(bytes, background: background)
    let found = try rows(bytes, background: background)
    #expect(found.samples == whole.image.samples, note)
    let header = found.header
    #expect(header.width == whole.image.width && header.height == whole.image.height, note)
    #expect(header.channelCount == whole.image.channelCount && header.bitDepth == whole.bitDepth, note)
    #expect(header.colorType == whole.colorType && header.isInterlaced == whole.isInterlaced, note)
    #expect(header.hasAlpha == whole.hasAlpha, note)
    #expect(found.hasTransparentPixels == whole.hasTransparentPixels, note)
  }

  static let plain = [0, 2, 4, 6].map {
    PNGDecodingTests.Format(colorType: $0, depth: 8, interlaced: false, transparency: false)
  }

  @Test(arguments: PNGDecodingTests.formats)
  func `rows are those of the whole picture, in every format, with every filter`(
    format: PNGDecodingTests.Format
  ) throws {
    var seed: UInt64 = 1
    for (width, height) in [(1, 1), (1, 9), (2, 3), (3, 8), (4, 5), (5, 23), (33, 18), (17, 44)] {
      for filters in FilteredPNG.Filters.allCases {
        let file = FilteredPNG.file(format, width: width, height: height, filters: filters, seed: seed)
        try Self.expectSame(file.bytes, background: seed % 2 == 0 ? 255 : 0, "\(width)x\(height), \(filters)")
        seed += 1
      }
    }
  }

  @Test(arguments: plain)
  func `rows come in bands, and a row above a band is not lost`(format: PNGDecodingTests.Format) throws {
    for (filters, width) in [(.average, 700), (.paeth, 701), (.inRuns, 702), (.inTurn, 703), (.up, 704)]
      as [(FilteredPNG.Filters, Int)]
    {
      let file = FilteredPNG.file(format, width: width, height: 263, filters: filters, seed: UInt64(width))
      #expect(Self.road(file.bytes) == CPNG_ROAD_STREAM)
      #expect(try Self.rows(file.bytes).bands > 1)
      try Self.expectSame(file.bytes, "\(filters)")
    }
  }

  @Test func `plain files take the fast road to their end, others libpng's, and interlaced ones are read whole`() throws
  {
    for format in PNGDecodingTests.formats {
      let file = FilteredPNG.file(format, width: 9, height: 7, filters: .inTurn, seed: 3)
      let isPlain = format.depth == 8 && format.colorType != 3 && !format.transparency
      let road = format.interlaced ? CPNG_ROAD_WHOLE : isPlain ? CPNG_ROAD_STREAM : CPNG_ROAD_LIBPNG
      #expect(Self.road(file.bytes) == road, "\(format.testDescription)")
    }
    var texts = TestPNG(width: 4, height: 4, samples: Array(0..<16))
    texts.chunks.insert(.init(type: "tEXt", data: [65, 0, 66]), at: 2)
    texts.chunks.insert(.init(type: "prVt", data: []), at: 3)
    #expect(Self.road(texts.bytes) == CPNG_ROAD_STREAM)
    #expect(Self.road(texts.bytes + [1, 2, 3]) == CPNG_ROAD_STREAM)
    // Sound, but not as usual: libpng has the last word.
    texts.chunks[2].type = "ABCD"
    #expect(Self.road(texts.bytes) == CPNG_ROAD_LIBPNG)
    var pieces = TestPNG(width: 4, height: 4, samples: Array(0..<16))
    let pixels = pieces.chunks[1].data
    pieces.chunks.replaceSubrange(1...1, with: pixels.map { .init(type: "IDAT", data: [$0]) })
    pieces.chunks.insert(.init(type: "IDAT", data: []), at: 3)
    #expect(Self.road(pieces.bytes) == CPNG_ROAD_STREAM)
    try Self.expectSame(pieces.bytes, "one byte a chunk")
    pieces.chunks.insert(.init(type: "IDAT", data: []), at: 1)
    #expect(Self.road(pieces.bytes) == CPNG_ROAD_LIBPNG)
    try Self.expectSame(pieces.bytes, "an empty chunk first")
  }

  @Test func `a stream with a window smaller than its picture is libpng's`() throws {
    // 0x08, 0x1d: a window of 256 bytes; a row takes its width and a byte.
    for (height, road) in [(16, CPNG_ROAD_STREAM), (17, CPNG_ROAD_LIBPNG)] {
      var file = TestPNG(width: 15, height: height, samples: [Int](repeating: 5, count: 15 * height))
      file.chunks[1].data.replaceSubrange(0..<2, with: [0x08, 0x1D])
      #expect(Self.road(file.bytes) == road)
      try Self.expectSame(file.bytes, "\(height) rows")
    }
  }

  @Test(arguments: plain + [.init(colorType: 3, depth: 4, interlaced: false, transparency: true)], [false, true])
  func `a damaged file is refused in the same words as a whole one`(
    format: PNGDecodingTests.Format, isInterlaced: Bool
  ) {
    var format = format
    format.interlaced = isInterlaced
    var file = FilteredPNG.file(format, width: 6, height: 9, filters: .inTurn, seed: 8)
    file.chunks.insert(.init(type: "tEXt", data: Array("Comment\u{0}made by a test".utf8)), at: file.chunks.count - 1)
    let bytes = file.bytes
    for count in 0..<bytes.count {
      let errors = Self.errors(Array(bytes[..<count]))
      #expect(errors.whole != nil && errors.rows == errors.whole, "cut after \(count) bytes")
    }
    for index in bytes.indices {
      for change in [0x01, 0x20, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[index] ^= change
        let errors = Self.errors(damaged)
        #expect(errors.whole != nil && errors.rows == errors.whole, "byte \(index) changed by \(change)")
      }
    }
  }

  @Test(arguments: plain)
  func `changed bytes with right checksums give the same samples or the same error`(
    format: PNGDecodingTests.Format
  ) throws {
    var numbers = TestNumbers(seed: UInt64(format.colorType))
    let limits = PNGLimits(maximumSide: 1000, maximumPixels: 10_000)
    var refused = 0
    for round in 0..<400 {
      var file = FilteredPNG.file(format, width: 7, height: 11, filters: .inRuns, seed: UInt64(round))
      for _ in 0...numbers.below(2) {
        let chunk = numbers.below(file.chunks.count)
        if file.chunks[chunk].data.isEmpty { continue }
        // The header's, the stream's and the filters' first bytes matter more than the samples.
        let room = min(file.chunks[chunk].data.count, numbers.below(2) == 0 ? 12 : .max)
        file.chunks[chunk].data[numbers.below(room)] = UInt8(numbers.below(256))
      }
      let errors = Self.errors(file.bytes, limits: limits)
      #expect(errors.rows == errors.whole, "round \(round)")
      if errors.whole == nil { try Self.expectSame(file.bytes, "round \(round)") } else { refused += 1 }
    }
    #expect(refused > 50 && refused < 400)
  }

  @Test func `too few and too many pixels, bytes and chunks are refused in the same words`() {
    let header = TestPNG.header(width: 4, height: 4)
    let row: [UInt8] = [0, 1, 2, 3, 4]
    let rows = { (count: Int) in TestPNG.stored([[UInt8]](repeating: row, count: count).flatMap { $0 }) }
    var files = [rows(3), rows(5), rows(4) + [1, 2, 3], rows(4).dropLast(), [0x78, 0x01, 0xFF, 0xFF, 0xFF], []]
      .map { TestPNG(header: header, pixels: $0) }
    files += [[9, 1, 2, 3, 4] + row + row + row, row + row + row + [5, 1, 2, 3, 4]]
      .map { TestPNG(header: header, pixels: TestPNG.stored($0)) }
    let sound = TestPNG(header: header, pixels: rows(4))
    for (place, chunk) in [
      (2, TestPNG.Chunk(type: "IDAT", data: [1])), (2, .init(type: "ABCD", data: [])),
      (2, .init(type: "a1cd", data: [])),
      (2, .init(type: "IHDR", data: header)), (3, .init(type: "tEXt", data: [65])),
    ] {
      var file = sound
      file.chunks.insert(chunk, at: place)
      files.append(file)
    }
    var endless = sound
    endless.chunks.removeLast()
    files.append(endless)
    for (index, file) in files.enumerated() {
      let errors = Self.errors(file.bytes)
      #expect(errors.rows == errors.whole, "file \(index)")
    }
    // libpng passes over what stands behind the end chunk, and over chunks of any name and further pixels before it.
    #expect(files.filter { Self.errors($0.bytes).whole == nil }.count == 3)
  }

  @Test(arguments: plain)
  func `a file that is wrong in its last row gives no verdict`(format: PNGDecodingTests.Format) throws {
    var file = FilteredPNG.file(format, width: 700, height: 263, filters: .inRuns, seed: 4)
    let last = file.chunks[1].data.count
    for place in [last - 1, last - 5 - 700 * TestPNG.channelCount(format.colorType) - 1] {
      let kept = file.chunks[1].data[place]
      file.chunks[1].data[place] ^= 0x77
      let errors = Self.errors(file.bytes)
      #expect(errors.whole?.reason == .inflate || errors.whole?.reason == .damaged)
      #expect(errors.rows == errors.whole)
      let error = try #require(errors.whole)
      // Consumers see rows of it, but preparing, and whoever stops asking, gets the error.
      #expect(throws: PreparationFailure.png(error)) {
        try Preparation(size: 16, channelCount: 1).prepare(png: file.bytes)
      }
      #expect(throws: error) { try PNG.withRows(of: file.bytes) { _ throws(PNGError) in } }
      file.chunks[1].data[place] = kept
    }
    #expect(Self.errors(file.bytes).rows == nil)
  }

  @Test func `limits hold before a row is decoded`() {
    let bytes = TestPNG(width: 12, height: 5, samples: [Int](repeating: 7, count: 60)).bytes
    for limits in [
      PNGLimits(maximumSide: 11, maximumPixels: 60), PNGLimits(maximumSide: 12, maximumPixels: 59),
      PNGLimits(maximumSide: 12, maximumPixels: 60),
    ] {
      let errors = Self.errors(bytes, limits: limits)
      #expect(errors.rows == errors.whole)
      #expect((errors.rows == nil) == (limits.maximumSide == 12 && limits.maximumPixels == 60))
    }
  }

  @Test(arguments: [0, 4])
  func `decoding tells of every mebibyte, and so does reading again what is wrong at the end`(colorType: Int) throws {
    let channels = TestPNG.channelCount(colorType)
    let (width, height) = (1024, 2048 / channels)
    var file = TestPNG(
      width: width, height: height, colorType: colorType, samples: [Int](repeating: 9, count: width * height * channels)
    )
    var count = 0
    try PNG.withRows(of: file.bytes) { rows throws(PNGError) in
      while try rows.next(progress: { count += 1 }, { _ in }) {}
    }
    #expect(count == 2)
    file.chunks[1].data[file.chunks[1].data.count - 1] ^= 1
    count = 0
    #expect(throws: PNGError.self) {
      try PNG.withRows(of: file.bytes, progress: { count += 1 }) { _ throws(PNGError) in }
    }
    #expect(count >= 3)
  }

  @Test(arguments: [false, true])
  func `compressed bytes that give no samples are told of`(isDamaged: Bool) throws {
    var file = TestPNG(width: 1, height: 1, colorType: 0, samples: [9])
    // Empty blocks between the stream's head and its only real one.
    let stream = file.chunks[1].data
    let empty: [UInt8] = [0, 0, 0, 0xFF, 0xFF]
    var data = Array(stream.prefix(2))
    for _ in 0..<1_800_000 { data += empty }
    data += stream.dropFirst(2)
    if isDamaged { data[data.count - 1] ^= 1 }
    file.chunks[1].data = data
    let bytes = file.bytes
    var count = 0
    func read() throws(PNGError) {
      try PNG.withRows(of: bytes, progress: { count += 1 }) { _ throws(PNGError) in }
    }
    // 9 million bytes, by our own road; where the sum is wrong, by libpng as well.
    if isDamaged {
      #expect(throws: PNGError.self) { try read() }
      #expect(count >= 4)
    } else {
      try read()
      #expect(count >= 2)
    }
  }

  @Test(.enabled(if: Sanitizer.current == nil, "NOT TESTED: a sanitizer takes memory of its own for each byte"))
  func `a picture of 20 million pixels is never in memory as a whole`() async {
    await #expect(processExitsWith: .success) {
      // Equal bytes 1: the filter that adds the left sample, and ones.
      let (width, height) = Self.constantSides(nearWidth: 5472, height: 3648)
      let bytes = TestPNG(
        header: TestPNG.header(width: width, height: height),
        pixels: TestPNG.constant(1, count: (width + 1) * height - 1)
      ).bytes
      let before = try Self.peakMemory()
      var sum = 0
      try PNG.withRows(of: bytes) { rows throws(PNGError) in
        precondition(rows.header.width * rows.header.height > 19_000_000, "20 megapixels")
        while try rows.next({ band in sum += Int(band[0]) }) {}
      }
      precondition(sum > 0, "the first column is 1")
      let after = try Self.peakMemory()
      precondition(after - before < 2_000_000, "rows need \(after - before) bytes")
      let prepared = try Preparation(size: 64, channelCount: 1).prepare(png: bytes)
      precondition(prepared.width == width && prepared.height == height, "the size in the file")
      let end = try Self.peakMemory()
      precondition(end - before < 4_000_000, "preparing needs \(end - before) bytes")
    }
  }

  /// Sides whose filtered bytes are exactly what `TestPNG.constant` makes, near the wanted ones.
  private static func constantSides(nearWidth width: Int, height: Int) -> (Int, Int) {
    var (width, height) = (width, height)
    while (width + 1) * height % (8 * 258) != 1 {
      height += 1
      if height > 4000 { (width, height) = (width + 1, 3500) }
    }
    return (width, height)
  }

  /// The most memory that the process has held so far, in bytes.
  private static func peakMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.split(separator: " ").dropLast().last?.filter(\.isNumber) ?? "")) * 1024
  }
}
