/// What stands beyond the edges of a picture: the picture again, mirrored at its edge pixels, which are not repeated.
public enum Mirror {
  /// The pixel of a line that stands at a place on the line or beyond its ends, going back and forth as often as needed.
  ///
  /// - Parameters:
  ///   - place: any place; those on the line stay.
  ///   - count: pixels of the line, at least 1.
  public static func index(_ place: Int, count: Int) -> Int {
    precondition(count > 0, "a line has at least one pixel")
    if place >= 0 && place < count { return place }
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let rest = ((place % period) + period) % period
    return min(rest, period - rest)
  }
}
