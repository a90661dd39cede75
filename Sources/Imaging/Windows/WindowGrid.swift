/// The places of the windows that are scored: together they cover every pixel of the plane that is looked at.
///
/// Columns and rows follow each other by the stride; the last of each is moved back to the plane's edge. Windows without
/// a pixel inside the mask are left out. The places come row by row, from left to right.
public struct WindowGrid: Sendable, Equatable {
  /// Side of a window.
  public let side: Int
  /// First columns of the windows, ascending.
  public let columns: [Int]
  /// First rows of the windows, ascending.
  public let rows: [Int]
  /// Numbers of the windows that are not left out, of all from row to row; nil where none is.
  private let chosen: [Int]?

  /// The windows of a plane.
  ///
  /// - Parameters:
  ///   - planeWidth: columns, at least `side`.
  ///   - planeHeight: rows, at least `side`.
  ///   - side: of a window, at least 1.
  ///   - stride: pixels from a window to the next, 1 to `side`.
  ///   - mask: of the plane's sides; nil where all of it is looked at.
  public init(planeWidth: Int, planeHeight: Int, side: Int, stride: Int, mask: PlaneMask? = nil) {
    precondition(side > 0 && planeWidth >= side && planeHeight >= side, "a plane is at least as large as a window")
    precondition((1...side).contains(stride), "windows leave no pixel between them")
    if let mask {
      precondition(mask.width == planeWidth && mask.height == planeHeight, "a mask has the sides of its plane")
    }
    self.side = side
    let columns = Self.starts(length: planeWidth, side: side, stride: stride)
    let rows = Self.starts(length: planeHeight, side: side, stride: stride)
    self.columns = columns
    self.rows = rows
    chosen = mask.map { mask in
      (0..<columns.count * rows.count).filter { number in
        mask.hasInside(
          at: PixelPosition(column: columns[number % columns.count], row: rows[number / columns.count]), side: side)
      }
    }
  }

  /// Most windows of a picture: their scores are held until the last is there.
  public static let mostWindows = 1 << 24

  /// The number of windows of a plane without a mask.
  static func count(planeWidth: Int, planeHeight: Int, side: Int, stride: Int) -> Int {
    ((planeWidth - side + stride - 1) / stride + 1) * ((planeHeight - side + stride - 1) / stride + 1)
  }

  private static func starts(length: Int, side: Int, stride: Int) -> [Int] {
    var starts = Array(Swift.stride(from: 0, through: length - side, by: stride))
    if let last = starts.last, last < length - side { starts.append(length - side) }
    return starts
  }

  /// The number of windows; 0 where the mask has no pixel inside.
  public var count: Int { chosen?.count ?? columns.count * rows.count }

  /// The place of a window's first pixel.
  public subscript(index: Int) -> PixelPosition {
    let number = chosen?[index] ?? index
    return PixelPosition(column: columns[number % columns.count], row: rows[number / columns.count])
  }

  /// All places.
  public var places: [PixelPosition] { (0..<count).map { self[$0] } }
}

extension Image {
  /// A square of the picture.
  ///
  /// - Parameters:
  ///   - place: of its first pixel.
  ///   - side: its side; it lies within the picture.
  public func window(at place: PixelPosition, side: Int) -> Image {
    precondition(
      side > 0 && place.column >= 0 && place.row >= 0 && place.column + side <= width && place.row + side <= height,
      "a window lies within its picture")
    if side == width && side == height { return self }
    var window: [UInt8] = []
    window.reserveCapacity(side * side * channelCount)
    for row in place.row..<place.row + side {
      let start = (row * width + place.column) * channelCount
      window += samples[start..<start + side * channelCount]
    }
    return Image(width: side, height: side, channelCount: channelCount, samples: window)
  }
}
