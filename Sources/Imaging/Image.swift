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
    precondition(channelCount == 1 || channelCount == 3, "a picture has 1 or 3 channels")
    precondition(samples.count == width * height * channelCount, "a picture has width x height x channels samples")
    self.width = width
    self.height = height
    self.channelCount = channelCount
    self.samples = samples
  }
}
