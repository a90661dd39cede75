/// A rectangle of pixels, such as the sidecars and the journal name it: x, y, width, height.
public struct PixelBox: Sendable, Hashable {
  /// Its first column, counted from 0.
  public let x: Int
  /// Its first row, counted from 0 at the top.
  public let y: Int
  /// Columns, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int

  /// A rectangle; it may reach past a picture's sides.
  public init(x: Int, y: Int, width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a box has at least one pixel")
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// As sidecars, the journal and options write it: `x,y,width,height`.
  public var text: String { "\(x),\(y),\(width),\(height)" }

  /// A rectangle from such a text: whole numbers without signs or leading zeros, the sides above 0; nil where it is none.
  public init?(text: String) {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { word in Int(word).flatMap { "\($0)" == word && $0 >= 0 ? $0 : nil } }
    guard numbers.count == 4, words.count == 4, numbers[2] > 0, numbers[3] > 0,
      !numbers[0].addingReportingOverflow(numbers[2]).overflow, !numbers[1].addingReportingOverflow(numbers[3]).overflow
    else { return nil }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// Whether a pixel lies in it.
  public func contains(_ pixel: PixelPosition) -> Bool {
    pixel.column >= x && pixel.column - x < width && pixel.row >= y && pixel.row - y < height
  }

  /// Whether all of another rectangle lies in it.
  func contains(_ other: PixelBox) -> Bool {
    other.x >= x && other.y >= y && other.x + other.width <= x + width && other.y + other.height <= y + height
  }

  /// The smallest rectangle around both.
  func union(_ other: PixelBox) -> PixelBox {
    let (left, top) = (min(x, other.x), min(y, other.y))
    return PixelBox(
      x: left, y: top, width: max(x + width, other.x + other.width) - left,
      height: max(y + height, other.y + other.height) - top)
  }
}

/// A pixel's place in a picture, or a window's, which may begin before the picture's edges.
public struct PixelPosition: Sendable, Hashable {
  /// The column, counted from 0.
  public let column: Int
  /// The row, counted from 0 at the top.
  public let row: Int

  /// A place from its parts.
  public init(column: Int, row: Int) {
    self.column = column
    self.row = row
  }
}
