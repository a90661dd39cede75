private import CPNG

/// The rows of a PNG file, decoded while they are asked for, top to bottom: a few of them are in memory at a time.
///
/// Whatever is made of them takes them band by band: the resampler of a whole picture, or several consumers that share
/// one decoding. An interlaced file is decoded whole, within the same limits, and comes as one band. The last band
/// comes only when the file was sound to its end.
public struct PNGRows: ~Copyable {
  /// What the file says of its picture.
  public let header: PNGHeader
  /// Rows that were handed out.
  public private(set) var rowCount = 0

  private let rows: OpaquePointer
  private let source: UnsafeBufferPointer<UInt8>
  private let limits: PNGLimits

  /// Reads a file up to its first pixels.
  ///
  /// - Parameters:
  ///   - source: the whole file; must outlive this value.
  ///   - limits: the most that the file may ask for.
  ///   - background: grey level under transparent pixels, 0 to 255.
  /// - Throws: `PNGError` when what was read is not a sound PNG within the limits.
  init(_ source: UnsafeBufferPointer<UInt8>, limits: PNGLimits, background: UInt8) throws(PNGError) {
    let opened = cpng_rows_open(
      source.baseAddress, source.count, PNG.nativeLimits(limits), background, CPNG_ROAD_STREAM)
    guard let opened else {
      var picture = cpng_picture()
      picture.code = CPNG_NO_MEMORY
      throw PNG.error(of: picture, bytes: source, limits: limits)
    }
    let picture = cpng_rows_picture(opened).pointee
    guard picture.code == CPNG_OK else {
      cpng_rows_close(opened)
      throw PNG.error(of: picture, bytes: source, limits: limits)
    }
    rows = opened
    self.source = source
    self.limits = limits
    header = PNGHeader(
      width: Int(picture.width), height: Int(picture.height), channelCount: Int(picture.channels),
      bitDepth: Int(picture.bit_depth), colorType: Int(picture.color_type), isInterlaced: picture.interlaced != 0,
      hasAlpha: picture.has_alpha != 0)
  }

  deinit { cpng_rows_close(rows) }

  /// Whether some pixel so far was not opaque, so that the background shows.
  public var hasTransparentPixels: Bool { cpng_rows_picture(rows).pointee.transparent != 0 }

  /// Decodes the next rows and hands them to a consumer.
  ///
  /// - Parameters:
  ///   - progress: called after every mebibyte or so of decoded samples.
  ///   - body: takes whole rows, width x channels samples each, as many as fit into the cache; at least one.
  /// - Returns: whether there were rows; false behind the last one.
  /// - Throws: `PNGError` when the file is not sound; nothing comes out of it afterwards.
  public mutating func next(
    progress: () -> Void = {}, _ body: (_ band: Span<UInt8>) -> Void
  ) throws(PNGError) -> Bool {
    var count: UInt32 = 0
    let samples = withoutActuallyEscaping(progress) { progress in
      withUnsafePointer(to: progress) { context in
        // A C function cannot capture: it is handed the closure's place, which outlives the call.
        cpng_rows_next(
          rows, { $0?.assumingMemoryBound(to: (() -> Void).self).pointee() },
          UnsafeMutableRawPointer(mutating: context),
          &count)
      }
    }
    guard let samples else {
      let picture = cpng_rows_picture(rows).pointee
      if picture.code != CPNG_OK { throw PNG.error(of: picture, bytes: source, limits: limits) }
      return false
    }
    rowCount += Int(count)
    body(UnsafeBufferPointer(start: samples, count: Int(count) * header.width * header.channelCount).span)
    return true
  }
}

extension PNG {
  /// Reads the rows of a PNG file from its first to its last.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - limits: the most that the file may ask for.
  ///   - background: grey level under transparent pixels, 0 to 255.
  ///   - progress: called after every mebibyte or so of decoded samples that `body` leaves.
  ///   - body: asks for rows; those that it leaves are decoded after it, so that a file is sound whatever it leaves.
  /// - Returns: what `body` returns.
  /// - Throws: `PNGError` when the file is not a whole, sound PNG within the limits.
  public static func withRows<Result>(
    of bytes: [UInt8], limits: PNGLimits = .default, background: UInt8 = 0, progress: () -> Void = {},
    _ body: (inout PNGRows) throws(PNGError) -> Result
  ) throws(PNGError) -> Result {
    // `withUnsafeBufferPointer` of a span keeps the type of what is thrown.
    try bytes.span.withUnsafeBufferPointer { source throws(PNGError) in
      var rows = try PNGRows(source, limits: limits, background: background)
      let result = try body(&rows)
      while try rows.next(progress: progress, { _ in }) {}
      return result
    }
  }
}
