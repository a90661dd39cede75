public import Imaging

/// How anomalous each part of a picture is, filled window by window.
///
/// A cell stands for 2 x 2 pixels of the plane (`PictureGeometry.cellSide`). Its value is the largest, over the windows
/// that cover it and over its pixels inside the mask, of s * sqrt(r / largest r of the window): s is the window's score, r
/// the smoothed difference of picture and reconstruction at the pixel. The root keeps the middle of a defect whose edge
/// differs most (0029). Where s is not above 0, or the window has no difference,
/// it is s. Where all terms of the score leave out a margin of the window, so does the map: neither differences nor cells
/// there count. What of a window lies past the plane's edges is left out as well. So the map's largest value is the
/// highest score of a window. Cells outside the mask are at most as high as any other: the lowest score of a
/// window, or 0 where that is lower.
public struct WindowMap: Sendable {
  /// The scores of the windows so far, in their order.
  public private(set) var windowScores: [Float] = []
  /// The place of the window with the highest score so far, of equal ones the first; nil where none is a number.
  public private(set) var strongestWindow: PixelPosition?
  private var strongest = -Float.infinity
  private let planeWidth: Int
  private let width: Int
  private let height: Int
  private let planeHeight: Int
  private let mask: PlaneMask?
  private let margin: Int
  /// Nothing has come to a cell yet where it is -infinity.
  private var cells: [Float]

  /// The map of a plane.
  ///
  /// - Parameters:
  ///   - planeWidth: columns.
  ///   - planeHeight: rows.
  ///   - mask: of the plane's sides; nil where all of it is looked at.
  ///   - margin: pixels at each edge of a window that no term of the score sees.
  public init(planeWidth: Int, planeHeight: Int, mask: PlaneMask?, margin: Int = 0) {
    precondition(margin >= 0, "a margin is 0 or more pixels")
    if let mask {
      precondition(mask.width == planeWidth && mask.height == planeHeight, "a mask has the sides of its plane")
    }
    let side = PictureGeometry.cellSide
    self.planeWidth = planeWidth
    self.planeHeight = planeHeight
    self.mask = mask
    self.margin = margin
    width = (planeWidth + side - 1) / side
    height = (planeHeight + side - 1) / side
    cells = [Float](repeating: -.infinity, count: width * height)
  }

  /// Adds a window.
  ///
  /// - Parameters:
  ///   - score: the window's.
  ///   - residual: `side * side` smoothed differences, row by row, none below 0.
  ///   - side: of the window, of which the margin leaves something that lies within the plane.
  ///   - place: of its first pixel.
  public mutating func add(_ score: Float, _ residual: [Float], side: Int, at place: PixelPosition) {
    precondition(residual.count == side * side, "a difference for each pixel")
    windowScores.append(score)
    guard score.isFinite else { return }
    if score > strongest || strongestWindow == nil { (strongest, strongestWindow) = (score, place) }
    let (rows, columns) = (seen(place.row, side, planeHeight), seen(place.column, side, planeWidth))
    let largest = largestDifference(residual, side, place, rows, columns) ?? 0
    let isFlat = score <= 0 || !(largest > 0) || !largest.isFinite
    for row in cellRange(rows, from: place.row) {
      for column in cellRange(columns, from: place.column) {
        guard
          let difference = largestDifference(
            residual, side, place, pixels(ofCell: row, rows, place.row), pixels(ofCell: column, columns, place.column))
        else { continue }
        // The root of the largest is the largest of the roots, to the last bit: both operations are monotone.
        let value = isFlat ? score : score * (difference / largest).squareRoot()
        let cell = row * width + column
        if value > cells[cell] { cells[cell] = value }
      }
    }
  }

  /// The cells with pixels in a range that is counted from a window's first pixel.
  private func cellRange(_ range: Range<Int>, from place: Int) -> ClosedRange<Int> {
    (place + range.lowerBound) / PictureGeometry.cellSide...(place + range.upperBound - 1) / PictureGeometry.cellSide
  }

  /// A cell's pixels in such a range.
  private func pixels(ofCell cell: Int, _ range: Range<Int>, _ place: Int) -> Range<Int> {
    let first = cell * PictureGeometry.cellSide - place
    return max(range.lowerBound, first)..<min(range.upperBound, first + PictureGeometry.cellSide)
  }

  /// What is seen of a window along an axis, counted from its first pixel: inside the margin, and within the plane.
  private func seen(_ place: Int, _ side: Int, _ length: Int) -> Range<Int> {
    let (first, end) = (max(margin, -place), min(side - margin, length - place))
    precondition(first < end, "something of a window lies within its plane")
    return first..<end
  }

  /// The largest difference among the rows and columns of a window, inside the mask; nil where nothing is inside.
  private func largestDifference(
    _ residual: [Float], _ side: Int, _ place: PixelPosition, _ rows: Range<Int>, _ columns: Range<Int>
  ) -> Float? {
    // None is below 0.
    var largest: Float = -1
    for row in rows {
      let start = (place.row + row) * planeWidth + place.column
      for column in columns {
        if let mask, mask.samples[start + column] == 0 { continue }
        let difference = residual[row * side + column]
        if difference > largest { largest = difference }
      }
    }
    return largest < 0 ? nil : largest
  }

  /// The map; nil where a window's score is no finite number, or there was none.
  public var finished: ScoreMap? {
    guard let lowest = windowScores.min(), windowScores.allSatisfy(\.isFinite) else { return nil }
    let outside = min(0, lowest)
    return ScoreMap(width: width, height: height, scores: cells.map { $0 == -.infinity ? outside : $0 })
  }
}
