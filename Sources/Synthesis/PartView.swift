internal import Tensors

/// How one part lies and is lit: the little that a good fixture and a good lamp leave open.
struct PartView {
  /// Where the part's centre lies, off the picture's centre.
  let offset: Point
  /// The part's x axis in the picture.
  let axis: Point
  /// Where the lamp is, off the picture's centre.
  let lamp: Point
  /// Height of the lamp above the table.
  let lampHeight: Float = 190
  /// Strength of the lamp.
  let brightness: Float

  /// A view: at most 0.5 units off, 0.5 degrees turned, the lamp moved by 3 units and 1.5 % brighter or darker.
  init(using generator: inout RandomGenerator) {
    offset = Point(x: generator.between(-0.5, 0.5), y: generator.between(-0.5, 0.5))
    // The sine of a small angle is the angle, near enough for a fixture; the axis is normalised.
    let turn = generator.between(-0.009, 0.009)
    axis = Point(x: 1, y: turn) * (1 / Point(x: 1, y: turn).length)
    lamp = Point(x: -85 + generator.between(-3, 3), y: -105 + generator.between(-3, 3))
    brightness = generator.between(0.985, 1.015)
  }

  /// A place of the picture in the part's own coordinates.
  func partPlace(_ place: Point) -> Point {
    let shifted = place - offset
    return Point(x: shifted.dot(axis), y: axis.cross(shifted))
  }

  /// The light that reaches the lens from a surface point.
  ///
  /// - Parameters:
  ///   - point: the surface.
  ///   - slope: how steeply its height grows along the picture's x and y.
  ///   - place: where it is in the picture.
  ///   - partPlace: where it is on the part.
  /// - Returns: about 0 (black) to 1 (white).
  func light(from point: SurfacePoint, slope: Point, place: Point, partPlace: Point) -> Float {
    let toLamp = lamp - place
    let lampDistance = (toLamp.dot(toLamp) + lampHeight * lampHeight).squareRoot()
    let normalLength = (slope.dot(slope) + 1).squareRoot()
    let facing = max(0, (lampHeight - toLamp.dot(slope)) / (lampDistance * normalLength))
    var light = point.albedo * (0.22 + 0.78 * facing)
    // Halfway between lamp and lens, which looks straight down.
    let halfway = Point(x: toLamp.x / lampDistance, y: toLamp.y / lampDistance)
    let halfwayHeight = lampHeight / lampDistance + 1
    let halfwayLength = (halfway.dot(halfway) + halfwayHeight * halfwayHeight).squareRoot()
    light += point.gloss * mirrored(point.grain, halfway * (1 / halfwayLength), slope: slope, partPlace: partPlace)
    return light * brightness
  }

  /// Share of mirrored light: grooves spread it across themselves, so only the angle along them counts.
  private func mirrored(_ grain: SurfacePoint.Grain, _ halfway: Point, slope: Point, partPlace: Point) -> Float {
    let along: Float
    switch grain {
    case .none:
      let miss = halfway + slope
      return 0.35 / (1 + 9 * miss.dot(miss))
    case .brushed:
      along = halfway.dot(axis) + slope.dot(axis)
    case .turned:
      let radius = max(partPlace.length, 1)
      let tangent = Point(
        x: (-partPlace.y * axis.x - partPlace.x * axis.y) / radius,
        y: (-partPlace.y * axis.y + partPlace.x * axis.x) / radius)
      along = halfway.dot(tangent) + slope.dot(tangent)
    }
    let square = along * along
    return 0.85 / (1 + 34 * square + 260 * square * square)
  }
}
