public import GANomalyModel

/// When a training ends: whichever of its parts comes first.
public struct LengthRule: Sendable, Equatable {
  /// Passes over the training pictures.
  public var epochCount: Int?
  /// Steps.
  public var stepCount: Int?
  /// Minutes of this run; what comes out of it depends on the machine.
  public var minutes: Double?
  /// Steps without a gain of the validation pictures after which the training ends.
  public var patience: Int?
  /// The share by which the validation loss must fall below the last gain's for a gain.
  public var smallestGain = Self.defaultGain

  /// Steps of patience where no length is given.
  public static let defaultPatience = 1000
  /// The smallest gain where none is given.
  public static let defaultGain = 0.01
  /// Most steps where only patience ends a training.
  public static let defaultStepLimit = 20_000

  /// A rule from its parts.
  ///
  /// Where nothing else ends it, patience does; where patience alone would, there is a limit of steps.
  public init(
    epochCount: Int? = nil, stepCount: Int? = nil, minutes: Double? = nil, patience: Int? = nil,
    smallestGain: Double? = nil
  ) {
    let hasLimit = epochCount != nil || stepCount != nil || minutes != nil
    self.epochCount = epochCount
    self.stepCount = hasLimit ? stepCount : Self.defaultStepLimit
    self.minutes = minutes
    self.patience = patience ?? (hasLimit ? nil : Self.defaultPatience)
    self.smallestGain = smallestGain ?? Self.defaultGain
  }

  /// The part of the rule that ends a training now; nil where it goes on.
  ///
  /// - Parameters:
  ///   - stepCount: steps done.
  ///   - stepsPerEpoch: steps of a pass over the training pictures.
  ///   - rounds: the rounds that have ended.
  ///   - elapsedMinutes: how long this run has trained; nil before its first step, which is always done.
  public func ending(
    stepCount: Int, stepsPerEpoch: Int, rounds: [TrainingRecord.Round], elapsedMinutes: Double?
  ) -> TrainingRecord.Ending? {
    if let epochCount, stepCount >= epochCount * stepsPerEpoch { return .epochs }
    if let limit = self.stepCount, stepCount >= limit { return .steps }
    if let patience, stepsWithoutGain(rounds) >= patience { return .patience }
    if let minutes, let elapsedMinutes, elapsedMinutes >= minutes { return .minutes }
    return nil
  }

  /// Steps between the last gain of the validation loss and the last round's end; 0 where there is no validation.
  public func stepsWithoutGain(_ rounds: [TrainingRecord.Round]) -> Int {
    var least = Float.infinity
    var lastGain = 0
    for round in rounds {
      guard let validation = round.validation, let stepCount = round.stepCount else { return 0 }
      if validation < least * Float(1 - smallestGain) || least == .infinity {
        least = validation
        lastGain = stepCount
      }
    }
    return (rounds.last?.stepCount ?? 0) - lastGain
  }

  /// Most steps that the rule allows; nil where only time or patience ends it.
  public func mostSteps(stepsPerEpoch: Int) -> Int? {
    [epochCount.map { $0 * stepsPerEpoch }, stepCount].compactMap(\.self).min()
  }

  /// The rule in words: `after 15 epochs`.
  public var description: String {
    var limits: [String] = []
    if let epochCount { limits.append(Self.amount(epochCount, "epoch")) }
    if let stepCount { limits.append(Self.amount(stepCount, "step")) }
    if let minutes {
      limits.append(minutes == 1 ? "1 minute" : "\(minutes) minutes")
    }
    var text = limits.joined(separator: " or ")
    if limits.count > 1 { text += ", whichever comes first" }
    if minutes != nil { text += " (the result depends on the machine then)" }
    guard let patience else { return "after \(text)" }
    let end =
      "when the validation loss has not fallen by \(Self.percentage(smallestGain)) within \(Self.amount(patience, "step"))"
    return limits.isEmpty ? end : "\(end), at the latest after \(text)"
  }

  private static func amount(_ count: Int, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }

  private static func percentage(_ share: Double) -> String {
    let hundredths = (share * 10_000).rounded() / 100
    return hundredths == hundredths.rounded() ? "\(Int(hundredths)) %" : "\(hundredths) %"
  }
}
