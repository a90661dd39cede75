internal import CPNG

/// Reads and writes PNG files in memory, by libpng's low-level interface.
public enum PNG {
  /// Version of the libpng that runs, such as `1.6.39`.
  public static var libraryVersion: String { String(cString: cpng_version()) }

  /// What every PNG file begins with.
  ///
  /// Source: W3C, "Portable Network Graphics (PNG) Specification", 5.2.
  public static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Decodes one PNG file to its end, the whole picture; `withRows` is for those that make something smaller of it.
  ///
  /// Palettes and depths below 8 bits are expanded (an index outside the palette is black), 16 bits are scaled to 8 (v x 255 / 65,535, rounded), no gamma is
  /// applied, and alpha is composed: (v x a + background x (255 - a)) / 255, rounded, on 8-bit values. A wrong checksum
  /// refuses the file in any chunk; bytes after the end chunk are not looked at.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - limits: the most that the file may ask for.
  ///   - background: grey level under transparent pixels, 0 to 255.
  ///   - progress: called after every mebibyte or so of decoded samples.
  /// - Returns: the picture, 1 or 3 channels, and what the file was like.
  /// - Throws: `PNGError` when the file is not a whole, sound PNG within the limits.
  public static func decode(
    _ bytes: [UInt8], limits: PNGLimits = .default, background: UInt8 = 0, progress: () -> Void = {}
  ) throws(PNGError) -> DecodedPNG {
    try decode(bytes.span, limits: limits, background: background, progress: progress)
  }

  /// Decodes one PNG file to its end, from borrowed bytes.
  public static func decode(
    _ bytes: Span<UInt8>, limits: PNGLimits = .default, background: UInt8 = 0, progress: () -> Void = {}
  ) throws(PNGError) -> DecodedPNG {
    var picture = cpng_picture()
    bytes.withUnsafeBufferPointer { source in
      withoutActuallyEscaping(progress) { progress in
        withUnsafePointer(to: progress) { context in
          // A C function cannot capture: it is handed the closure's place, which outlives the call.
          cpng_read_telling(
            source.baseAddress, source.count, nativeLimits(limits), background,
            { $0?.assumingMemoryBound(to: (() -> Void).self).pointee() },
            UnsafeMutableRawPointer(mutating: context), &picture)
        }
      }
    }
    defer { cpng_free(picture.pixels) }
    if picture.code != CPNG_OK {
      throw bytes.withUnsafeBufferPointer { error(of: picture, bytes: $0, limits: limits) }
    }
    let image = Image(
      width: Int(picture.width), height: Int(picture.height), channelCount: Int(picture.channels),
      samples: [UInt8](
        UnsafeBufferPointer(
          start: picture.pixels, count: Int(picture.width) * Int(picture.height) * Int(picture.channels))))
    return DecodedPNG(
      image: image, bitDepth: Int(picture.bit_depth), colorType: Int(picture.color_type),
      isInterlaced: picture.interlaced != 0, hasAlpha: picture.has_alpha != 0,
      hasTransparentPixels: picture.transparent != 0)
  }

  /// How hard the encoder works for a small file.
  public enum Effort: Sendable {
    /// As libpng does by itself.
    case usual
    /// A fraction of the time, for a somewhat larger file.
    case little
  }

  /// Encodes a picture as an 8-bit grey or colour PNG file, lossless, without any ancillary chunk.
  public static func encode(_ image: Image, effort: Effort = .usual) -> [UInt8] {
    var file = cpng_file()
    image.samples.withUnsafeBufferPointer {
      cpng_write(
        $0.baseAddress, UInt32(image.width), UInt32(image.height), UInt32(image.channelCount),
        effort == .little ? 1 : 0, &file)
    }
    defer { cpng_free(file.bytes) }
    // Only memory can lack: a picture's sides and channels are always writable.
    precondition(file.code == CPNG_OK, "cannot encode a picture as PNG: \(text(of: file.message))")
    return [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.count))
  }
}

extension PNG {
  /// The limits as the C functions take them.
  static func nativeLimits(_ limits: PNGLimits) -> cpng_limits {
    cpng_limits(maximum_side: UInt32(clamping: limits.maximumSide), maximum_pixels: UInt64(limits.maximumPixels))
  }

  /// What is wrong with a file that the C functions refused.
  static func error(of picture: cpng_picture, bytes: UnsafeBufferPointer<UInt8>, limits: PNGLimits) -> PNGError {
    let reason = reason(of: picture.code)
    return PNGError(
      reason: reason, description: sentence(for: reason, picture: picture, bytes: bytes, limits: limits))
  }

  /// The reason behind a code of the C functions that is not success.
  private static func reason(of code: cpng_code) -> PNGError.Reason {
    switch code {
    case CPNG_EMPTY: .empty
    case CPNG_NOT_PNG: .notPNG
    case CPNG_TRUNCATED: .truncated
    case CPNG_CHECKSUM: .checksum
    case CPNG_INFLATE: .inflate
    case CPNG_HEADER: .header
    case CPNG_TOO_MANY_PIXELS: .tooManyPixels
    case CPNG_TOO_LARGE_SIDE: .tooLargeSide
    case CPNG_NO_MEMORY: .noMemory
    default: .damaged
    }
  }

  /// The sentence for people.
  private static func sentence(
    for reason: PNGError.Reason, picture: cpng_picture, bytes: UnsafeBufferPointer<UInt8>, limits: PNGLimits
  ) -> String {
    let size = "\(picture.width)x\(picture.height)"
    let words = text(of: picture.message)
    switch reason {
    case .empty:
      return "the file is empty, expected a PNG; write it under another name and rename it when it is complete"
    case .notPNG:
      let count = min(bytes.count, 8)
      let found = (0..<count).map { hexadecimal(bytes[$0]) }.joined(separator: " ")
      return "not a PNG: expected to begin with 89 50 4e 47 0d 0a 1a 0a, found \(found); convert it to PNG"
    case .truncated:
      return "the PNG ends after \(bytes.count) bytes, before its end chunk; it was cut off or is still being written"
    case .checksum:
      return "the PNG is damaged: a checksum does not match (\(words)); copy or write the file again"
    case .inflate:
      return "the PNG is damaged: its compressed pixels cannot be read (\(words)); copy or write the file again"
    case .header:
      return "the PNG's header is invalid (\(words)); write the file again with another program"
    case .tooManyPixels:
      return "the picture has \(size) pixels, expected at most \(limits.maximumPixels) in all; "
        + "make it smaller or raise the limit of pixels"
    case .tooLargeSide:
      return "the picture has \(size) pixels, expected at most \(limits.maximumSide) a side; "
        + "make it smaller or raise the limit of the side"
    case .damaged:
      return "the PNG is damaged (\(words)); copy or write the file again"
    case .noMemory:
      return "no memory for the picture of \(size) pixels; lower the limit of pixels or run fewer lanes"
    }
  }

  /// The text in a fixed-size array of C characters, which the C functions always end with 0.
  private static func text<Characters>(of characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Two hexadecimal digits.
  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
