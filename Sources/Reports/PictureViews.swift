public import Explanation
public import Imaging

/// A picture as the network sees it, and what the network makes of it: prepared for a report, in bounded size.
public struct PictureViews: Sendable, Equatable {
  /// The prepared picture.
  public let original: Image
  /// The network's reconstruction, of the same shape.
  public let reconstruction: Image
  /// The large picture whose most suspicious window the others show, with its regions and its heat; nil for pictures that
  /// the network sees whole.
  public let panel: HeatPanel?

  /// Views of a picture; original and reconstruction have one shape.
  public init(original: Image, reconstruction: Image, panel: HeatPanel? = nil) {
    self.original = original
    self.reconstruction = reconstruction
    self.panel = panel
  }
}

/// What is shown of a picture, or why nothing is.
public enum PictureShown: Sendable, Equatable {
  /// Its views.
  case views(PictureViews)
  /// One sentence.
  case missing(String)
}
