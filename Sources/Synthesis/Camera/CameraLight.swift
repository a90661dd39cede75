internal import Tensors

/// The light of one picture: strength, a slope across the picture, vignetting and a soft glare, all drawn anew.
struct CameraLight {
  /// The direction from which the lamp shines, in the picture's plane: from the upper left, give or take 15 degrees.
  let direction: Point
  private let halfWidth: Float
  private let halfHeight: Float
  private let strength: Float
  private let slope: Point
  private let vignetting: Float
  private let glare: Float
  private let glarePlace: Point
  private let glareWidth: Float

  /// A light for a picture of so many pixels: 15 % brighter or darker, up to 12 % more on one side than in the middle.
  init(width: Int, height: Int, using generator: inout RandomGenerator) {
    halfWidth = Float(width) / 2
    halfHeight = Float(height) / 2
    let lamp = Point(x: -0.64 + generator.between(-0.15, 0.15), y: -0.77 + generator.between(-0.15, 0.15))
    direction = lamp * (1 / lamp.length)
    strength = generator.between(0.85, 1.15)
    slope = Point(x: generator.between(-0.12, 0.12), y: generator.between(-0.12, 0.12))
    vignetting = generator.between(0.03, 0.14)
    glare = generator.between(0, 0.09)
    glarePlace = Point(x: generator.between(-1, 1), y: generator.between(-1, 1))
    glareWidth = generator.between(0.15, 0.6)
  }

  /// The light that reaches a place, in pixels from the picture's centre; 1 on average.
  func strength(at place: Point) -> Float {
    let x = place.x / halfWidth
    let y = place.y / halfHeight
    let sloped = 1 + slope.x * x + slope.y * y
    let shaded = 1 - vignetting * (x * x + y * y)
    let offsetX = x - glarePlace.x
    let offsetY = y - glarePlace.y
    return strength * (sloped * shaded + glare * glareWidth / (glareWidth + offsetX * offsetX + offsetY * offsetY))
  }
}
