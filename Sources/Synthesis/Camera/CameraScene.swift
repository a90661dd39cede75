/// What a camera-size picture shows.
public enum CameraScene: String, Sendable, CaseIterable {
  /// Rolled and brushed sheet that fills the picture.
  case surface
  /// A milled plate with a bore and four holes on a dark table.
  case part
}
