/// The most that a PNG file may ask for; checked on its header, before pixels are allocated.
public struct PNGLimits: Sendable, Equatable {
  /// Largest width and largest height in pixels.
  public var maximumSide: Int
  /// Largest width times height in pixels; a picture that is decoded whole takes at most four bytes for each.
  public var maximumPixels: Int

  /// Limits with the given values; the defaults are those of the daemon's settings.
  public init(maximumSide: Int = 32_768, maximumPixels: Int = 100_000_000) {
    precondition(maximumSide > 0 && maximumPixels > 0, "limits of a picture are positive")
    self.maximumSide = maximumSide
    self.maximumPixels = maximumPixels
  }

  /// 32,768 pixels a side, 100 million pixels.
  public static let `default` = PNGLimits()
}
