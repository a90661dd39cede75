/// A decoded PNG file: its picture and what the file was like.
public struct DecodedPNG: Sendable, Equatable {
  /// The picture: 8 bits, 1 channel for grey files, 3 for colour and palette files, without alpha.
  public let image: Image
  /// Bits a sample (or a palette index) in the file: 1, 2, 4, 8 or 16.
  public let bitDepth: Int
  /// PNG's colour type: 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.
  public let colorType: Int
  /// Whether the file was interlaced (Adam7).
  public let isInterlaced: Bool
  /// Whether the file had an alpha channel or a transparent colour.
  public let hasAlpha: Bool
  /// Whether some pixel was not opaque, so that the background shows in the picture.
  public let hasTransparentPixels: Bool
}
