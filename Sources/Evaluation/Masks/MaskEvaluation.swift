public import Imaging

/// How well the maps of a model's pictures tell where defects are: pictures are added one by one, and no map is kept.
///
/// Everything is counted in pixels of the files. What the model does not look at, outside its region or mask, is left out.
public struct MaskEvaluation: Sendable {
  /// All pixels that are looked at.
  public private(set) var pixels = PixelEvaluation()
  /// Defects whose centre lies where the map exceeds the threshold; without defects where there is none.
  public private(set) var hits = HitCount()
  /// Defects whose centre lies in one of the boxes that records tell of.
  public private(set) var boxHits = HitCount()
  /// Defects that lie wholly outside what the model looks at.
  public private(set) var unseenDefectCount = 0
  /// What maps must exceed; nil where the model is not calibrated.
  public let threshold: Float?
  private let mask: RegionMask?

  /// No pictures yet.
  ///
  /// - Parameters:
  ///   - threshold: the model's.
  ///   - mask: the model's; nil where it has none.
  public init(threshold: Float?, mask: RegionMask?) {
    self.threshold = threshold
    self.mask = mask
  }

  /// Adds a picture.
  ///
  /// - Parameters:
  ///   - location: its map.
  ///   - mask: the mask of its defects, of the file's sides; nil where there are none.
  /// - Throws: `MaskError.score` where a score of the map is not finite; then nothing is added.
  public mutating func add(_ location: PictureScoring.Location, mask defects: DefectMask?) throws(MaskError) {
    let geometry = location.geometry
    let source = geometry.source
    let field = self.mask.map { mask in
      (0..<source.width * source.height).map { index in
        mask.samples[(source.y + index / source.width) * mask.width + source.x + index % source.width] != 0
      }
    }
    let seen = defects.map { $0.cropped(to: source, where: field) }
    let map = geometry.expanded(location.map)
    try pixels.add(map, mask: seen, where: field)
    unseenDefectCount += defects.map { Self.unseenCount($0, source, field) } ?? 0
    guard let threshold, let seen else { return }
    hits.add(seen, map: map, level: threshold)
    boxHits.add(
      seen,
      boxes: geometry.boxes(of: location.map, above: threshold).map {
        PixelBox(x: $0.x - source.x, y: $0.y - source.y, width: $0.width, height: $0.height)
      })
  }

  private static func unseenCount(_ mask: DefectMask, _ source: PixelBox, _ field: [Bool]?) -> Int {
    mask.defects.count { defect in
      !defect.runs.contains { run in
        run.columns.contains { column in
          source.contains(PixelPosition(column: column, row: run.row))
            && field?[(run.row - source.y) * source.width + column - source.x] ?? true
        }
      }
    }
  }
}

extension DefectMask {
  /// What a rectangle holds of the defects; a defect that is cut into parts is several.
  ///
  /// - Parameters:
  ///   - box: lies within the mask.
  ///   - field: pixels of the rectangle that count, row by row; nil: all.
  func cropped(to box: PixelBox, where field: [Bool]?) -> DefectMask {
    var marks = [Bool](repeating: false, count: box.width * box.height)
    for run in defects.flatMap(\.runs) where run.row >= box.y && run.row < box.y + box.height {
      let first = max(run.columns.lowerBound, box.x)
      let end = min(run.columns.upperBound, box.x + box.width)
      for column in first..<max(first, end) {
        let index = (run.row - box.y) * box.width + column - box.x
        marks[index] = field?[index] ?? true
      }
    }
    return DefectMask(width: box.width, height: box.height) { marks[$0] }
  }
}

extension PictureGeometry {
  /// A map of cells as a map of the file's pixels that are looked at: each has the value of the cell that shows its middle.
  func expanded(_ map: ScoreMap) -> ScoreMap {
    precondition(map.width == mapWidth && map.height == mapHeight, "a map has the cells of its plane")
    func cells(content: Int, source: Int) -> [Int] {
      (0..<source).map { (2 * $0 + 1) * content / (2 * source) / Self.cellSide }
    }
    let columns = cells(content: contentWidth, source: source.width)
    var scores: [Float] = []
    scores.reserveCapacity(source.width * source.height)
    for row in cells(content: contentHeight, source: source.height) {
      let start = row * map.width
      for column in columns { scores.append(map.scores[start + column]) }
    }
    return ScoreMap(width: source.width, height: source.height, scores: scores)
  }
}
