public import Linux

/// A labelled picture with its score.
public struct EvaluatedPicture: Sendable {
  /// Its file.
  public var path: BytePath
  /// Its score, a finite number.
  public var score: Float
  /// The kind of anomaly, as its folder names it; nil for a normal one, and where kinds are not told apart.
  public var kind: String?
  /// When its file was last changed, nanoseconds since 1970; nil where that is not known.
  public var modified: Int64?
  /// What the report shows of it; nil where it was not chosen.
  public var shown: PictureShown?

  /// A picture from its parts.
  public init(path: BytePath, score: Float, kind: String? = nil, modified: Int64? = nil, shown: PictureShown? = nil) {
    self.path = path
    self.score = score
    self.kind = kind
    self.modified = modified
    self.shown = shown
  }
}
