internal import Tensors

/// An oval hollow without an edge: bright on the slope that faces the lamp, dark on the other, a little duller inside.
struct ShallowDent: CameraFlaw {
  let reach: Float
  private let radius: Float
  private let flatness: Float
  private let axis: Point
  private let contrast: Float

  /// A dent 14 to 70 pixels long.
  init(using generator: inout RandomGenerator) {
    radius = generator.length(14, 70) / 2
    flatness = generator.between(0.65, 1)
    axis = generator.direction()
    contrast = generator.between(0.1, 0.17)
    reach = radius + 1
  }

  func change(at offset: Point, texture: Float, lamp: Point) -> FlawChange {
    let x = offset.dot(axis) / radius
    let y = axis.cross(offset) / (radius * flatness)
    let square = x * x + y * y
    guard square < 1 else { return .none }
    let inside = 1 - square
    // The slope of the height (1 - r^2)^2 at a place, in the axes of the dent: largest, 1, at three fifths of the way.
    let toward = x * lamp.dot(axis) + y * axis.cross(lamp)
    let coverage = smoothStep(0, 0.16, inside)
    return FlawChange(coverage: coverage, albedo: contrast * coverage * inside * (-2.6 * toward - 0.3))
  }
}
