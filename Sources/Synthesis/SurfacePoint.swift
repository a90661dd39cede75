/// What the surface is like at one place.
struct SurfacePoint {
  /// The direction of the fine grooves that a tool has left.
  enum Grain {
    /// No grooves: rubber, rough or broken metal.
    case none
    /// Straight grooves along x.
    case brushed
    /// Circles around the bore.
    case turned
  }

  /// Height above the table in units.
  var height: Float
  /// Share of light that is thrown back in all directions.
  var albedo: Float
  /// Share of light that is mirrored, spread across the grain.
  var gloss: Float
  /// Grooves of the tool.
  var grain: Grain
}

/// Something that changes a sound surface.
protocol SurfaceChange {
  /// Changes the surface at a place given in the part's own coordinates.
  func apply(to point: inout SurfacePoint, at place: Point)
}
