public import Imaging

/// A trained network with all that belongs to it: what a model file holds.
public struct Model: Sendable {
  /// The network's shapes.
  public var hyperparameters: Hyperparameters
  /// How pixels become input.
  public var preparation: Preparation
  /// The rule for verdicts; nil until calibrated.
  public var calibration: Calibration?
  /// Weights and running statistics of generator and discriminator.
  public var state: StateDictionary
  /// First 16 bytes of the SHA-256 of each prepared picture that training or validation used, one after the other.
  public var trainingDigests: [UInt8]

  /// A model without a calibration.
  public init(hyperparameters: Hyperparameters, preparation: Preparation, state: StateDictionary) {
    self.hyperparameters = hyperparameters
    self.preparation = preparation
    self.state = state
    self.trainingDigests = []
  }
}
