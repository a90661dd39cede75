internal import Tensors

/// One thread's memory for convolutions, as large as the largest that it has met.
public final class ConvolutionScratch {
  private var patches = FloatBuffer(count: 0)
  private var inputs = FloatBuffer(count: 0)
  private var products = FloatBuffer(count: 0)

  /// No memory yet.
  public init() {}

  /// Back to no memory.
  func returnMemory() {
    patches = FloatBuffer(count: 0)
    inputs = FloatBuffer(count: 0)
    products = FloatBuffer(count: 0)
  }

  func columns(_ count: Int) -> FloatBuffer {
    if patches.count < count { patches = FloatBuffer(count: count) }
    return patches
  }

  func tiles(_ counts: (inputs: Int, products: Int)) -> (inputs: FloatBuffer, products: FloatBuffer) {
    if inputs.count < counts.inputs { inputs = FloatBuffer(count: counts.inputs) }
    if products.count < counts.products { products = FloatBuffer(count: counts.products) }
    return (inputs, products)
  }
}
