public import Imaging

/// Scores prepared pictures with one model's weights, which all lanes share.
public final class Scorer: Sendable {
  /// Packs the model's weights.
  public init(model: Model) throws {}

  /// What one thread needs to score: its scratch memory over the shared weights. Not Sendable: one a thread.
  ///
  /// - Parameter maximumBatch: most pictures scored in one pass; more are taken in turn.
  public func makeLane(maximumBatch: Int) -> ScoringLane { ScoringLane(scorer: self) }
}

/// One thread's way to score.
public final class ScoringLane {
  let scorer: Scorer

  init(scorer: Scorer) { self.scorer = scorer }

  /// Anomaly scores, one a picture; a score depends on its picture and the model alone, to the last bit.
  ///
  /// - Parameter pictures: prepared pictures: side and channels as the model's preparation says.
  /// - Returns: scores in the pictures' order; NaN where the network's arithmetic gave it.
  public func scores(of pictures: [Image]) -> [Float] { pictures.map { _ in 0 } }
}
