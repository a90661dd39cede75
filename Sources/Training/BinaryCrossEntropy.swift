private import Tensors

/// Binary cross-entropy of a probability, with the limits of the two frameworks.
enum BinaryCrossEntropy {
  /// -ln p for a label of one, -ln (1 - p) for zero.
  ///
  /// Source: PyTorch `binary_cross_entropy`: logarithms are not below -100; the gradient's denominator not below 1e-12.
  static func loss(prediction: Float, isOne: Bool) -> Double {
    let p = Double(prediction)
    return -max(-100, ElementaryFunctions.logarithm(isOne ? p : 1 - p))
  }

  /// The loss's derivative with respect to the logit.
  static func logitGradient(prediction: Float, isOne: Bool) -> Float {
    let p = prediction
    let outer = (p - (isOne ? 1 : 0)) / max((1 - p) * p, 1e-12)
    return outer * (1 - p) * p
  }

  /// Least distance of a probability from 0 and from 1 in Keras.
  private static let clip: Float = 1e-7

  /// The same loss in Keras: probabilities are kept 1e-7 away from 0 and from 1.
  ///
  /// Source: Keras 3 `binary_crossentropy`.
  static func clippedLoss(prediction: Float, isOne: Bool) -> Double {
    let p = Double(min(max(prediction, clip), 1 - clip))
    return -ElementaryFunctions.logarithm(isOne ? p : 1 - p)
  }

  /// The clipped loss's derivative with respect to the logit: zero where the probability was moved.
  static func clippedLogitGradient(prediction: Float, isOne: Bool) -> Float {
    if prediction < clip || prediction > 1 - clip { return 0 }
    return prediction - (isOne ? 1 : 0)
  }
}
