public import Imaging

/// How many defects are hit: those whose centre lies where something was found.
///
/// Defects of one picture are not independent of each other: an interval for the share would have to be one of
/// pictures.
public struct HitCount: Sendable, Equatable {
  /// Defects, of all pictures added.
  public private(set) var defectCount = 0
  /// Those whose centre is hit.
  public private(set) var hitCount = 0

  /// No defects yet.
  public init() {}

  /// The part of the defects that is hit, 0 to 1; nil where there are no defects.
  public var share: Double? { defectCount == 0 ? nil : Double(hitCount) / Double(defectCount) }

  /// Adds a picture's defects: one is hit where its centre lies in a region of the map above a level, strictly.
  ///
  /// - Parameters:
  ///   - mask: the picture's mask.
  ///   - map: the picture's scores, of the mask's sides.
  ///   - level: what the score must exceed; not NaN.
  public mutating func add(_ mask: DefectMask, map: ScoreMap, level: Float) {
    precondition(mask.width == map.width && mask.height == map.height, "a mask has the sides of its map")
    precondition(!level.isNaN, "a level is a number")
    add(mask) { map[$0] > level }
  }

  /// Adds a picture's defects: one is hit where its centre lies in any of the boxes.
  ///
  /// - Parameters:
  ///   - mask: the picture's mask.
  ///   - boxes: what was found in the picture, in its pixels; none where nothing was.
  public mutating func add(_ mask: DefectMask, boxes: [PixelBox]) {
    add(mask) { centre in boxes.contains { $0.contains(centre) } }
  }

  private mutating func add(_ mask: DefectMask, isHit: (PixelPosition) -> Bool) {
    defectCount += mask.defects.count
    hitCount += mask.defects.count { isHit($0.centre) }
  }
}
