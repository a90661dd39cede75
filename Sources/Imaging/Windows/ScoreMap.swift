/// A score for every pixel of a picture, or for every cell of one: higher means more anomalous.
public struct ScoreMap: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `height * width` scores, rows top to bottom, of any finite value.
  public let scores: [Float]

  /// A map from its scores.
  public init(width: Int, height: Int, scores: [Float]) {
    precondition(width > 0 && height > 0, "a map has at least one pixel")
    precondition(scores.count == width * height, "a map has width x height scores")
    self.width = width
    self.height = height
    self.scores = scores
  }

  /// The score of a pixel.
  public subscript(pixel: PixelPosition) -> Float { scores[pixel.row * width + pixel.column] }

  /// The connected regions in which the score exceeds a level, strictly; in the order of `ConnectedRegion.components`.
  ///
  /// - Parameter level: what pixels must exceed; not NaN.
  public func regions(above level: Float) -> [ConnectedRegion] {
    precondition(!level.isNaN, "a level is a number")
    return ConnectedRegion.components(width: width, height: height) { scores[$0] > level }
  }

  /// The highest score in a region of this map, and its first place there.
  public func peak(in region: ConnectedRegion) -> (score: Float, cell: PixelPosition) {
    var peak = (score: -Float.infinity, cell: region.centre)
    for run in region.runs {
      for column in run.columns where scores[run.row * width + column] > peak.score {
        peak = (scores[run.row * width + column], PixelPosition(column: column, row: run.row))
      }
    }
    return peak
  }
}
