/// What lies before the camera, sound; places are in pixels from the middle of the thing itself, not of the picture.
protocol CameraSurface {
  /// The share of light that goes back at the middle of the texture's range, where a defect may be.
  var faceAlbedo: Float { get }

  /// The share of light that goes back.
  ///
  /// - Parameters:
  ///   - place: where.
  ///   - lamp: the direction from which the light comes, a unit vector.
  func albedo(at place: Point, lamp: Point) -> Float

  /// How far the nearest place is that cannot have a defect, in pixels; negative where this one cannot.
  func clearance(at place: Point) -> Float
}
