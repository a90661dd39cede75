public import Imaging

/// How anomalous each part of a picture is, filled window by window.
///
/// A cell stands for 2 x 2 pixels of the plane (`PictureGeometry.cellSide`). Its value is the largest, over the windows
/// that cover it and over its pixels inside the mask, of s * sqrt(r / largest r of the window): s is the window's score, r
/// the smoothed difference of picture and reconstruction at the pixel. The root keeps the middle of a defect whose edge
/// differs most (0029). Where s is not above 0, or the window has no difference,
/// it is s. So the map's largest value is the highest score of a window. Cells outside the mask are at most as high as any
/// other: the lowest score of a window, or 0 where that is lower.
public struct WindowMap: Sendable {
  /// The scores of the windows so far, in their order.
  public private(set) var windowScores: [Float] = []
  /// The place of the window with the highest score so far, of equal ones the first; nil where none is a number.
  public private(set) var strongestWindow: PixelPosition?
  private var strongest = -Float.infinity
  private let planeWidth: Int
  private let width: Int
  private let height: Int
  private let mask: PlaneMask?
  /// Nothing has come to a cell yet where it is -infinity.
  private var cells: [Float]

  /// The map of a plane.
  ///
  /// - Parameter mask: of the plane's sides; nil where all of it is looked at.
  public init(planeWidth: Int, planeHeight: Int, mask: PlaneMask?) {
    if let mask {
      precondition(mask.width == planeWidth && mask.height == planeHeight, "a mask has the sides of its plane")
    }
    let side = PictureGeometry.cellSide
    self.planeWidth = planeWidth
    self.mask = mask
    width = (planeWidth + side - 1) / side
    height = (planeHeight + side - 1) / side
    cells = [Float](repeating: -.infinity, count: width * height)
  }

  /// Adds a window.
  ///
  /// - Parameters:
  ///   - score: the window's.
  ///   - residual: `side * side` smoothed differences, row by row, none below 0.
  ///   - side: of the window, which lies within the plane.
  ///   - place: of its first pixel.
  public mutating func add(_ score: Float, _ residual: [Float], side: Int, at place: PixelPosition) {
    precondition(residual.count == side * side, "a difference for each pixel")
    windowScores.append(score)
    guard score.isFinite else { return }
    if score > strongest || strongestWindow == nil { (strongest, strongestWindow) = (score, place) }
    let largest = largest(residual, side, place)
    let isFlat = score <= 0 || !(largest > 0) || !largest.isFinite
    for row in 0..<side {
      let start = (place.row + row) / PictureGeometry.cellSide * width
      for column in 0..<side {
        if let mask, mask.samples[(place.row + row) * planeWidth + place.column + column] == 0 { continue }
        let value = isFlat ? score : score * (residual[row * side + column] / largest).squareRoot()
        let cell = start + (place.column + column) / PictureGeometry.cellSide
        if value > cells[cell] { cells[cell] = value }
      }
    }
  }

  /// The largest difference inside the mask.
  private func largest(_ residual: [Float], _ side: Int, _ place: PixelPosition) -> Float {
    guard let mask else { return residual.max() ?? 0 }
    var largest: Float = 0
    for row in 0..<side {
      let start = (place.row + row) * planeWidth + place.column
      for column in 0..<side where mask.samples[start + column] != 0 {
        largest = max(largest, residual[row * side + column])
      }
    }
    return largest
  }

  /// The map; nil where a window's score is no finite number, or there was none.
  public var finished: ScoreMap? {
    guard let lowest = windowScores.min(), windowScores.allSatisfy(\.isFinite) else { return nil }
    let outside = min(0, lowest)
    return ScoreMap(width: width, height: height, scores: cells.map { $0 == -.infinity ? outside : $0 })
  }
}
