internal import GANomalyModel
internal import Imaging

/// Takes many scores of pictures at once: candidates whose windows lie at the same places share them.
struct CandidateScoring: Sendable {
  /// Candidates whose terms leave out the same margin of a window.
  private struct Group {
    /// Pixels at each edge.
    let margin: Int
    /// The terms of all their rules, each once.
    let measures: [TermMeasure]
    /// The candidates.
    let candidates: [ScoreCandidate]
    /// Their places among all.
    let places: [Int]
  }

  private let count: Int
  private let groups: [Group]

  /// A way to take the scores of candidates.
  ///
  /// - Parameter hasWindows: whether the model looks at windows; a picture that is seen whole is one whatever the margin.
  init(_ candidates: [ScoreCandidate], for hyperparameters: Hyperparameters, hasWindows: Bool) {
    count = candidates.count
    let places = Dictionary(grouping: candidates.indices) { place in
      hasWindows ? TermMeasure.windowMargin(of: candidates[place].rule.measures, for: hyperparameters) : 0
    }
    groups = places.sorted { $0.key < $1.key }.map { margin, places in
      var measures: [TermMeasure] = []
      for measure in places.flatMap({ candidates[$0].rule.measures }) where !measures.contains(measure) {
        measures.append(measure)
      }
      return Group(margin: margin, measures: measures, candidates: places.map { candidates[$0] }, places: places)
    }
  }

  /// The scores of all candidates, one list a picture, in the candidates' order.
  ///
  /// - Parameter lane: of a scorer with the terms of all rules.
  func scores(of pictures: [Image], _ lane: PictureLane) -> [[Float]] {
    var scores = [[Float]](repeating: [Float](repeating: .nan, count: count), count: pictures.count)
    for group in groups {
      let terms = lane.windowTerms(of: pictures, group.measures, margin: group.margin)
      for (picture, windows) in terms.enumerated() {
        for (place, score) in zip(group.places, group.candidates.scores(ofWindows: windows)) {
          scores[picture][place] = score
        }
      }
    }
    return scores
  }
}
