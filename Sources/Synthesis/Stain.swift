internal import Tensors

/// A film with an uneven outline and the dark rim that drying leaves.
struct Stain: SurfaceChange {
  private let drops: [(center: Point, radius: Float)]
  private let pattern: ValueNoise
  private let strength: Float

  /// A stain of three merged drops, 20 to 36 units across.
  init(using generator: inout RandomGenerator) {
    let center = generator.direction() * generator.between(22, 36)
    var drops = [(center: center, radius: generator.between(9, 12.5))]
    for _ in 0..<2 {
      drops.append((center + generator.direction() * generator.between(6, 10), generator.between(5, 8)))
    }
    self.drops = drops
    pattern = ValueNoise(using: &generator)
    strength = generator.between(0.38, 0.52)
  }

  /// Changes the surface at a place given in the part's own coordinates.
  func apply(to point: inout SurfacePoint, at place: Point) {
    guard point.height > 1 else { return }
    var outline = Float.infinity
    for drop in drops { outline = min(outline, (place - drop.center).length - drop.radius) }
    guard outline < 4 else { return }
    outline += 1.6 * pattern.value(place.x * 0.28, place.y * 0.28) + 0.7 * pattern.value(place.x * 0.8, place.y * 0.8)
    let film = 1 - smoothStep(-1.2, 0.6, outline)
    let rim = film * smoothStep(-3.2, -0.8, outline)
    let cloud = 0.85 + 0.15 * pattern.value(place.x * 0.16 + 9, place.y * 0.16)
    point.albedo *= 1 - strength * film * cloud - 0.22 * rim
    point.gloss *= 1 - film * (strength + 0.2)
  }
}
