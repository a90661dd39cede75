public import GANomalyModel
public import Layers
public import Tensors

/// The optimiser: one state of steps for a network's parameters.
///
/// Source: D. Kingma, J. Ba, "Adam" (2015); constants of samet-akcay/ganomaly, lib/model.py, and of Keras.
public struct Adam: Sendable {
  /// Size of a step.
  public var learningRate: Double
  /// Decay of the mean gradient.
  public var beta1 = 0.5
  /// Decay of the mean squared gradient.
  public var beta2 = 0.999
  /// Added to the denominator.
  public var epsilon = 1e-8
  /// Where epsilon stands.
  public var epsilonPlace = EpsilonPlace.afterCorrection

  /// The two published places of epsilon.
  public enum EpsilonPlace: Sendable {
    /// PyTorch: rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon).
    case afterCorrection
    /// Keras: rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).
    case beforeCorrection
  }
  /// Steps done.
  public var stepCount = 0

  /// An optimiser before its first step.
  public init(learningRate: Double) { self.learningRate = learningRate }

  /// A variant's own constants, or another learning rate.
  public init(for variant: Variant, learningRate: Double? = nil) {
    switch variant {
    case .paper: self.init(learningRate: learningRate ?? 2e-4)
    case .keras:
      self.init(learningRate: learningRate ?? 1e-3)
      beta1 = 0.9
      epsilon = 1e-7
      epsilonPlace = .beforeCorrection
    }
  }

  /// One step for all parameters, from the gradients they hold.
  public mutating func update(_ parameters: [Parameter], pool: ThreadPool) {
    stepCount += 1
    let step = AdamStep(
      step: stepCount, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      correctsEpsilon: epsilonPlace == .beforeCorrection)
    let share = 1 << 16
    let tasks = parameters.flatMap { parameter in
      stride(from: 0, to: parameter.values.count, by: share).map { (parameter, $0) }
    }
    pool.run(tasks.count) { task, _ in
      let (parameter, start) = tasks[task]
      step.update(
        start..<min(parameter.values.count, start + share), values: parameter.values, gradient: parameter.gradient,
        firstMoment: parameter.firstMoment, secondMoment: parameter.secondMoment)
    }
  }
}
