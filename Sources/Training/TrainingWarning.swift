/// Something noticed during a training that does not end it.
public enum TrainingWarning: Sendable, Equatable {
  /// A checkpoint could not be written; it is tried again.
  case checkpointFailed(reason: String)
  /// The discriminator's loss vanished and its weights were drawn anew, again and again.
  case discriminatorRedrawn(step: Int, count: Int, within: Int)
  /// The discriminator says the same of every picture and reconstruction.
  case discriminatorConstant(step: Int, spread: Float)
  /// The discriminator's loss has vanished.
  case discriminatorVanished(step: Int, loss: Float)
  /// The discriminator is wrong about nearly everything, and surely so.
  case discriminatorOverwhelmed(step: Int, loss: Float)
  /// The score that was asked for cannot be taken; the model has its variant's own.
  case scoreFailed(reason: String)
  /// Reconstructions of different pictures are all the same; `spread` is their variance over the pictures'.
  case generatorCollapsed(step: Int, spread: Float)

  /// One sentence: what, since when, and what to try.
  public var description: String {
    switch self {
    case .checkpointFailed(let reason):
      "no checkpoint: \(reason); the training goes on and tries again; one that was written before stays whole"
    case .scoreFailed(let reason):
      "\(reason); the model has its variant's own score instead, which 'ganomaly set-score' can change"
    case .discriminatorRedrawn(let step, let count, let within):
      "step \(step): the discriminator's weights were drawn anew \(count) times within \(within) steps: it tells "
        + "reconstructions from pictures without fail and teaches nothing; try a smaller --learning-rate or a larger --batch"
    case .discriminatorConstant(let step, let spread):
      "step \(step): the discriminator has collapsed: it says the same of every picture and reconstruction (spread "
        + "\(spread)); try a smaller --learning-rate or another --seed"
    case .discriminatorVanished(let step, let loss):
      "step \(step): the discriminator's loss has vanished (\(loss)): it tells reconstructions from pictures without "
        + "fail and teaches nothing; try a smaller --learning-rate or a larger --batch"
    case .discriminatorOverwhelmed(let step, let loss):
      "step \(step): the discriminator is lost: its loss is \(loss), where guessing costs 0.69; try a smaller "
        + "--learning-rate or another --seed"
    case .generatorCollapsed(let step, let spread):
      "step \(step): reconstructions of different pictures are all the same (\(spread) of the pictures' variance): the "
        + "generator has collapsed, or the pictures differ by noise alone; try a larger --contextual-weight or another --seed"
    }
  }
}
