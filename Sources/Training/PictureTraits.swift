public import Imaging

/// What is known of a picture without the picture itself: enough to notice constant and nearly equal ones.
public struct PictureTraits: Sendable, Equatable {
  /// Side of the thumbnail in pixels.
  public static let side = 16

  /// The picture in grey, `side` x `side` samples.
  public let thumbnail: [UInt8]
  /// The largest difference between two samples of a channel, of the picture itself.
  public let range: Int

  /// The traits of a prepared picture.
  public init(of picture: Image) {
    thumbnail = picture.convertedToGrey().resampled(width: Self.side, height: Self.side).samples
    var widest = 0
    for channel in 0..<picture.channelCount {
      var (least, most) = (UInt8.max, UInt8.min)
      for index in stride(from: channel, to: picture.samples.count, by: picture.channelCount) {
        least = min(least, picture.samples[index])
        most = max(most, picture.samples[index])
      }
      widest = max(widest, Int(most) - Int(least))
    }
    range = widest
  }
}
