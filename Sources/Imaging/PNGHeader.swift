/// What a PNG file says of its picture before the first pixel.
public struct PNGHeader: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Samples a pixel as they are decoded: 1 for grey files, 3 for colour and palette files, without alpha.
  public let channelCount: Int
  /// Bits a sample (or a palette index) in the file: 1, 2, 4, 8 or 16.
  public let bitDepth: Int
  /// PNG's colour type: 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha.
  public let colorType: Int
  /// Whether the file is interlaced (Adam7).
  public let isInterlaced: Bool
  /// Whether the file has an alpha channel or a transparent colour.
  public let hasAlpha: Bool
}
