/// What a PNG file became.
public struct PreparedPNG: Sendable, Equatable {
  /// The picture as the network sees it.
  public let picture: Image
  /// What had to be done to the file's picture.
  public let notes: PreparationNotes
  /// Columns in the file.
  public let width: Int
  /// Rows in the file.
  public let height: Int
}

extension Preparation {
  /// Decodes a PNG file and prepares its picture, row by row: the same bits as decoding it whole and then preparing it.
  ///
  /// Besides the file's bytes a few rows of it and the prepared picture are in memory, whatever its size; of an
  /// interlaced file the whole picture, within the same limits.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - limits: the most that the file may ask for.
  ///   - progress: called after every piece of the work, such as a row of the result.
  /// - Returns: size x size pixels of `channelCount` channels, and what had to be done to the file's picture.
  /// - Throws: `PNGError` when the file is not a whole, sound PNG within the limits.
  public func prepare(
    png bytes: [UInt8], limits: PNGLimits = .default, progress: () -> Void = {}
  ) throws(PNGError) -> PreparedPNG {
    checkSides()
    return try PNG.withRows(
      of: bytes, limits: limits, background: alpha.background, progress: progress
    ) { rows throws(PNGError) in
      let header = rows.header
      let becomesGrey = channelCount == 1 && header.channelCount == 3
      let channels = becomesGrey ? 1 : header.channelCount
      var grey = [UInt8](repeating: 0, count: becomesGrey ? header.width : 0)
      var resampler = RowResampler(
        sourceWidth: header.width, sourceHeight: header.height,
        channelCount: channels, width: size, height: size)
      var samples: [UInt8] = []
      samples.reserveCapacity(size * size * channels)
      func keep(_ row: Span<UInt8>) {
        row.withUnsafeBufferPointer { samples.append(contentsOf: $0) }
        progress()
      }
      let stride = header.width * header.channelCount
      func take(_ band: Span<UInt8>) {
        for start in Swift.stride(from: 0, to: band.count, by: stride) {
          let row = band.extracting(start..<start + stride)
          if becomesGrey {
            Image.convertToGrey(row, into: &grey)
            resampler.take(grey.span, keep)
          } else {
            resampler.take(row, keep)
          }
        }
      }
      while try rows.next(progress: progress, take) {}
      return PreparedPNG(
        picture: finish(Image(width: size, height: size, channelCount: channels, samples: samples)),
        notes: notes(for: header, hasTransparentPixels: rows.hasTransparentPixels), width: header.width,
        height: header.height)
    }
  }

  /// What preparing a file does to it, for callers that tell each once.
  private func notes(for header: PNGHeader, hasTransparentPixels: Bool) -> PreparationNotes {
    var notes: PreparationNotes = []
    if hasTransparentPixels { notes.insert(.alphaComposed) }
    if header.bitDepth == 16 { notes.insert(.depthReduced) }
    if header.channelCount < channelCount { notes.insert(.greyRepeated) }
    if header.channelCount > channelCount { notes.insert(.colorConverted) }
    if header.width < size || header.height < size { notes.insert(.enlarged) }
    if header.width > size || header.height > size { notes.insert(.shrunk) }
    if header.width != header.height { notes.insert(.stretched) }
    return notes
  }
}
