internal import Tensors

/// A groove along a curve, deep and dark in its middle, with a raised bright lip on both sides.
struct Scratch: SurfaceChange {
  /// Straight pieces that stand for the curve.
  private static let segmentCount = 20
  private let places: [Point]
  private let halfWidth: Float
  private let depth: Float

  /// A scratch across the face of the plate, 64 to 88 units long and 4 to 5.4 wide.
  init(using generator: inout RandomGenerator) {
    let length = generator.between(64, 88)
    let direction = generator.direction()
    let across = Point(x: -direction.y, y: direction.x)
    // Beside the bore, not over it: most of its length marks metal.
    let middle = across * generator.between(17, 27) + direction * generator.between(-8, 8)
    let bend = across * generator.between(-10, 10)
    let start = middle - direction * (length / 2)
    let end = middle + direction * (length / 2)
    places = (0...Self.segmentCount).map { index in
      let t = Float(index) / Float(Self.segmentCount)
      return start * ((1 - t) * (1 - t)) + (middle + bend) * (2 * t * (1 - t)) + end * (t * t)
    }
    halfWidth = generator.between(2, 2.7)
    depth = generator.between(1.6, 2.4)
  }

  /// Changes the surface at a place given in the part's own coordinates.
  func apply(to point: inout SurfacePoint, at place: Point) {
    // It marks metal only: not the table and not the air in a bore.
    guard point.height > 1 else { return }
    var nearest = Float.infinity
    var along: Float = 0
    for index in 0..<Self.segmentCount {
      let segment = places[index + 1] - places[index]
      let offset = place - places[index]
      let t = min(max(offset.dot(segment) / segment.dot(segment), 0), 1)
      let distance = (offset - segment * t).length
      if distance < nearest {
        nearest = distance
        along = (Float(index) + t) / Float(Self.segmentCount)
      }
    }
    // The tool lands and lifts: both ends run out thin.
    let width = halfWidth * (0.45 + 2.2 * along * (1 - along))
    let across = nearest / width
    guard across < 1.7 else { return }
    if across < 1 {
      let profile = 1 - across * across
      point.height -= depth * profile
      point.albedo *= 1 - 0.62 * profile
      point.gloss *= 1 - 0.85 * profile
      point.grain = .none
    } else {
      let lip = 1 - abs(across - 1.35) / 0.35
      point.height += 0.3 * lip
      point.albedo += 0.12 * lip
    }
  }
}
