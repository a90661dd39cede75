internal import Tensors

/// A piece broken out of the outline: a rough slope of broken metal down to the table.
struct BrokenEdge: SurfaceChange {
  private let center: Point
  private let radius: Float
  private let pattern: ValueNoise

  /// A break at one of the sides or corners, 22 to 34 units wide.
  init(using generator: inout RandomGenerator) {
    let along = generator.between(-46, 46)
    let side = PartSurface.halfSide + generator.between(-1, 2)
    switch generator.next() % 4 {
    case 0: center = Point(x: along, y: side)
    case 1: center = Point(x: along, y: -side)
    case 2: center = Point(x: side, y: along)
    default: center = Point(x: -side, y: along)
    }
    radius = generator.between(12, 17)
    pattern = ValueNoise(using: &generator)
  }

  /// Changes the surface at a place given in the part's own coordinates.
  func apply(to point: inout SurfacePoint, at place: Point) {
    guard point.height > 0.5 else { return }
    let distance = (place - center).length
    guard distance < radius * 1.5 else { return }
    let uneven =
      0.8 * pattern.value(place.x * 0.12, place.y * 0.12) + 0.35 * pattern.value(place.x * 0.35, place.y * 0.35)
    let inside = radius * (1 + 0.28 * uneven) - distance
    guard inside > 0 else { return }
    let broken = PartSurface.plateHeight - 0.4 - 1.25 * inside + 1.1 * pattern.value(place.x * 0.6, place.y * 0.6)
    guard broken < point.height else { return }
    if broken < 0.5 {
      point = SurfacePoint(height: 0, albedo: PartSurface.tableAlbedo, gloss: 0, grain: .none)
    } else {
      let rough = pattern.value(place.x * 0.9 + 5, place.y * 0.9)
      point = SurfacePoint(height: broken, albedo: 0.36 + 0.1 * rough, gloss: 0.05, grain: .none)
    }
  }
}
