private import Tensors

/// The places of the windows that are scored: together they show every pixel of the plane that is looked at.
///
/// Columns and rows follow each other by the stride; the last of each is moved back to the plane's edge. Where the score
/// leaves out a margin of each window, windows reach that far over the plane's edges, and every pixel lies in what the
/// margin leaves of at least one. Windows that have no pixel inside the mask there are left out. The places come row by
/// row, from left to right.
public struct WindowGrid: Sendable, Equatable {
  /// Side of a window.
  public let side: Int
  /// Pixels at each edge of a window that are not counted on, and by which windows reach over the plane's edges.
  public let margin: Int
  /// First columns of the windows, ascending, from -margin.
  public let columns: [Int]
  /// First rows of the windows, ascending, from -margin.
  public let rows: [Int]
  /// Numbers of the windows that are not left out, of all from row to row; nil where none is.
  private let chosen: [Int]?

  /// The windows of a plane.
  ///
  /// - Parameters:
  ///   - planeWidth: columns, at least `side`.
  ///   - planeHeight: rows, at least `side`.
  ///   - side: of a window, at least 1.
  ///   - stride: pixels from a window to the next, 1 to `side - 2 * margin`.
  ///   - margin: pixels at each edge of a window that the score leaves out, less than half of its side.
  ///   - mask: of the plane's sides; nil where all of it is looked at.
  public init(planeWidth: Int, planeHeight: Int, side: Int, stride: Int, margin: Int = 0, mask: PlaneMask? = nil) {
    precondition(side > 0 && planeWidth >= side && planeHeight >= side, "a plane is at least as large as a window")
    precondition(margin >= 0 && 2 * margin < side, "a margin leaves something of a window")
    precondition((1...side - 2 * margin).contains(stride), "windows leave no pixel between them")
    if let mask {
      precondition(mask.width == planeWidth && mask.height == planeHeight, "a mask has the sides of its plane")
    }
    self.side = side
    self.margin = margin
    // What the margin leaves of the windows covers the plane as smaller windows would.
    let core = side - 2 * margin
    let columns = Self.starts(length: planeWidth, side: core, stride: stride).map { $0 - margin }
    let rows = Self.starts(length: planeHeight, side: core, stride: stride).map { $0 - margin }
    self.columns = columns
    self.rows = rows
    chosen = mask.map { mask in
      (0..<columns.count * rows.count).filter { number in
        let (column, row) = (columns[number % columns.count], rows[number / columns.count])
        return mask.hasInside(at: PixelPosition(column: column + margin, row: row + margin), side: core)
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

  /// The place of a window's first pixel, which may lie before the plane's first by the margin.
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
  ///   - place: of its first pixel; where the square reaches past the edges the picture is mirrored (`Mirror`).
  ///   - side: its side, at least 1.
  public func window(at place: PixelPosition, side: Int) -> Image {
    precondition(side > 0, "a window has at least one pixel")
    let isWithin = place.column >= 0 && place.column + side <= width
    if isWithin && side == width && side == height && place.row == 0 { return self }
    var window: [UInt8] = []
    window.reserveCapacity(side * side * channelCount)
    for row in place.row..<place.row + side {
      let start = Mirror.index(row, count: height) * width * channelCount
      if isWithin {
        let first = start + place.column * channelCount
        window += samples[first..<first + side * channelCount]
      } else {
        for column in place.column..<place.column + side {
          let first = start + Mirror.index(column, count: width) * channelCount
          window += samples[first..<first + channelCount]
        }
      }
    }
    return Image(width: side, height: side, channelCount: channelCount, samples: window)
  }
}
