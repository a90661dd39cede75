/// Shapes that tell series apart without colour: circle, triangle, square, diamond.
enum PlotMark {
  /// The mark of a series around a place.
  static func svg(_ series: Int, x: Double, y: Double, radius: Double) -> String {
    func text(_ value: Double) -> String { MarkupText.coordinate(value) }
    let kind = "class=\"mark series-\(series + 1)\""
    switch series % 4 {
    case 0: return "<circle \(kind) cx=\"\(text(x))\" cy=\"\(text(y))\" r=\"\(text(radius))\"/>"
    case 1:
      let side = radius * 2.3
      return "<path \(kind) d=\"M\(text(x)) \(text(y - side * 0.6))l\(text(side / 2)) \(text(side))h\(text(-side))z\"/>"
    case 2:
      let side = radius * 1.8
      return "<rect \(kind) x=\"\(text(x - side / 2))\" y=\"\(text(y - side / 2))\" width=\"\(text(side))\" "
        + "height=\"\(text(side))\"/>"
    default:
      let half = radius * 1.3
      return "<path \(kind) d=\"M\(text(x)) \(text(y - half))l\(text(half)) \(text(half))l\(text(-half)) \(text(half))"
        + "l\(text(-half)) \(text(-half))z\"/>"
    }
  }
}
