internal import Tensors

/// A groove along a curve, deep and dark in its middle, with a raised bright lip on both sides.
struct Scratch: SurfaceChange {
  private static let segmentCount = 20
  private let places: [Point]
  private let halfWidth: Float
  private let depth: Float

  /// A scratch across the face of the plate, 58 to 84 units long and 3.2 to 4.6 wide.
  init(using generator: inout RandomGenerator) {
    let length = generator.between(58, 84)
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
    halfWidth = generator.between(1.6, 2.3)
    depth = generator.between(1.6, 2.4)
  }

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
      point.albedo *= 1 - 0.55 * profile
      point.gloss *= 1 - 0.85 * profile
      point.grain = .none
    } else {
      let lip = 1 - abs(across - 1.35) / 0.35
      point.height += 0.3 * lip
      point.albedo += 0.12 * lip
    }
  }
}

/// An oval hollow with a slightly raised rim.
struct Dent: SurfaceChange {
  private let center: Point
  private let axis: Point
  private let radius: Float
  private let flatness: Float
  private let depth: Float

  /// A dent on the plate or the boss, 17 to 26 units across.
  init(using generator: inout RandomGenerator) {
    let distance = generator.between(24, 38)
    center = generator.direction() * distance
    axis = generator.direction()
    radius = generator.between(8.5, 13)
    flatness = generator.between(0.75, 1)
    depth = radius * generator.between(0.42, 0.55)
  }

  func apply(to point: inout SurfacePoint, at place: Point) {
    guard point.height > 1 else { return }
    let offset = place - center
    let across = Point(x: offset.dot(axis), y: axis.cross(offset) / flatness).length / radius
    guard across < 1.35 else { return }
    if across < 1 {
      let profile = 1 - across * across
      point.height = max(point.height - depth * profile * profile, 1)
      point.albedo *= 1 - 0.15 * profile
      point.gloss *= 1 - 0.75 * smoothStep(0, 0.5, profile)
    } else {
      point.height += 0.15 * (1 - abs(across - 1.175) / 0.175)
    }
  }
}

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

/// A piece broken out of the outline: a rough slope of broken metal down to the table.
struct BrokenEdge: SurfaceChange {
  private let center: Point
  private let radius: Float
  private let pattern: ValueNoise
  private let tableAlbedo: Float = 0.17

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
      point = SurfacePoint(height: 0, albedo: tableAlbedo, gloss: 0, grain: .none)
    } else {
      let rough = pattern.value(place.x * 0.9 + 5, place.y * 0.9)
      point = SurfacePoint(height: broken, albedo: 0.36 + 0.1 * rough, gloss: 0.05, grain: .none)
    }
  }
}

/// Torn metal along a part of the bore's rim that stands into the bore.
struct Burr: SurfaceChange {
  private let direction: Point
  private let spread: Float
  private let reach: Float
  private let pattern: ValueNoise

  /// A burr over 70 to 110 degrees of the rim that reaches 5 to 8 units into the bore.
  init(using generator: inout RandomGenerator) {
    direction = generator.direction()
    spread = generator.between(0.57, 0.82)
    reach = generator.between(5, 8)
    pattern = ValueNoise(using: &generator)
  }

  func apply(to point: inout SurfacePoint, at place: Point) {
    let radius = place.length
    let rim = PartSurface.boreRadius
    guard radius > rim - 11, radius < rim + 3, place.dot(direction) > 0 else { return }
    let around = direction.cross(place) / radius
    guard abs(around) < spread else { return }
    let fade = 1 - smoothStep(spread * 0.6, spread, abs(around))
    let jagged = 0.75 + 0.45 * pattern.value(around * 9, 3.5) + 0.3 * pattern.value(around * 22, 8.5)
    let tip = rim - reach * fade * max(jagged, 0.15)
    guard radius > tip, radius < rim + 2.2 * fade else { return }
    let crumple = pattern.value(place.x * 0.5, place.y * 0.5)
    point = SurfacePoint(
      height: PartSurface.plateHeight + PartSurface.bossHeight + 0.8 * crumple - 0.25 * abs(radius - rim),
      albedo: 0.66 + 0.08 * crumple, gloss: 0.25, grain: .none)
  }
}

extension RandomGenerator {
  /// Uniform between two values.
  mutating func between(_ low: Float, _ high: Float) -> Float {
    low + (high - low) * Float(uniform())
  }

  /// A unit vector, all directions alike.
  mutating func direction() -> Point {
    while true {
      let candidate = Point(x: between(-1, 1), y: between(-1, 1))
      let length = candidate.length
      if length > 0.1 && length <= 1 { return candidate * (1 / length) }
    }
  }
}
