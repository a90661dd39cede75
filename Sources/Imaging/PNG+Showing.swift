/// A file's picture as people look at it: the whole of it smaller, and a part as it is.
public struct ShownPicture: Sendable, Equatable {
  /// Columns in the file.
  public let width: Int
  /// Rows in the file.
  public let height: Int
  /// The whole picture, at the file's size or smaller; colours as the file shows them.
  public let whole: Image
  /// A part in the file's own pixels; nil where none was asked for.
  public let part: Image?
  /// Where the part is; nil where there is none.
  public let partBox: PixelBox?

  /// A picture from its parts.
  ///
  /// - Parameters:
  ///   - part: a part in the file's own pixels, and where it is.
  public init(width: Int, height: Int, whole: Image, part: (image: Image, box: PixelBox)? = nil) {
    self.width = width
    self.height = height
    self.whole = whole
    self.part = part?.image
    partBox = part?.box
  }
}

extension PNG {
  /// Decodes a file row by row for people to look at: neither memory nor result grow with it beyond what is asked for.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - limits: the most that the file may ask for.
  ///   - background: grey level under transparent pixels, 0 to 255.
  ///   - reduction: of a width and a height, how many pixels become one across and down; 1 at least.
  ///   - part: what is wanted in the file's own pixels; what reaches past its sides is cut off.
  ///   - progress: called after every piece of the work.
  /// - Throws: `PNGError` when the file is not a whole, sound PNG within the limits.
  public static func shown(
    _ bytes: [UInt8], limits: PNGLimits = .default, background: UInt8 = 0,
    reduction: (_ width: Int, _ height: Int) -> Int, part: PixelBox? = nil, progress: () -> Void = {}
  ) throws(PNGError) -> ShownPicture {
    try withRows(of: bytes, limits: limits, background: background, progress: progress) { rows throws(PNGError) in
      let header = rows.header
      let factor = max(1, reduction(header.width, header.height))
      let channels = header.channelCount
      let (width, height) = ((header.width + factor - 1) / factor, (header.height + factor - 1) / factor)
      var resampler = RowResampler(
        sourceWidth: header.width, sourceHeight: header.height, channelCount: channels, width: width, height: height)
      var whole: [UInt8] = []
      whole.reserveCapacity(width * height * channels)
      let box = part.flatMap { $0.clipped(width: header.width, height: header.height) }
      var cut: [UInt8] = []
      var row = 0
      let stride = header.width * channels
      func take(_ band: Span<UInt8>) {
        for start in Swift.stride(from: 0, to: band.count, by: stride) {
          let line = band.extracting(start..<start + stride)
          resampler.take(line) { done in done.withUnsafeBufferPointer { whole.append(contentsOf: $0) } }
          if let box, row >= box.y, row < box.y + box.height {
            let columns = line.extracting(box.x * channels..<(box.x + box.width) * channels)
            columns.withUnsafeBufferPointer { cut.append(contentsOf: $0) }
          }
          row += 1
        }
        progress()
      }
      while try rows.next(progress: progress, take) {}
      return ShownPicture(
        width: header.width, height: header.height,
        whole: Image(width: width, height: height, channelCount: channels, samples: whole),
        part: box.map { box in
          (Image(width: box.width, height: box.height, channelCount: channels, samples: cut), box)
        })
    }
  }
}

extension PixelBox {
  /// What of the box lies in a picture; nil where nothing does.
  ///
  /// - Parameters:
  ///   - width: the picture's columns.
  ///   - height: the picture's rows.
  public func clipped(width: Int, height: Int) -> PixelBox? {
    let (left, top) = (max(0, x), max(0, y))
    let (right, bottom) = (min(width, x + self.width), min(height, y + self.height))
    guard left < right, top < bottom else { return nil }
    return PixelBox(x: left, y: top, width: right - left, height: bottom - top)
  }
}
