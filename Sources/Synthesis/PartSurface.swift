internal import Tensors

/// The sound part: a brushed plate with a chamfer, a turned boss around a bore, and a drilled hole in each corner.
struct PartSurface {
  /// Half the side of the plate.
  static let halfSide: Float = 50
  /// Height of the plate.
  static let plateHeight: Float = 8
  /// Radius of the boss.
  static let bossRadius: Float = 27
  /// Height of the boss above the plate.
  static let bossHeight: Float = 3
  /// Radius of the bore.
  static let boreRadius: Float = 14
  /// Radius of a corner hole.
  static let holeRadius: Float = 7
  /// Centres of the corner holes.
  static let holes = [
    Point(x: -35, y: -35), Point(x: 35, y: -35), Point(x: -35, y: 35), Point(x: 35, y: 35),
  ]

  /// Share of light that the table throws back.
  static let tableAlbedo: Float = 0.17

  private static let cornerRadius: Float = 9
  private static let chamfer: Float = 3.5
  private static let depth: Float = -8

  private let brushing: ValueNoise
  private let grain: ValueNoise
  private let drilled: [Point]

  /// A part with its own tool marks; `missingHole` is the index of a corner that is not drilled.
  init(missingHole: Int?, using generator: inout RandomGenerator) {
    brushing = ValueNoise(using: &generator)
    grain = ValueNoise(using: &generator)
    drilled = Self.holes.indices.filter { $0 != missingHole }.map { Self.holes[$0] }
  }

  /// Distance to the plate's outline, negative inside.
  static func distance(to place: Point) -> Float {
    let x = abs(place.x) - (halfSide - cornerRadius)
    let y = abs(place.y) - (halfSide - cornerRadius)
    let outside = Point(x: max(x, 0), y: max(y, 0)).length
    return outside + min(max(x, y), 0) - cornerRadius
  }

  /// The surface at a place in the part's own coordinates.
  func point(at place: Point) -> SurfacePoint {
    let outline = Self.distance(to: place)
    if outline > 0 { return table(at: place) }
    var point = SurfacePoint(height: Self.plateHeight, albedo: 0.5, gloss: 0.42, grain: .brushed)
    // Grooves: long along x, fine across, in two sizes.
    let grooves =
      brushing.value(place.x * 0.035, place.y * 1.7) + 0.7 * brushing.value(place.x * 0.012 + 31, place.y * 0.6)
    point.albedo += 0.035 * grooves
    point.gloss += 0.055 * grooves
    point.height -= max(0, Self.chamfer + outline)
    let radius = place.length
    if radius < Self.bossRadius + 2 { turn(&point, radius: radius) }
    for hole in drilled where abs(place.x - hole.x) < 9 && abs(place.y - hole.y) < 9 {
      drill(&point, radius: Self.holeRadius, chamfer: 1.4, at: (place - hole).length)
    }
    drill(&point, radius: Self.boreRadius, chamfer: 1.8, at: radius)
    return point
  }

  /// The rubber mat below the part.
  func table(at place: Point) -> SurfacePoint {
    SurfacePoint(
      height: 0, albedo: Self.tableAlbedo + 0.012 * grain.value(place.x * 0.9, place.y * 0.9), gloss: 0, grain: .none)
  }

  /// The boss: its flank, a groove at its foot and circles on its face.
  private func turn(_ point: inout SurfacePoint, radius: Float) {
    let rise = Self.bossRadius - radius
    if rise < 0 {
      point.height -= 1.2 * smoothStep(-2, -0.6, rise)
      return
    }
    let circles = brushing.value(radius * 1.5 + 7, 13.5) + 0.6 * brushing.value(radius * 0.55, 40.5)
    point.height += min(rise * 1.4, Self.bossHeight)
    point.albedo = 0.5 + 0.04 * circles
    point.gloss = 0.5 + 0.07 * circles
    point.grain = .turned
  }

  /// A bored hole with a countersunk rim.
  private func drill(_ point: inout SurfacePoint, radius: Float, chamfer: Float, at distance: Float) {
    if distance > radius + chamfer { return }
    if distance > radius {
      point.height -= radius + chamfer - distance
      point.grain = .none
      point.gloss = 0.2
      return
    }
    point = SurfacePoint(height: Self.depth, albedo: 0.09, gloss: 0, grain: .none)
    // A strip of the wall shows, since the lens sees it from the middle.
    let wall = smoothStep(radius - 1.6, radius - 0.2, distance)
    point.albedo += 0.12 * wall
  }
}
