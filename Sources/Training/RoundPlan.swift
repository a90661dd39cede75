/// After which steps the validation pictures are looked at: a round is an epoch, several short ones, or a part of a long one.
public struct RoundPlan: Sendable, Equatable {
  /// Most steps of a round: a longer epoch has several.
  public static let mostSteps = 1000
  /// Fewest steps of a round where epochs are not what was asked for.
  public static let leastSteps = 100

  /// Steps of a pass over the training pictures.
  public let stepsPerEpoch: Int
  /// Steps of a round; in a long epoch its last round may have fewer.
  public let stepsPerRound: Int

  /// A plan.
  ///
  /// - Parameter leastSteps: fewest steps of a round; 1: every epoch is one at least.
  public init(stepsPerEpoch: Int, leastSteps: Int) {
    precondition(stepsPerEpoch > 0 && leastSteps > 0, "an epoch and a round have steps")
    self.stepsPerEpoch = stepsPerEpoch
    if stepsPerEpoch > Self.mostSteps {
      let parts = (stepsPerEpoch + Self.mostSteps - 1) / Self.mostSteps
      stepsPerRound = (stepsPerEpoch + parts - 1) / parts
    } else {
      stepsPerRound = (leastSteps + stepsPerEpoch - 1) / stepsPerEpoch * stepsPerEpoch
    }
  }

  /// Whether every round is one epoch.
  public var roundsAreEpochs: Bool { stepsPerRound == stepsPerEpoch }

  /// Whether a round ends with a step, counted from 1 at the training's beginning.
  public func endsRound(_ step: Int) -> Bool {
    guard stepsPerEpoch > Self.mostSteps else { return step % stepsPerRound == 0 }
    let stepOfEpoch = step % stepsPerEpoch
    return stepOfEpoch == 0 || stepOfEpoch % stepsPerRound == 0
  }
}
