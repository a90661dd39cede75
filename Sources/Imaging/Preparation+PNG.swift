/// What a PNG file became.
public struct PreparedPNG: Sendable, Equatable {
  /// The picture as the network sees it: a square, or the plane of its windows.
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
  /// - Returns: the plane, or size x size pixels where there are no windows, of `channelCount` channels, and what had to be
  ///   done to the file's picture.
  /// - Throws: `PreparationFailure` when the file is not a whole, sound PNG within the limits, or its picture has sides
  ///   that the preparation does not take.
  public func prepare(
    png bytes: [UInt8], limits: PNGLimits = .default, progress: () -> Void = {}
  ) throws(PreparationFailure) -> PreparedPNG {
    checkSides()
    let prepared: Result<PreparedPNG, PreparationFailure>
    do throws(PNGError) {
      prepared = try PNG.withRows(
        of: bytes, limits: limits, background: alpha.background, progress: progress
      ) { rows throws(PNGError) in
        let geometry: PictureGeometry
        do throws(PreparationFailure) {
          geometry = try self.geometry(width: rows.header.width, height: rows.header.height)
        } catch {
          // Said only when the rest has been read: a damaged file is a damaged file first.
          return .failure(error)
        }
        return .success(try picture(of: &rows, geometry, progress: progress))
      }
    } catch {
      throw .png(error)
    }
    return try prepared.get()
  }

  private func picture(
    of rows: inout PNGRows, _ geometry: PictureGeometry, progress: () -> Void
  ) throws(PNGError) -> PreparedPNG {
    let header = rows.header
    var maker = PlaneMaker(self, geometry, channelCount: header.channelCount)
    let stride = header.width * header.channelCount
    func take(_ band: Span<UInt8>) {
      for start in Swift.stride(from: 0, to: band.count, by: stride) {
        maker.take(band.extracting(start..<start + stride), progress: progress)
      }
    }
    while try rows.next(progress: progress, take) {}
    return PreparedPNG(
      picture: maker.finish(), notes: notes(for: header, geometry, hasTransparentPixels: rows.hasTransparentPixels),
      width: header.width, height: header.height)
  }

  /// What preparing a file does to it, for callers that tell each once.
  private func notes(
    for header: PNGHeader, _ geometry: PictureGeometry, hasTransparentPixels: Bool
  ) -> PreparationNotes {
    var notes: PreparationNotes = []
    if hasTransparentPixels { notes.insert(.alphaComposed) }
    if header.bitDepth == 16 { notes.insert(.depthReduced) }
    if header.channelCount < channelCount { notes.insert(.greyRepeated) }
    if header.channelCount > channelCount { notes.insert(.colorConverted) }
    if let windows {
      if windows.scale < 1 { notes.insert(.scaled) }
      if geometry.planeWidth > geometry.contentWidth || geometry.planeHeight > geometry.contentHeight {
        notes.insert(.padded)
      }
      return notes
    }
    if header.width < size || header.height < size { notes.insert(.enlarged) }
    if header.width > size || header.height > size { notes.insert(.shrunk) }
    if header.width != header.height { notes.insert(.stretched) }
    return notes
  }
}
