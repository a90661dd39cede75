internal import Tensors

/// A film of merged drops, a little darker or brighter than the metal, with the rim that drying leaves.
struct FaintStain: CameraFlaw {
  let reach: Float
  private let drops: [(center: Point, radius: Float)]
  private let contrast: Float
  private let pattern: LatticeNoise

  /// A stain about 18 to 70 pixels across.
  init(using generator: inout RandomGenerator) {
    let size = generator.length(20, 74)
    var drops = [(center: Point(x: 0, y: 0), radius: size * generator.between(0.3, 0.36))]
    for _ in 0..<3 {
      drops.append((generator.direction() * (size * 0.22), size * generator.between(0.16, 0.24)))
    }
    self.drops = drops
    contrast = generator.sign() * generator.between(0.06, 0.1)
    pattern = LatticeNoise(using: &generator)
    reach = size * 0.5 + 2
  }

  func change(at offset: Point, texture: Float, lamp: Point) -> FlawChange {
    var outline = Float.infinity
    for drop in drops { outline = min(outline, (offset - drop.center).length - drop.radius) }
    outline +=
      1.2 * pattern.value(offset.x * 0.15, offset.y * 0.15) + 0.5 * pattern.value(offset.x * 0.5, offset.y * 0.5)
    guard outline < 1 else { return .none }
    let film = 1 - smoothStep(-1.2, 0.8, outline)
    let rim = smoothStep(-4, -1.5, outline)
    let cloud = 0.8 + 0.2 * pattern.value(offset.x * 0.09 + 50, offset.y * 0.09)
    return FlawChange(coverage: film, albedo: contrast * film * (cloud + 0.6 * rim))
  }
}
