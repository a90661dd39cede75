internal import Tensors

/// Sheet with bands and fine streaks along the direction of rolling, clouds and grain.
struct RolledSheet: CameraSurface {
  let faceAlbedo: Float = 0.5
  private let bands: LatticeNoise
  private let streaks: LatticeNoise
  private let clouds: LatticeNoise
  private let grain: LatticeNoise
  private let depth: Float

  /// A sheet of its own, its texture up to three tenths weaker or stronger.
  init(using generator: inout RandomGenerator) {
    bands = LatticeNoise(using: &generator)
    streaks = LatticeNoise(using: &generator)
    clouds = LatticeNoise(using: &generator)
    grain = LatticeNoise(using: &generator)
    depth = generator.between(0.7, 1.3)
  }

  func albedo(at place: Point, lamp: Point) -> Float {
    let along =
      0.028 * bands.value(place.x * 0.005, place.y * 0.19) + 0.03 * streaks.value(place.x * 0.02, place.y * 0.71)
    let spots =
      0.024 * clouds.value(place.x * 0.013, place.y * 0.017) + 0.018 * grain.value(place.x * 0.23, place.y * 0.31)
    return faceAlbedo + depth * (along + spots)
  }

  /// The sheet has no end: only the picture has.
  func clearance(at place: Point) -> Float { .infinity }
}
