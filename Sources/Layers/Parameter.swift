public import Tensors

/// A trainable run of values with its gradient and Adam's moments.
public final class Parameter: Sendable {
  /// The values.
  public let values: FloatBuffer
  /// Gradient of the loss with respect to each value.
  public let gradient: FloatBuffer
  /// Adam's mean of gradients.
  public let firstMoment: FloatBuffer
  /// Adam's mean of squared gradients.
  public let secondMoment: FloatBuffer

  /// Zeros everywhere.
  public init(count: Int) {
    values = FloatBuffer(count: count)
    gradient = FloatBuffer(count: count)
    firstMoment = FloatBuffer(count: count)
    secondMoment = FloatBuffer(count: count)
  }
}
