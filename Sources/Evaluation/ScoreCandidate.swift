public import GANomalyModel

/// A score that could be taken of a picture: a rule for each window, and how the windows' scores are joined.
public struct ScoreCandidate: Sendable, Equatable {
  /// From terms to the score of a window, or of a picture that is seen whole.
  public let rule: ScoreRule
  /// How the scores of windows become the picture's.
  public let pooling: WindowPooling

  /// A candidate from its parts.
  public init(rule: ScoreRule, pooling: WindowPooling = .maximum) {
    self.rule = rule
    self.pooling = pooling
  }

  /// The ways to join windows that are compared where a model has windows.
  public static let comparedPoolings: [WindowPooling] = [
    .maximum, .meanOfTop(3), .meanOfTop(10), .quantile(0.99), .quantile(0.95),
  ]

  /// Its name in tables: the rule's, and behind it, where it is not the maximum, how windows are joined.
  public var name: String { pooling == .maximum ? rule.name : "\(rule.name) \(pooling.text)" }
}

extension [ScoreCandidate] {
  /// The score of each candidate for one picture.
  ///
  /// - Parameter windows: the terms of its windows, one list for a picture that is seen whole; all terms of the rules are
  ///   among them.
  func scores(ofWindows windows: [TermValues]) -> [Float] {
    var scores: [Float] = []
    scores.reserveCapacity(count)
    var last: (rule: ScoreRule, scores: [Float])?
    for candidate in self {
      // Candidates of one rule stand behind each other.
      let windowScores = last?.rule == candidate.rule ? last?.scores ?? [] : windows.map(candidate.rule.score)
      last = (candidate.rule, windowScores)
      scores.append(candidate.pooling.score(windowScores))
    }
    return scores
  }
}
