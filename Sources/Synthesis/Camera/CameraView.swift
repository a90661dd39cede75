internal import Tensors

/// How the thing lies before the camera, since no fixture is perfect.
struct CameraView {
  private let offset: Point
  private let axis: Point

  /// Up to 1.2 % of the picture's sides off, and 1.1 degrees turned.
  init(width: Int, height: Int, using generator: inout RandomGenerator) {
    offset = Point(
      x: Float(width) * generator.between(-0.012, 0.012), y: Float(height) * generator.between(-0.012, 0.012))
    let turned = Point(x: 1, y: generator.between(-0.02, 0.02))
    axis = turned * (1 / turned.length)
  }

  /// A place of the picture in the thing's own coordinates, both in pixels from the middle.
  func place(_ place: Point) -> Point {
    let shifted = place - offset
    return Point(x: shifted.dot(axis), y: axis.cross(shifted))
  }
}
