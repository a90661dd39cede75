internal import Tensors

/// A small hollow with an uneven rim: dark, but for the wall that faces the lamp.
struct Pit: CameraFlaw {
  let reach: Float
  private let radius: Float
  private let contrast: Float
  private let pattern: LatticeNoise

  /// A pit 10 to 20 pixels across.
  init(using generator: inout RandomGenerator) {
    radius = generator.between(5, 10)
    contrast = generator.between(0.13, 0.21)
    pattern = LatticeNoise(using: &generator)
    reach = radius * 1.15 + 2
  }

  func change(at offset: Point, texture: Float, lamp: Point) -> FlawChange {
    let distance = offset.length
    guard distance < reach else { return .none }
    let way = offset * (1 / max(distance, 0.5))
    let rim = radius * (1 + 0.12 * pattern.value(way.x * 1.4, way.y * 1.4))
    let coverage = 1 - smoothStep(rim - 1, rim + 0.6, distance)
    // The wall away from the lamp looks towards it.
    let lit = max(0, -way.dot(lamp)) * smoothStep(0.3, 0.8, distance / rim)
    return FlawChange(coverage: coverage, albedo: coverage * contrast * (1.9 * lit - 1))
  }
}
