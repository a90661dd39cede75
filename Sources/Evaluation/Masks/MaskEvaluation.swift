public import Imaging

/// How well the maps of a model's pictures tell where defects are: pictures are added one by one, and no map is kept.
///
/// Everything is counted in pixels of the files. What the model does not look at, outside its region or mask, is left out:
/// under a mask and at a scale below 1 also what its edge crosses (`Preparation.seenPixels`). A defect counts once, by what
/// is seen of it.
public struct MaskEvaluation: Sendable {
  /// All pixels that are looked at.
  public private(set) var pixels = PixelEvaluation()
  /// Defects whose centre lies where the map exceeds the threshold; without defects where there is none.
  public private(set) var hits = HitCount()
  /// Defects whose centre lies in one of the boxes that records tell of.
  public private(set) var boxHits = HitCount()
  /// Defects of which nothing is seen: they are counted nowhere else.
  public private(set) var unseenDefectCount = 0
  /// What maps must exceed; nil where the model is not calibrated.
  public let threshold: Float?
  private let preparation: Preparation
  /// The pixels of the last picture that are seen, which are mostly those of the next.
  private var field: (geometry: PictureGeometry, seen: [Bool]?)?

  /// No pictures yet.
  ///
  /// - Parameters:
  ///   - threshold: the model's.
  ///   - preparation: the model's.
  public init(threshold: Float?, preparation: Preparation) {
    self.threshold = threshold
    self.preparation = preparation
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
    let field = seenPixels(geometry)
    let seen = defects.map { $0.seen(in: source, where: field) }
    let map = geometry.expanded(location.map)
    try pixels.add(map, mask: seen, where: field)
    unseenDefectCount += (defects?.defects.count ?? 0) - (seen?.defects.count ?? 0)
    guard let threshold, let seen else { return }
    hits.add(seen, map: map, level: threshold)
    boxHits.add(
      seen,
      boxes: geometry.boxes(of: location.map, above: threshold).map {
        PixelBox(x: $0.x - source.x, y: $0.y - source.y, width: $0.width, height: $0.height)
      })
  }

  private mutating func seenPixels(_ geometry: PictureGeometry) -> [Bool]? {
    if let field, field.geometry == geometry { return field.seen }
    let seen = preparation.seenPixels(geometry)
    field = (geometry, seen)
    return seen
  }
}

extension DefectMask {
  /// What is seen of the defects through a rectangle: each stays one, though it may fall into parts.
  ///
  /// - Parameters:
  ///   - box: lies within the mask.
  ///   - field: pixels of the rectangle that are seen, row by row; nil: all.
  func seen(in box: PixelBox, where field: [Bool]?) -> DefectMask {
    DefectMask(
      width: box.width, height: box.height,
      defects: defects.compactMap { $0.seen(in: box) { pixel in field?[pixel] ?? true } })
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
