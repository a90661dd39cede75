public import Imaging

/// A drawn picture of camera size and where its defect is.
public struct CameraPicture: Sendable, Equatable {
  /// The picture, grey.
  public let image: Image
  /// Grey, of the picture's size: 255 where the defect changes it, 0 elsewhere; nil for a sound picture.
  public let mask: Image?
}
