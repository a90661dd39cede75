/// Which pixels of a plane are looked at.
///
/// A pixel of the plane is inside where every pixel of the file that has a part in it is: nothing that lies outside the
/// mask reaches a score.
public struct PlaneMask: Sendable, Equatable {
  /// Columns of the plane.
  public let width: Int
  /// Rows of the plane.
  public let height: Int
  /// `height * width` values, rows top to bottom: 1 inside, 0 outside.
  public let samples: [UInt8]
  /// Pixels inside; 0 where the mask is thinner than a pixel of the plane.
  public let insideCount: Int

  /// The mask of a plane.
  ///
  /// - Parameters:
  ///   - mask: in pixels of the file; the plane shows its box.
  ///   - contentWidth: columns of the plane that show it, at most those of the box.
  ///   - contentHeight: rows of the plane that show it, at most those of the box.
  ///   - width: columns of the plane; those behind the content are outside.
  ///   - height: rows of the plane; those below the content are outside.
  init(_ mask: RegionMask, contentWidth: Int, contentHeight: Int, width: Int, height: Int) {
    let columns = ResamplingAxis(source: mask.box.width, target: contentWidth).coverages
    let rows = ResamplingAxis(source: mask.box.height, target: contentHeight).coverages
    var samples = [UInt8](repeating: 0, count: width * height)
    var all = [UInt8](repeating: 0, count: mask.box.width)
    var insideCount = 0
    mask.samples.withUnsafeBufferPointer { source in
      all.withUnsafeMutableBufferPointer { all in
        for (row, coverage) in rows.enumerated() {
          all.update(repeating: 1)
          for sourceRow in coverage.first..<coverage.first + coverage.count {
            let start = (mask.box.y + sourceRow) * mask.width + mask.box.x
            for column in all.indices { all[column] &= source[start &+ column] }
          }
          for (column, coverage) in columns.enumerated() {
            var value: UInt8 = 1
            for sourceColumn in coverage.first..<coverage.first + coverage.count { value &= all[sourceColumn] }
            samples[row * width + column] = value
            insideCount += Int(value)
          }
        }
      }
    }
    self.width = width
    self.height = height
    self.samples = samples
    self.insideCount = insideCount
  }

  /// Whether any pixel of a square is inside; the square lies within the plane.
  public func hasInside(at place: PixelPosition, side: Int) -> Bool {
    precondition(
      place.column >= 0 && place.row >= 0 && place.column + side <= width && place.row + side <= height,
      "a window lies within its plane")
    return samples.withUnsafeBufferPointer { samples in
      for row in place.row..<place.row + side {
        var found: UInt8 = 0
        let start = row * width + place.column
        for index in start..<start + side { found |= samples[index] }
        if found != 0 { return true }
      }
      return false
    }
  }
}
