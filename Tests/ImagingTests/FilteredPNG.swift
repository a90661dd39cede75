/// Writes PNG files with every filter: bytes that look random behind each row's filter are some picture, whatever they are.
enum FilteredPNG {
  /// Which filter a row has.
  enum Filters: CaseIterable {
    case none, sub, up, average, paeth
    /// One after the other.
    case inTurn
    /// Each for a few rows.
    case inRuns

    func number(_ row: Int) -> UInt8 {
      switch self {
      case .none: 0
      case .sub: 1
      case .up: 2
      case .average: 3
      case .paeth: 4
      case .inTurn: UInt8(row % 5)
      case .inRuns: UInt8([3, 3, 3, 3, 3, 4, 4, 4, 4, 1, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 0, 2][row % 22])
      }
    }
  }

  /// A file whose filtered bytes are made up.
  static func file(
    _ format: PNGDecodingTests.Format, width: Int, height: Int, filters: Filters, seed: UInt64
  ) -> TestPNG {
    var numbers = TestNumbers(seed: seed)
    let bits = TestPNG.channelCount(format.colorType) * format.depth
    let passes = format.interlaced ? TestPNG.passes : [(0, 0, 1, 1)]
    var raw: [UInt8] = []
    for (startX, startY, stepX, stepY) in passes {
      let columns = (width - startX + stepX - 1) / stepX
      for row in stride(from: startY, to: height, by: stepY) where columns > 0 {
        raw.append(filters.number(row / stepY))
        for _ in 0..<(columns * bits + 7) / 8 { raw.append(UInt8(numbers.below(256))) }
      }
    }
    var before: [TestPNG.Chunk] = []
    if format.colorType == 3 {
      before.append(
        .init(type: "PLTE", data: (0..<3 << format.depth).map { _ in UInt8(numbers.below(256)) }))
    }
    if format.transparency {
      let count = format.colorType == 3 ? 1 << format.depth : 2 * TestPNG.channelCount(format.colorType)
      let top = format.colorType == 3 || format.depth > 8 ? 256 : 1 << format.depth
      before.append(
        .init(
          type: "tRNS",
          data: (0..<count).map {
            format.depth <= 8 && format.colorType != 3 && $0 % 2 == 0 ? 0 : UInt8(numbers.below(top))
          }))
    }
    return TestPNG(
      header: TestPNG.header(
        width: width, height: height, depth: format.depth, colorType: format.colorType, interlaced: format.interlaced),
      before: before, pixels: TestPNG.stored(raw))
  }
}
