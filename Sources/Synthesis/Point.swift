/// A place or a direction in the plane of the part; the shorter side of a picture measures 128 units.
struct Point {
  var x: Float
  var y: Float

  /// Distance from the origin.
  var length: Float { (x * x + y * y).squareRoot() }

  static func + (left: Point, right: Point) -> Point { Point(x: left.x + right.x, y: left.y + right.y) }
  static func - (left: Point, right: Point) -> Point { Point(x: left.x - right.x, y: left.y - right.y) }
  static func * (left: Point, right: Float) -> Point { Point(x: left.x * right, y: left.y * right) }

  /// The scalar product.
  func dot(_ other: Point) -> Float { x * other.x + y * other.y }
  /// The product that is positive where the other lies anticlockwise.
  func cross(_ other: Point) -> Float { x * other.y - y * other.x }
}

/// 0 below `low`, 1 above `high`, smooth between.
func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
  let t = min(max((value - low) / (high - low), 0), 1)
  return t * t * (3 - 2 * t)
}
