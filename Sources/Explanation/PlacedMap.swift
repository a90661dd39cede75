public import Imaging

/// A score map with the place of its cells in the picture's file.
public struct PlacedMap: Sendable {
  /// The scores.
  public let map: ScoreMap
  /// The file's columns that each column of cells stands for, from left to right; empty for cells beside the picture.
  public let columns: [Range<Int>]
  /// The file's rows that each row of cells stands for, from top to bottom; empty for cells beside the picture.
  public let rows: [Range<Int>]

  /// A map from its cells' places.
  public init(map: ScoreMap, columns: [Range<Int>], rows: [Range<Int>]) {
    precondition(columns.count == map.width && rows.count == map.height, "every column and row of a map has a place")
    self.map = map
    self.columns = columns
    self.rows = rows
  }

  /// A map with the places that a picture's geometry gives its cells.
  public init(map: ScoreMap, geometry: PictureGeometry) {
    precondition(
      map.width == geometry.mapWidth && map.height == geometry.mapHeight, "a map has the cells of its plane")
    let side = PictureGeometry.cellSide
    self.init(
      map: map,
      columns: (0..<map.width).map { column in
        let box = geometry.box(ofPlane: PixelBox(x: column * side, y: 0, width: side, height: 1))
        return box.x..<box.x + box.width
      },
      rows: (0..<map.height).map { row in
        let box = geometry.box(ofPlane: PixelBox(x: 0, y: row * side, width: 1, height: side))
        return box.y..<box.y + box.height
      })
  }

  /// The scores of a part of the file's picture, reduced or not: each the largest of the cells that a pixel shows, so
  /// that what stands out in one cell still does.
  ///
  /// - Parameters:
  ///   - box: the part.
  ///   - width: columns of the result.
  ///   - height: rows of the result.
  /// - Returns: `height * width` scores, rows top to bottom; negative infinity where there is no cell.
  func scores(of box: PixelBox, width: Int, height: Int) -> [Float] {
    let across = columns.map { Self.places($0, from: box.x, length: box.width, count: width) }
    var scores = [Float](repeating: -.infinity, count: width * height)
    for (row, range) in rows.enumerated() {
      for y in Self.places(range, from: box.y, length: box.height, count: height) {
        for column in across.indices {
          let score = map.scores[row * map.width + column]
          for x in across[column] where score > scores[y * width + x] { scores[y * width + x] = score }
        }
      }
    }
    return scores
  }

  /// The pixels, of `count` that show `length` from `start` on, in which something of a range is seen.
  private static func places(_ range: Range<Int>, from start: Int, length: Int, count: Int) -> Range<Int> {
    let (first, last) = (max(range.lowerBound - start, 0), min(range.upperBound - start, length))
    guard first < last else { return 0..<0 }
    return first * count / length..<((last * count + length - 1) / length)
  }
}
