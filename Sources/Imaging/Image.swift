/// An 8-bit picture: interleaved samples, rows top to bottom.
public struct Image: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Samples a pixel: 1 (grey) or 3 (red, green, blue).
  public let channelCount: Int
  /// `height * width * channelCount` samples, 0 to 255.
  public var samples: [UInt8]

  /// A picture from its samples.
  public init(width: Int, height: Int, channelCount: Int, samples: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture has at least one pixel")
    precondition(channelCount == 1 || channelCount == 3, "a picture has 1 or 3 channels")
    precondition(samples.count == width * height * channelCount, "a picture has width x height x channels samples")
    self.width = width
    self.height = height
    self.channelCount = channelCount
    self.samples = samples
  }

  /// A picture of one level.
  public init(width: Int, height: Int, channelCount: Int, level: UInt8) {
    self.init(
      width: width, height: height, channelCount: channelCount,
      samples: [UInt8](repeating: level, count: width * height * channelCount))
  }

  /// The sample at a column, row and channel.
  public subscript(column: Int, row: Int, channel: Int = 0) -> UInt8 {
    samples[(row * width + column) * channelCount + channel]
  }
}
