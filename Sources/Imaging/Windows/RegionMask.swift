/// Which pixels of a picture are looked at: drawn by the user on a picture of the camera.
public struct RegionMask: Sendable, Equatable {
  /// Most pixels of a mask: those of the largest picture within the usual limits.
  public static let maximumPixels = 100_000_000

  /// Columns, as many as the pictures have.
  public let width: Int
  /// Rows, as many as the pictures have.
  public let height: Int
  /// `height * width` values, rows top to bottom: 1 inside, 0 outside.
  public let samples: [UInt8]
  /// The smallest rectangle around the inside.
  public let box: PixelBox
  /// Pixels inside, at least 1.
  public let insideCount: Int

  /// A mask from its pixels; nil where none is inside.
  ///
  /// - Parameter samples: `height * width` values, rows top to bottom; inside is what is not 0.
  public init?(width: Int, height: Int, samples: [UInt8]) {
    precondition(width > 0 && height > 0, "a mask has at least one pixel")
    precondition(samples.count == width * height, "a mask has width x height values")
    var (left, right, top, bottom, count) = (width, -1, height, -1, 0)
    for row in 0..<height {
      let values = samples[row * width..<(row + 1) * width]
      guard let first = values.firstIndex(where: { $0 != 0 }), let last = values.lastIndex(where: { $0 != 0 }) else {
        continue
      }
      left = min(left, first - values.startIndex)
      right = max(right, last - values.startIndex)
      top = min(top, row)
      bottom = row
      count += values.count { $0 != 0 }
    }
    guard count > 0 else { return nil }
    self.width = width
    self.height = height
    self.samples = samples.allSatisfy { $0 <= 1 } ? samples : samples.map { $0 == 0 ? 0 : 1 }
    box = PixelBox(x: left, y: top, width: right + 1 - left, height: bottom + 1 - top)
    insideCount = count
  }

  /// A mask drawn as a picture: a pixel is inside where any of its samples is not 0; nil where none is.
  ///
  /// - Parameter image: 1 or 3 channels. Colours are not made grey first: a dark blue would become 0.
  public init?(_ image: Image) {
    let samples = image.samples
    self.init(
      width: image.width, height: image.height,
      samples: image.channelCount == 1
        ? samples
        : (0..<image.width * image.height).map {
          samples[3 * $0] | samples[3 * $0 + 1] | samples[3 * $0 + 2]
        })
  }

  /// A mask from a PNG file: inside is what is not black; transparent pixels are outside.
  ///
  /// - Parameter bytes: the whole file.
  /// - Throws: `RegionMaskError` where it gives no mask.
  public init(png bytes: [UInt8]) throws(RegionMaskError) {
    let decoded: DecodedPNG
    do throws(PNGError) {
      decoded = try PNG.decode(bytes, limits: PNGLimits(maximumPixels: Self.maximumPixels))
    } catch {
      throw .png(error)
    }
    // Scaled to 8 bits, the values up to 128 would be 0: the inside would shrink without a word.
    guard decoded.bitDepth <= 8 else { throw .depth(found: decoded.bitDepth) }
    guard let mask = RegionMask(decoded.image) else { throw .empty }
    self = mask
  }

  /// Whether a pixel is inside; none outside the mask's sides is.
  public func contains(_ pixel: PixelPosition) -> Bool {
    (0..<width).contains(pixel.column) && (0..<height).contains(pixel.row)
      && samples[pixel.row * width + pixel.column] != 0
  }
}

/// A file that gives no mask.
public enum RegionMaskError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It is no PNG, damaged, or over a limit.
  case png(PNGError)
  /// It has more bits a sample than can be told apart here.
  case depth(found: Int)
  /// All its pixels are black.
  case empty

  /// One sentence, without the file's name.
  public var description: String {
    switch self {
    case .png(let error): error.description
    case .depth(let found):
      "the mask has \(found) bits a sample, expected at most 8; convert it, so that the inside stays above 0"
    case .empty: "the mask is black all over, expected other pixels where the picture is to be looked at"
    }
  }
}
