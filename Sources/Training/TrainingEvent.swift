public import GANomalyModel

/// What a training tells while it runs.
public enum TrainingEvent: Sendable {
  /// Before the first step.
  case started(Plan)
  /// After every step.
  case step(Step)
  /// After every epoch.
  case epoch(Epoch)

  /// What will be done.
  public struct Plan: Sendable, Equatable {
    /// Pictures that move the weights.
    public var trainingCount: Int
    /// Pictures that choose the epoch.
    public var validationCount: Int
    /// Pictures kept out for the calibration.
    public var calibrationCount: Int
    /// Pictures a step.
    public var batchSize: Int
    /// Steps an epoch.
    public var stepCount: Int
    /// Epochs.
    public var epochCount: Int
  }

  /// One step.
  public struct Step: Sendable, Equatable {
    /// Epoch, counted from 1.
    public var epoch: Int
    /// Step of the epoch, counted from 1.
    public var step: Int
    /// The step's losses.
    public var losses: StepLosses
  }

  /// One epoch.
  public struct Epoch: Sendable, Equatable {
    /// Epoch, counted from 1.
    public var epoch: Int
    /// Mean losses.
    public var losses: TrainingRecord.Epoch
    /// Its weights are the best so far.
    public var isBest: Bool
  }
}
