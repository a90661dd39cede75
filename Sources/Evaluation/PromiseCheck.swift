public import GANomalyModel

/// What false alarms that were counted say of a calibration's promise.
///
/// The promise holds on average over calibrations. One of them flags a part of the good pictures that follows
/// Beta(l, n + 1 - l), n being its pictures and l its rank; of m others like them the number flagged is beta-binomial.
public struct PromiseCheck: Sendable, Equatable {
  /// What was found.
  public enum Finding: Sendable, Equatable {
    /// At most the promised part was flagged.
    case kept
    /// More was, as may happen by chance of which pictures this calibration got.
    case withinChance
    /// So much more that calibrations hardly ever do it to pictures like their own.
    case broken
  }

  /// Chance below which the promise counts as broken: one calibration in twenty, as its bound has it.
  public static let level = 0.05

  /// The promised rate.
  public let rate: Double
  /// The part that was flagged.
  public let found: Double
  /// With which chance a calibration of so many pictures flags as many or more of pictures like its own.
  public let chance: Double

  /// What was found.
  public var finding: Finding { found <= rate ? .kept : chance < Self.level ? .broken : .withinChance }

  /// Compares; nil where nothing is promised, or nothing was counted.
  ///
  /// - Parameters:
  ///   - calibration: the rule.
  ///   - confusion: its verdicts on pictures that it was not made of.
  public init?(of calibration: Calibration, by confusion: Confusion) {
    let count = confusion.falsePositives + confusion.trueNegatives
    let scoreCount = calibration.scores.count
    guard let rate = calibration.falsePositiveRate, let rank = calibration.alarmRank, (1...max(1, scoreCount)) ~= rank,
      scoreCount > 0, let found = confusion.falsePositiveRate
    else { return nil }
    self.rate = rate
    self.found = found
    let law = BetaBinomial(alpha: Double(rank), beta: Double(scoreCount + 1 - rank), count: count)
    chance = law.atLeast(confusion.falsePositives)
  }
}
