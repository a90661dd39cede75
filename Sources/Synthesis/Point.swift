/// A place or a direction in the plane of the part; the shorter side of a picture measures 128 units.
struct Point {
  /// To the right.
  var x: Float
  /// Downward.
  var y: Float

  /// Distance from the origin.
  var length: Float { (x * x + y * y).squareRoot() }

  /// The sum.
  static func + (left: Point, right: Point) -> Point { Point(x: left.x + right.x, y: left.y + right.y) }
  /// The difference.
  static func - (left: Point, right: Point) -> Point { Point(x: left.x - right.x, y: left.y - right.y) }
  /// The multiple.
  static func * (left: Point, right: Float) -> Point { Point(x: left.x * right, y: left.y * right) }

  /// The scalar product.
  func dot(_ other: Point) -> Float { x * other.x + y * other.y }
  /// The cross product: positive where the turn to the other goes from the x axis towards the y axis.
  func cross(_ other: Point) -> Float { x * other.y - y * other.x }
}

/// 0 below `low`, 1 above `high`, smooth between.
func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
  let t = min(max((value - low) / (high - low), 0), 1)
  return t * t * (3 - 2 * t)
}
