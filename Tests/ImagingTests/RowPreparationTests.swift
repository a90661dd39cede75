import Imaging
import Testing

/// Pictures prepared while their rows are decoded: the same bits as those of whole pictures.
struct RowPreparationTests {
  static let preparations: [Preparation] = [
    Preparation(size: 1, channelCount: 1), Preparation(size: 16, channelCount: 1),
    Preparation(size: 16, channelCount: 3, alpha: .white), Preparation(size: 32, channelCount: 1, alpha: .white),
    Preparation(size: 24, channelCount: 3, normalisation: .picture),
    Preparation(size: 16, channelCount: 1, normalisation: .picture(spreads: 1.5)),
    Preparation(size: 32, channelCount: 3, normalisation: .logarithm),
    Preparation(size: 7, channelCount: 1, alpha: .white, normalisation: .logarithm(offset: 1, range: 0.5)),
  ]

  /// Smaller, larger, equal to a network's size, along one axis or both; tall, flat and odd.
  static let sizes = [(1, 1), (16, 16), (32, 32), (15, 16), (16, 17), (3, 50), (61, 2), (33, 31), (100, 9), (40, 80)]

  @Test(arguments: PNGDecodingTests.formats)
  func `row by row a picture becomes what it becomes as a whole`(format: PNGDecodingTests.Format) throws {
    for (index, (width, height)) in Self.sizes.enumerated() {
      let bytes = FilteredPNG.file(
        format, width: width, height: height, filters: .inRuns, seed: UInt64(index + format.depth)
      ).bytes
      for preparation in Self.preparations {
        let whole = try WholePicture.prepare(preparation, png: bytes)
        let found = try preparation.prepare(png: bytes)
        #expect(found.picture == whole.picture, "\(width)x\(height), \(preparation)")
        #expect(found.notes == whole.notes, "\(width)x\(height), \(preparation)")
        #expect(found.width == width && found.height == height)
      }
    }
  }

  @Test(arguments: PNGRowsTests.plain, [(700, 263, 32), (263, 700, 64), (1024, 301, 301), (37, 2500, 128)])
  func `pictures of several bands too, shrunk and enlarged`(
    format: PNGDecodingTests.Format, size: (Int, Int, Int)
  ) throws {
    let (width, height, side) = size
    let bytes = FilteredPNG.file(format, width: width, height: height, filters: .inRuns, seed: 6).bytes
    for channelCount in [1, 3] {
      let preparation = Preparation(size: side, channelCount: channelCount)
      let whole = try WholePicture.prepare(preparation, png: bytes)
      #expect(try preparation.prepare(png: bytes).picture == whole.picture, "channels \(channelCount)")
      // And by way of `Image`, as those that have a picture already do it.
      #expect(preparation.prepare(try PNG.decode(bytes).image) == whole.picture)
    }
  }

  @Test func `one decoding feeds several consumers, each row of theirs as soon as it is complete`() throws {
    let format = PNGDecodingTests.Format(colorType: 2, depth: 8, interlaced: false, transparency: false)
    let bytes = FilteredPNG.file(format, width: 90, height: 60, filters: .inTurn, seed: 2).bytes
    let whole = try PNG.decode(bytes).image
    let sizes = [(30, 20), (90, 60), (45, 61), (7, 3)]
    var results = sizes.map { _ in [UInt8]() }
    try PNG.withRows(of: bytes) { rows throws(PNGError) in
      let (width, height) = (rows.header.width, rows.header.height)
      var resamplers = sizes.map {
        RowResampler(sourceWidth: width, sourceHeight: height, channelCount: 3, width: $0.0, height: $0.1)
      }
      var taken = 0
      while try rows.next({ band in
        for start in stride(from: 0, to: band.count, by: 3 * width) {
          taken += 1
          for index in resamplers.indices {
            resamplers[index].take(band.extracting(start..<start + 3 * width)) { row in
              for place in row.indices { results[index].append(row[place]) }
            }
            // A row of a third of the size is complete with every third row.
            if index == 0 { #expect(results[0].count == taken / 3 * 3 * 30) }
          }
        }
      }) {}
    }
    for (size, samples) in zip(sizes, results) {
      #expect(samples == whole.resampled(width: size.0, height: size.1).samples)
    }
  }
}
