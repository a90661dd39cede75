private import Glibc

/// A batch of pictures inside the network: [image, row, column, channel], channels contiguous, with a border of zeros.
///
/// The border lets a convolution read past the edge without a copy or a test: layers write the inside only, so it stays
/// zero for ever. Sendable as `FloatBuffer` is: threads of one parallel region write disjoint images.
public final class FeatureMap: @unchecked Sendable {
  /// Pictures it has room for.
  public let imageCount: Int
  /// Side of the square map in pixels, border excluded.
  public let side: Int
  /// Channels a pixel.
  public let channelCount: Int
  /// Pixels of zeros on each side.
  public let border: Int
  /// Floats, border included.
  let count: Int
  let base: UnsafeMutablePointer<Float>

  /// A map of zeros.
  public init(imageCount: Int, side: Int, channelCount: Int, border: Int = 1) {
    precondition(imageCount > 0 && side > 0 && channelCount > 0 && border >= 0, "a map has at least one value")
    self.imageCount = imageCount
    self.side = side
    self.channelCount = channelCount
    self.border = border
    self.count = imageCount * (side + 2 * border) * (side + 2 * border) * channelCount
    self.base = allocateFloats(count)
  }

  deinit { free(base) }

  /// Floats between a pixel and the one below it.
  public var rowStride: Int { (side + 2 * border) * channelCount }
  /// Floats between a picture and the next.
  public var imageStride: Int { (side + 2 * border) * rowStride }
  /// Values of one picture, border excluded.
  public var valuesPerImage: Int { side * side * channelCount }

  /// Where a pixel's channels begin, in floats; row and column may lie in the border.
  public func offset(image: Int, row: Int, column: Int) -> Int {
    image * imageStride + (row + border) * rowStride + (column + border) * channelCount
  }

  /// First float of a row's inside: `side * channelCount` contiguous floats.
  func row(_ row: Int, ofImage image: Int) -> UnsafeMutablePointer<Float> {
    base + offset(image: image, row: row, column: 0)
  }

  /// The inside of one picture, row by row: [row, column, channel].
  public func values(ofImage image: Int) -> [Float] {
    precondition(image >= 0 && image < imageCount, "no such picture in the map")
    return Array(unsafeUninitializedCapacity: valuesPerImage) { buffer, written in
      let length = side * channelCount
      for row in 0..<side {
        (buffer.baseAddress! + row * length).initialize(from: self.row(row, ofImage: image), count: length)
      }
      written = valuesPerImage
    }
  }

  /// Overwrites the inside of one picture: [row, column, channel].
  public func setValues(_ values: [Float], ofImage image: Int) {
    precondition(image >= 0 && image < imageCount, "no such picture in the map")
    precondition(values.count == valuesPerImage, "a picture takes as many values as it has")
    let length = side * channelCount
    values.withUnsafeBufferPointer { source in
      for row in 0..<side {
        self.row(row, ofImage: image).update(from: source.baseAddress! + row * length, count: length)
      }
    }
  }

  /// Overwrites the inside of one picture with network input made of 8-bit samples: Float(sample) / 127.5 - 1.
  ///
  /// - Parameter samples: `valuesPerImage` samples, [row, column, channel].
  public func setSamples(_ samples: [UInt8], ofImage image: Int) {
    precondition(image >= 0 && image < imageCount, "no such picture in the map")
    precondition(samples.count == valuesPerImage, "a picture takes as many samples as it has values")
    let length = side * channelCount
    samples.withUnsafeBufferPointer { source in
      for row in 0..<side {
        let target = self.row(row, ofImage: image)
        for index in 0..<length { target[index] = Float(source[row * length + index]) / 127.5 - 1 }
      }
    }
  }
}
