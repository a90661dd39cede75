internal import CMatrixKernel

/// Winograd's fast correlation with two taps a side: tiles of outputs from products of transformed inputs and weights.
///
/// A tile of m x m outputs takes (m + 1)^2 products instead of 4 m^2. Every product and sum has a fixed order: a tile's
/// values depend on neither the other tiles nor the instruction set.
///
/// Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv 1509.09308; the points
/// 0, 1, -1, 1/2 and infinity after B. Barabasz and others, "Error analysis and improving the accuracy of Winograd
/// convolution for deep neural networks", arXiv 1803.10986.
public enum TileSize: Int, Sendable, CaseIterable {
  /// 2 x 2 outputs from 9 products instead of 16.
  case two = 2
  /// 4 x 4 outputs from 25 products instead of 64.
  case four = 4

  /// Outputs along a side.
  public var outputs: Int { rawValue }
  /// Inputs, and points, along a side.
  public var points: Int { rawValue + 1 }
  /// Products of a tile.
  public var planes: Int { points * points }
}

extension TileSize {
  /// Gradients of weights' factors to those of 2 x 2 taps: the transpose of `PackedPlanes.packFactors`.
  ///
  /// - Parameters:
  ///   - factors: `planes` planes of `planeStride` floats, of which `count` from `offset` are read.
  ///   - gradient: overwritten or added to, `count` floats from each of the taps' offsets.
  public func foldGradients(
    _ factors: FloatBuffer, planeStride: Int, offset: Int, count: Int, into gradient: FloatBuffer, taps: [Int],
    accumulate: Bool, instructionSet: InstructionSet
  ) {
    precondition(
      taps.count == 4 && taps.allSatisfy { $0 >= 0 && $0 + count <= gradient.count }, "four taps within the gradient")
    precondition(
      offset >= 0 && offset + count <= planeStride && planes * planeStride <= factors.count, "the planes are too small")
    var arguments = cmk_factor_gradients(
      outputs: outputs, count: count, u: factors.base + offset, u_plane: planeStride, target: gradient.base,
      taps: (taps[0], taps[1], taps[2], taps[3]), accumulate: accumulate ? 1 : 0)
    cmk_fold_gradients(instructionSet.code, &arguments)
  }
}
