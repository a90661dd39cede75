/// What can be wrong in a camera-size picture; every defect is 8 to 80 pixels long, whatever the picture's size.
public enum CameraDefect: String, Sendable, CaseIterable {
  /// A thin groove, dark or bright, with a lip on one side.
  case scratch
  /// A small dark hollow, its far wall lit.
  case pit
  /// A faint film, darker or brighter than the metal, with the rim that drying leaves.
  case stain
  /// A shallow hollow: only its slopes towards and away from the lamp show.
  case dent
  /// A patch with a ragged outline where coating and texture are gone.
  case missingCoating = "missing-coating"
}
