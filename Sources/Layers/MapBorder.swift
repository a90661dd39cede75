/// How many pixels of zeros the maps of a network carry, so that products read past an edge without a test.
///
/// All maps of a network follow one rule, because one block's output is the next one's input.
public enum MapBorder: Sendable {
  /// One pixel, and none around single pixels: for networks that never read past those.
  case narrow
  /// Two pixels around every map: for kernels of 5x5, and for strided ones on single pixels.
  case wide

  /// Pixels of zeros around a map.
  public func width(side: Int) -> Int {
    switch self {
    case .narrow: side == 1 ? 0 : 1
    case .wide: 2
    }
  }
}
