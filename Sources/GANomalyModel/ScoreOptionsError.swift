/// A score that cannot be taken.
public enum ScoreOptionsError: Error, Sendable, Equatable {
  /// There is no term.
  case noTerm
  /// A term stands there twice, or the terms are not in their order.
  case order(found: [ScoreOptions.Term])
  /// The side of the box is even, below 3 or larger than what the margin leaves of the picture.
  case localSide(found: Int, room: Int)
  /// A margin is not from 0 to 7 sixteenths of the side.
  case margin(found: Int)
  /// The discriminator has no such block before its features' end.
  case featureBlock(found: Int, count: Int)
  /// The side of the box on a block's map is even, below 1 or larger than what the margin leaves of the map.
  case featureSide(found: Int, block: Int, room: Int)
  /// One term with a weighted sum or a standardised logarithm.
  case nothingToCombine(ScoreOptions.Term)
  /// There are not as many weights as terms.
  case weightCount(found: Int, expected: Int)
  /// A weight is not a finite number above 0.
  case weight(found: Float)
  /// A term is to be standardised, and the model has no mean and deviation of it, or of any term where `known` is nil.
  ///
  /// What is known are the measures of the same term that differ in their box alone and can be standardised.
  case noStatistics(TermMeasure, known: [TermMeasure]?)
  /// A term's logarithm is to be standardised, and the model has a mean and deviation of the term alone.
  case noLogarithm(TermMeasure)
  /// A term is to be standardised, and its deviation is 0: it was the same for all validation pictures.
  case constant(TermMeasure)
  /// A term of the discriminator's features, and the model has no discriminator.
  case noDiscriminator
  /// A rule for the scores of windows that cannot be.
  case pooling(WindowPooling)
  /// A rule for the scores of windows, and the model sees pictures whole.
  case noWindows
  /// Windows so far apart that the score, which leaves out a margin of each, never sees the pixels between.
  case stride(found: Int, margin: Int, largest: Int)
  /// Fewer than two validation pictures: no deviation can be measured.
  case tooFewPictures(found: Int)
}

extension ScoreOptionsError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .noTerm: "a score has at least one term, expected \(Self.termNames)"
    case .order(let found):
      "the terms of a score are '\(found.map(\.rawValue).joined(separator: " "))', expected each of \(Self.termNames) at most "
        + "once and in this order"
    case .localSide(let found, let room):
      "a box side of \(found) is not possible, expected an odd number from 3 to \(room)"
    case .margin(let found):
      "a margin of \(found) sixteenths of the side is not possible, expected \(TermMeasure.margins.lowerBound) to "
        + "\(TermMeasure.margins.upperBound)"
    case .featureBlock(let found, let count): "a feature block of \(found) is not possible, expected 1 to \(count)"
    case .featureSide(let found, let block, let room):
      "a box side of \(found) is not possible on the map of feature block \(block), expected an odd number from 1 to \(room)"
    case .nothingToCombine(let term):
      "combining or standardising the one term '\(term.rawValue)' is not possible, expected two terms or more"
    case .weightCount(let found, let expected): "the sum has \(found) weights, expected one a term: \(expected)"
    case .weight(let found):
      "a weight of \(found) is not possible, expected a number above 0, at most \(ScoreOptions.largestWeight)"
    case .noStatistics(let measure, let known):
      "term '\(measure.name)' cannot be combined: the model has no mean and deviation of it on validation pictures"
        + Self.remedy(known)
    case .noLogarithm(let measure):
      "the logarithm of term '\(measure.name)' cannot be combined: the model has no mean and deviation of it, as where "
        + "the term was 0 for a validation picture; take the standardisation 'plain', or one term alone"
    case .constant(let measure):
      "term '\(measure.name)' cannot be combined: it is the same for all validation pictures, so that its deviation is 0; "
        + "leave it out, or train with validation pictures that differ"
    case .noDiscriminator:
      "terms of features need a discriminator, and the model has none; import it with --discriminator, or take other terms"
    case .pooling(let found):
      "'\(found.text)' is no way to join the scores of windows, expected \(WindowPooling.expected)"
    case .noWindows:
      "there are no scores of windows to be joined: the model sees pictures whole; leave the rule for windows out, or train "
        + "with --window"
    case .stride(let found, let margin, let largest):
      "windows \(found) pixels apart leave pixels between them that the score never sees: it leaves out \(margin) pixels at "
        + "each edge of a window, expected a stride of at most \(largest); take a smaller --local-margin, or train with "
        + "--stride \(largest) or less"
    case .tooFewPictures(let found):
      "a combination of terms needs their means and deviations on at least 2 validation pictures, found \(found); "
        + "add pictures, raise --validation or take one term alone"
    }
  }

  /// What to do where statistics are missing.
  private static func remedy(_ known: [TermMeasure]?) -> String {
    guard let known else { return "; train with at least two validation pictures, or take one term alone" }
    let others = Dictionary(grouping: known.compactMap(\.box), by: \.margin).sorted { $0.key < $1.key }
      .map { margin, boxes in
        let sides = boxes.map(\.side).sorted().map { "\($0)" }.joined(separator: ", ")
        return "\(boxes.count == 1 ? "side" : "sides") \(sides) with margin \(margin)"
      }
    let training = "train with this score, or take one term alone"
    guard !others.isEmpty else { return "; \(training)" }
    return ", but of it with \(others.joined(separator: "; ")); take one of these, \(training)"
  }

  private static var termNames: String {
    ScoreOptions.Term.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
  }
}

extension ScoreOptions {
  /// Whether standardised terms are combined: they need a mean and a deviation each.
  public var isCombination: Bool { terms.count > 1 }

  /// Refuses what no score can be taken of.
  ///
  /// - Throws: `ScoreOptionsError` with what was found and what is valid.
  public func validate(for hyperparameters: Hyperparameters) throws(ScoreOptionsError) {
    guard let first = terms.first else { throw .noTerm }
    guard terms == Term.allCases.filter(terms.contains) else { throw .order(found: terms) }
    guard windowPooling.isPossible else { throw .pooling(windowPooling) }
    for measure in measures { try measure.validate(for: hyperparameters) }
    guard isCombination || (combination == .maximum && standardisation == .plain) else {
      throw .nothingToCombine(first)
    }
    guard case .sum(let weights) = combination else { return }
    guard weights.count == terms.count else { throw .weightCount(found: weights.count, expected: terms.count) }
    for weight in weights where !(weight > 0 && weight <= ScoreOptions.largestWeight) { throw .weight(found: weight) }
  }
}
