public import GANomalyModel
public import Imaging

/// What a training tells while it runs.
public enum TrainingEvent: Sendable {
  /// Before the first step.
  case started(Plan)
  /// After every step.
  case step(Step)
  /// After every round.
  case round(Round)
  /// Something that a person should know; the training goes on.
  case warning(TrainingWarning)

  /// What will be done.
  public struct Plan: Sendable, Equatable {
    /// Pictures that move the weights.
    public var trainingCount: Int
    /// Pictures that choose the round.
    public var validationCount: Int
    /// Pictures kept out for the calibration.
    public var calibrationCount: Int
    /// Pictures a step; windows where the network sees those.
    public var batchSize: Int
    /// The windows that the network sees; nil where it sees pictures whole.
    public var windows: Windows?
    /// Bytes that the steps take beside the pictures, to within about a fifth.
    public var memoryBytes: Int
    /// When the validation pictures are looked at; it has the steps of an epoch.
    public var rounds: RoundPlan
    /// When it ends.
    public var length: LengthRule
    /// Steps that were done before, in the training that goes on here.
    public var stepsDone: Int
  }

  /// The windows that a network sees of larger pictures.
  public struct Windows: Sendable, Equatable {
    /// A window's side in pixels.
    public var side: Int
    /// Windows of an epoch, at other places in every one.
    public var epochCount: Int
    /// Windows of the pictures that choose the round, at the same places at every look.
    public var validationCount: Int
  }

  /// One step.
  public struct Step: Sendable, Equatable {
    /// Step, counted from 1 at the training's beginning.
    public var number: Int
    /// Epoch, counted from 1.
    public var epoch: Int
    /// Step of the epoch, counted from 1.
    public var stepOfEpoch: Int
    /// Pictures of the step; windows where the network sees those.
    public var imageCount: Int
    /// The step's losses.
    public var losses: StepLosses
  }

  /// One round.
  public struct Round: Sendable {
    /// Round, counted from 1.
    public var number: Int
    /// Mean losses, and the steps done.
    public var losses: TrainingRecord.Round
    /// Its weights are the best so far.
    public var isBest: Bool
    /// Steps since the validation loss last fell by the smallest gain.
    public var stepsWithoutGain: Int
    /// Some pictures that did not train, the same ones every round, and what the network makes of them.
    public var reconstructions: [Reconstruction]
  }

  /// A picture and what the network makes of it.
  public struct Reconstruction: Sendable, Equatable {
    /// The prepared picture, or a window of it.
    public var picture: Image
    /// The network's output, rounded to 8 bits.
    public var reconstruction: Image
  }
}
