public import Imaging

/// A picture as the network sees it, and what the network makes of it: prepared for a report, in bounded size.
public struct PictureViews: Sendable, Equatable {
  /// The prepared picture.
  public let original: Image
  /// The network's reconstruction, of the same shape.
  public let reconstruction: Image

  /// Views of a picture; both have one shape.
  public init(original: Image, reconstruction: Image) {
    self.original = original
    self.reconstruction = reconstruction
  }
}

/// What is shown of a picture, or why nothing is.
public enum PictureShown: Sendable, Equatable {
  /// Its views.
  case views(PictureViews)
  /// One sentence.
  case missing(String)
}
