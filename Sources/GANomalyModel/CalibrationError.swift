/// Scores that no calibration can be made of.
public enum CalibrationError: Error, Sendable, Equatable {
  /// The rate is not between 0 and 1.
  case rate(found: Double)
  /// The confidence is not between 0 and 1.
  case confidence(found: Double)
  /// The quantile where a tail begins is not between 0 and 1.
  case initialQuantile(found: Double)
  /// A cost is not above 0.
  case cost(found: Double)
  /// There are too few scores for the rate: `needed` is nil where no file could hold so many.
  case tooFew(found: Int, needed: Int?, rate: Double)
  /// There are too few scores for the rate with the confidence.
  case tooFewForConfidence(found: Int, needed: Int?, rate: Double, confidence: Double)
  /// There are too few scores above the initial quantile for a tail: `needed` pictures give enough where none are equal.
  case tooFewExcesses(found: Int, count: Int, needed: Int?, initialQuantile: Double)
  /// There are more scores above the initial quantile than a tail is fitted to.
  case tooManyExcesses(found: Int, initialQuantile: Double)
  /// The rate is not below the share of scores in the tail.
  case rateAboveTail(rate: Double, share: Double, initialQuantile: Double)
  /// The tail that was fitted does not describe the scores, or gives no threshold.
  case tail(ParetoTail.Fault)
  /// A method needs labelled pictures of both kinds.
  case labels(Calibration.Method, normal: Int, anomalous: Int)
  /// A score is NaN or infinite.
  case notFinite(picture: String, score: Float)
  /// A threshold is NaN or infinite.
  case threshold(found: Float)
}

extension CalibrationError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .rate(let found):
      return "a false-positive rate of \(found) is not possible, expected a number above 0 and below 1"
    case .confidence(let found):
      return "a confidence of \(found) is not possible, expected a number above 0 and below 1, 0.95 for instance"
    case .initialQuantile(let found):
      return "an initial quantile of \(found) is not possible, expected a number above 0 and below 1, "
        + "\(CalibrationRule.defaultInitialQuantile) for instance"
    case .cost(let found):
      return "a cost of \(found) is not possible, expected a number above 0"
    case .tooFew(let found, let needed, let rate):
      return "a false-positive rate of \(rate) needs at least \(Self.text(needed)) normal pictures, found \(found): "
        + "add pictures or choose a higher rate"
    case .tooFewForConfidence(let found, let needed, let rate, let confidence):
      return "a false-positive rate of \(rate) with a confidence of \(confidence) needs at least \(Self.text(needed)) "
        + "normal pictures, found \(found): add pictures, or choose a higher rate or a lower confidence"
    case .tooFewExcesses(let found, let count, let needed, let quantile):
      return "a tail above the quantile \(quantile) needs at least \(ParetoTail.fewestExcesses) scores above it, found "
        + "\(found) of \(count) pictures; \(Self.text(needed)) pictures with different scores would do: add pictures or "
        + "choose a lower initial quantile"
    case .tooManyExcesses(let found, let quantile):
      return
        "a tail above the quantile \(quantile) is fitted to at most \(ParetoTail.mostExcesses) scores above it, found "
        + "\(found): choose a higher initial quantile"
    case .rateAboveTail(let rate, let share, let quantile):
      return "a false-positive rate of \(rate) lies inside the scores: it must be below \(share), the share of scores "
        + "above the initial quantile \(quantile); choose a lower one, or method 'conformal'"
    case .tail(let fault): return fault.description
    case .labels(let method, let normal, let anomalous):
      return "method '\(method.rawValue)' needs normal and anomalous pictures, found \(normal) normal and \(anomalous) "
        + "anomalous ones"
    case .notFinite(let picture, let score):
      return "the score of '\(picture)' is \(score), expected a finite number: the model's weights are damaged"
    case .threshold(let found):
      return "a threshold of \(found) is not possible, expected a finite number"
    }
  }

  private static func text(_ needed: Int?) -> String { needed.map(String.init) ?? "more than 1000000000" }
}
