internal import Tensors

/// A thin curved groove that runs out at both ends, with a lip of the opposite brightness on one side.
struct FineScratch: CameraFlaw {
  /// Straight pieces that stand for the curve.
  private static let segmentCount = 12
  let reach: Float
  private let places: [Point]
  private let halfWidth: Float
  private let contrast: Float

  /// A scratch 12 to 72 pixels long and 2 to 4 wide.
  init(using generator: inout RandomGenerator) {
    let length = generator.length(12, 72)
    let direction = generator.direction()
    let bend = Point(x: -direction.y, y: direction.x) * (length * generator.between(-0.12, 0.12))
    places = (0...Self.segmentCount).map { index in
      let t = Float(index) / Float(Self.segmentCount)
      return direction * (length * (t - 0.5)) + bend * (4 * t * (1 - t))
    }
    halfWidth = generator.between(0.9, 1.7)
    // Dark or bright alike, so that no mean tells.
    contrast = generator.sign() * generator.between(0.12, 0.2)
    reach = length / 2 + 5
  }

  func change(at offset: Point, texture: Float, lamp: Point) -> FlawChange {
    var nearest = Float.infinity
    var along: Float = 0
    var side: Float = 0
    for index in 0..<Self.segmentCount {
      let segment = places[index + 1] - places[index]
      let rest = offset - places[index]
      let t = min(max(rest.dot(segment) / segment.dot(segment), 0), 1)
      let distance = (rest - segment * t).length
      if distance < nearest {
        nearest = distance
        along = (Float(index) + t) / Float(Self.segmentCount)
        side = segment.cross(rest)
      }
    }
    let width = halfWidth * (0.55 + 1.8 * along * (1 - along))
    guard nearest < width + 2.2 else { return .none }
    let groove = 1 - smoothStep(width - 0.7, width + 0.7, nearest)
    let lip = side > 0 ? 0.5 * (1 - smoothStep(0.5, 1.2, abs(nearest - width - 1))) * (1 - groove) : 0
    return FlawChange(coverage: max(groove, lip), albedo: contrast * (lip - groove))
  }
}
