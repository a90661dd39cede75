internal import Tensors

/// An oval hollow with a slightly raised rim.
struct Dent: SurfaceChange {
  private let center: Point
  private let axis: Point
  private let radius: Float
  private let flatness: Float
  private let depth: Float

  /// A dent on the plate or the boss, 21 to 29 units across.
  init(using generator: inout RandomGenerator) {
    let distance = generator.between(24, 38)
    center = generator.direction() * distance
    axis = generator.direction()
    radius = generator.between(10.5, 14.5)
    flatness = generator.between(0.75, 1)
    depth = radius * generator.between(0.5, 0.62)
  }

  /// Changes the surface at a place given in the part's own coordinates.
  func apply(to point: inout SurfacePoint, at place: Point) {
    guard point.height > 1 else { return }
    let offset = place - center
    let across = Point(x: offset.dot(axis), y: axis.cross(offset) / flatness).length / radius
    guard across < 1.35 else { return }
    if across < 1 {
      let profile = 1 - across * across
      point.height = max(point.height - depth * profile * profile, 1)
      point.albedo *= 1 - 0.32 * profile
      point.gloss *= 1 - 0.75 * smoothStep(0, 0.5, profile)
    } else {
      point.height += 0.15 * (1 - abs(across - 1.175) / 0.175)
    }
  }
}
