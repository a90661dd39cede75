internal import Layers
internal import Tensors

/// The penalty of large weights: a factor times the sum of squares of all convolution kernels, dense ones left out.
enum KernelPenalty {
  /// The penalty of some chains.
  static func value(_ chains: [Chain], factor: Float) -> Float {
    if factor == 0 { return 0 }
    return factor * Float(kernels(chains).reduce(0.0) { $0 + $1.values.sumOfSquares })
  }

  /// Adds the penalty's gradient, 2 * factor * weight, to the kernels' gradients.
  static func addGradient(_ chains: [Chain], factor: Float) {
    if factor == 0 { return }
    for kernel in kernels(chains) { kernel.gradient.add(kernel.values, times: 2 * factor) }
  }

  private static func kernels(_ chains: [Chain]) -> [Parameter] {
    chains.flatMap(\.blocks).filter { $0.description.storage != .kerasDense }.map(\.weight)
  }
}
