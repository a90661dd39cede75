private import Tensors

/// Binary cross-entropy of a probability, with PyTorch's limits.
///
/// Source: PyTorch `binary_cross_entropy`: logarithms are not below -100; the gradient's denominator not below 1e-12.
enum BinaryCrossEntropy {
  /// -ln p for real pictures, -ln (1 - p) for others.
  static func loss(prediction: Float, isReal: Bool) -> Double {
    let p = Double(prediction)
    return -max(-100, ElementaryFunctions.logarithm(isReal ? p : 1 - p))
  }

  /// The loss's derivative with respect to the logit.
  static func logitGradient(prediction: Float, isReal: Bool) -> Float {
    let p = prediction
    let outer = (p - (isReal ? 1 : 0)) / max((1 - p) * p, 1e-12)
    return outer * (1 - p) * p
  }
}
