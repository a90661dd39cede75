internal import Tensors

/// Torn metal along a part of the bore's rim that stands into the bore.
struct Burr: SurfaceChange {
  private let direction: Point
  private let spread: Float
  private let reach: Float
  private let pattern: ValueNoise

  /// A burr over 85 to 130 degrees of the rim that reaches 7 to 10 units into the bore.
  init(using generator: inout RandomGenerator) {
    direction = generator.direction()
    spread = generator.between(0.68, 0.91)
    reach = generator.between(7, 10)
    pattern = ValueNoise(using: &generator)
  }

  /// Changes the surface at a place given in the part's own coordinates.
  func apply(to point: inout SurfacePoint, at place: Point) {
    let radius = place.length
    let rim = PartSurface.boreRadius
    guard radius > rim - 13, radius < rim + 3, place.dot(direction) > 0 else { return }
    let around = direction.cross(place) / radius
    guard abs(around) < spread else { return }
    let fade = 1 - smoothStep(spread * 0.6, spread, abs(around))
    let jagged = 0.75 + 0.45 * pattern.value(around * 9, 3.5) + 0.3 * pattern.value(around * 22, 8.5)
    let tip = rim - reach * fade * max(jagged, 0.15)
    guard radius > tip, radius < rim + 2.2 * fade else { return }
    let crumple = pattern.value(place.x * 0.5, place.y * 0.5)
    point = SurfacePoint(
      height: PartSurface.plateHeight + PartSurface.bossHeight + 0.8 * crumple - 0.25 * abs(radius - rim),
      albedo: 0.74 + 0.08 * crumple, gloss: 0.25, grain: .none)
  }
}
