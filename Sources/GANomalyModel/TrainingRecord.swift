/// How a model was trained: what `describe` tells and a second training repeats.
public struct TrainingRecord: Sendable, Equatable {
  /// What the steps between two looks at the validation pictures came to: an epoch, several short ones, or a part of a long one.
  public struct Round: Sendable, Equatable {
    /// Mean squared difference of the discriminator's features.
    public var adversarial: Float
    /// Mean absolute difference of picture and reconstruction.
    public var contextual: Float
    /// Mean squared difference of the latent vectors.
    public var encoder: Float
    /// The discriminator's loss.
    public var discriminator: Float
    /// Contextual loss on the validation pictures in evaluation mode; nil without such pictures.
    public var validation: Float?
    /// Steps done at its end, from the training's beginning; nil where the file does not say.
    public var stepCount: Int?

    /// A round from its mean losses.
    public init(
      adversarial: Float, contextual: Float, encoder: Float, discriminator: Float, validation: Float? = nil,
      stepCount: Int? = nil
    ) {
      self.adversarial = adversarial
      self.contextual = contextual
      self.encoder = encoder
      self.discriminator = discriminator
      self.validation = validation
      self.stepCount = stepCount
    }
  }

  /// What ended a training.
  public enum Ending: String, Sendable, CaseIterable {
    /// All epochs that were asked for are done.
    case epochs
    /// All steps that were asked for are done.
    case steps
    /// The validation pictures did not improve any more.
    case patience
    /// The time that was allowed is over.
    case minutes
    /// The user.
    case interruption
  }

  /// Pictures that moved the weights.
  public var trainingCount: Int
  /// Pictures that chose the round.
  public var validationCount: Int
  /// Pictures kept out of both for the calibration at the end.
  public var calibrationCount: Int
  /// Training and validation pictures, by `PictureSetDigest`.
  public var setDigest: String
  /// The seed of every random number.
  public var seed: UInt64
  /// Pictures a step.
  public var batchSize: Int
  /// The round whose weights these are, counted from 1; 0 for weights from before the first one's end.
  public var chosenRound: Int
  /// The losses of every round that ended.
  public var rounds: [Round]
  /// Steps of a pass over the training pictures; nil where the file does not say.
  public var stepsPerEpoch: Int?
  /// What ended the training; nil while it runs, and where the file does not say.
  public var ending: Ending?
  /// More steps than any training does: what a file may claim.
  public static let mostSteps = 1 << 40

  /// The options that decided the numbers and the length, by their names on the command line.
  public var options: [String: String] = [:]

  /// A record from its parts.
  public init(
    trainingCount: Int, validationCount: Int, calibrationCount: Int, setDigest: String, seed: UInt64, batchSize: Int,
    chosenRound: Int, rounds: [Round]
  ) {
    self.trainingCount = trainingCount
    self.validationCount = validationCount
    self.calibrationCount = calibrationCount
    self.setDigest = setDigest
    self.seed = seed
    self.batchSize = batchSize
    self.chosenRound = chosenRound
    self.rounds = rounds
  }
}
