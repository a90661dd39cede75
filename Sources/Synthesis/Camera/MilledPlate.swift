internal import Tensors

/// A plate with the arcs that a face mill leaves, a chamfered outline, a bore and four holes, on a dark table.
struct MilledPlate: CameraSurface {
  let faceAlbedo: Float = 0.53
  /// Height of the strip that the cutter takes in one pass, in pixels.
  private static let passHeight: Float = 72
  /// Radius of the cutter in pixels.
  private static let cutterRadius: Float = 96
  private static let chamfer: Float = 4

  private let halfWidth: Float
  private let halfHeight: Float
  private let cornerRadius: Float
  private let bores: [(center: Point, radius: Float)]
  private let arcs: LatticeNoise
  private let passes: LatticeNoise
  private let clouds: LatticeNoise
  private let grain: LatticeNoise
  private let start: Float
  private let depth: Float

  /// A plate that takes 84 % of a picture's sides, its tool marks its own.
  init(width: Int, height: Int, using generator: inout RandomGenerator) {
    halfWidth = 0.42 * Float(width)
    halfHeight = 0.42 * Float(height)
    let side = Float(min(width, height))
    cornerRadius = 0.06 * side
    let inset = 0.095 * side
    let x = halfWidth - inset
    let y = halfHeight - inset
    let holes = [Point(x: -x, y: -y), Point(x: x, y: -y), Point(x: -x, y: y), Point(x: x, y: y)]
    bores = [(Point(x: 0, y: 0), 0.1 * side)] + holes.map { ($0, 0.042 * side) }
    arcs = LatticeNoise(using: &generator)
    passes = LatticeNoise(using: &generator)
    clouds = LatticeNoise(using: &generator)
    grain = LatticeNoise(using: &generator)
    start = generator.between(0, Self.passHeight)
    depth = generator.between(0.8, 1.2)
  }

  func albedo(at place: Point, lamp: Point) -> Float {
    let (outline, outward) = outline(at: place)
    if outline > 1 { return table(at: place) }
    for bore in bores {
      let offset = place - bore.center
      let reach = bore.radius + Self.chamfer + 1
      guard abs(offset.x) < reach, abs(offset.y) < reach else { continue }
      let distance = offset.length
      if distance < reach { return bored(at: place, offset: offset, distance: distance, radius: bore.radius, lamp) }
    }
    let shaded = chamfered(face(at: place), inside: -outline, slope: outward.dot(lamp))
    return outline > -1 ? blend(shaded, table(at: place), smoothStep(-1, 1, outline)) : shaded
  }

  func clearance(at place: Point) -> Float {
    var clearance = -outline(at: place).distance
    for bore in bores { clearance = min(clearance, (place - bore.center).length - bore.radius) }
    return clearance - Self.chamfer - 1
  }

  /// The milled face: arcs of the cutter's teeth within each pass, and a step of brightness between passes.
  private func face(at place: Point) -> Float {
    // The shift keeps the number of the pass positive, so that truncation is the floor.
    let strip = (place.y + start) / Self.passHeight + 64
    let pass = Float(Int(strip))
    let across = (strip - pass - 0.5) * Self.passHeight
    let arc = place.x + across * across / (2 * Self.cutterRadius)
    let teeth = 0.034 * arcs.value(arc * 0.36, pass * 3) + 0.02 * arcs.value(arc * 0.07 + 300, pass * 3 + 1)
    let broad = 0.016 * passes.value(pass * 2, place.x * 0.004) + 0.02 * clouds.value(place.x * 0.015, place.y * 0.015)
    return faceAlbedo + depth * (teeth + broad + 0.014 * grain.value(place.x * 0.27, place.y * 0.27))
  }

  /// The rubber mat below.
  private func table(at place: Point) -> Float { 0.16 + 0.014 * grain.value(place.x * 0.21, place.y * 0.21) }

  /// A countersunk bore: dark inside, its rim bright where it faces the lamp.
  private func bored(at place: Point, offset: Point, distance: Float, radius: Float, _ lamp: Point) -> Float {
    let inward = offset * (-1 / max(distance, 1))
    let rim = chamfered(face(at: place), inside: distance - radius, slope: inward.dot(lamp))
    return blend(0.08, rim, smoothStep(radius - 1, radius + 1, distance))
  }

  /// The face, or the chamfer near an edge, brighter where it faces the lamp.
  private func chamfered(_ face: Float, inside: Float, slope: Float) -> Float {
    if inside > Self.chamfer + 1 { return face }
    return blend(0.46 + 0.2 * slope, face, smoothStep(Self.chamfer - 1, Self.chamfer + 1, inside))
  }

  /// Distance to the outline, negative inside, and the way outward.
  private func outline(at place: Point) -> (distance: Float, outward: Point) {
    let x = abs(place.x) - (halfWidth - cornerRadius)
    let y = abs(place.y) - (halfHeight - cornerRadius)
    let signX: Float = place.x < 0 ? -1 : 1
    let signY: Float = place.y < 0 ? -1 : 1
    if x > 0 && y > 0 {
      let length = max(Point(x: x, y: y).length, 0.001)
      return (length - cornerRadius, Point(x: signX * x / length, y: signY * y / length))
    }
    return x > y ? (x - cornerRadius, Point(x: signX, y: 0)) : (y - cornerRadius, Point(x: 0, y: signY))
  }

  private func blend(_ low: Float, _ high: Float, _ share: Float) -> Float { low + (high - low) * share }
}
