/// How a model was trained: what `describe` tells and a second training repeats.
public struct TrainingRecord: Sendable, Equatable {
  /// One epoch's mean losses.
  public struct Epoch: Sendable, Equatable {
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

    /// An epoch from its losses.
    public init(
      adversarial: Float, contextual: Float, encoder: Float, discriminator: Float, validation: Float? = nil
    ) {
      self.adversarial = adversarial
      self.contextual = contextual
      self.encoder = encoder
      self.discriminator = discriminator
      self.validation = validation
    }
  }

  /// Pictures that moved the weights.
  public var trainingCount: Int
  /// Pictures that chose the epoch.
  public var validationCount: Int
  /// Pictures kept out of both for the calibration at the end.
  public var calibrationCount: Int
  /// Training and validation pictures, by `PictureSetDigest`.
  public var setDigest: String
  /// The seed of every random number.
  public var seed: UInt64
  /// Pictures a step.
  public var batchSize: Int
  /// The epoch whose weights these are, counted from 1; 0 for the initial weights.
  public var chosenEpoch: Int
  /// The losses of every epoch that ran.
  public var epochs: [Epoch]

  /// A record from its parts.
  public init(
    trainingCount: Int, validationCount: Int, calibrationCount: Int, setDigest: String, seed: UInt64, batchSize: Int,
    chosenEpoch: Int, epochs: [Epoch]
  ) {
    self.trainingCount = trainingCount
    self.validationCount = validationCount
    self.calibrationCount = calibrationCount
    self.setDigest = setDigest
    self.seed = seed
    self.batchSize = batchSize
    self.chosenEpoch = chosenEpoch
    self.epochs = epochs
  }
}
