internal import Tensors

/// A patch with a ragged outline where the coating is gone: flat, a little brighter or darker, most texture missing.
struct BareSpot: CameraFlaw {
  let reach: Float
  private let radius: Float
  private let flatness: Float
  private let axis: Point
  private let contrast: Float
  private let pattern: LatticeNoise

  /// A patch about 12 to 70 pixels long.
  init(using generator: inout RandomGenerator) {
    radius = generator.length(14, 62) / 2
    flatness = generator.between(0.6, 1)
    axis = generator.direction()
    contrast = generator.sign() * generator.between(0.07, 0.12)
    pattern = LatticeNoise(using: &generator)
    reach = radius * 1.2 + 2
  }

  func change(at offset: Point, texture: Float, lamp: Point) -> FlawChange {
    guard offset.length < reach else { return .none }
    let x = offset.dot(axis)
    let y = axis.cross(offset) / flatness
    let distance = Point(x: x, y: y).length
    let ragged =
      0.15 * pattern.value(x * 2.4 / radius, y * 2.4 / radius) + 0.05 * pattern.value(x * 0.45 + 40, y * 0.45)
    let outline = (distance - radius * (1 + ragged)) * flatness
    let coverage = 1 - smoothStep(-0.8, 0.8, outline)
    return FlawChange(coverage: coverage, albedo: coverage * (contrast - 0.7 * texture))
  }
}
