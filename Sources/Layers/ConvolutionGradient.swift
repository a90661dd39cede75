public import Tensors

/// Memory that the backward passes of all layers share.
public final class GradientWorkspace {
  let pool: ThreadPool
  let instructionSet: InstructionSet
  private var rightOperands: [[Int]: PackedMatrix] = [:]
  private var transposedScratch: [FloatBuffer]
  /// One a thread.
  let scratch: [ConvolutionScratch]
  private var tiledOperands: [[Int]: [PackedMatrix]] = [:]
  private var inputPlanes = FloatBuffer(count: 0)
  private var productPlanes = FloatBuffer(count: 0)
  private var factorPlanes = FloatBuffer(count: 0)
  private var perImageScratch = FloatBuffer(count: 0)

  /// An empty workspace for a pool's threads; it grows to what the layers need.
  public init(pool: ThreadPool, instructionSet: InstructionSet) {
    self.pool = pool
    self.instructionSet = instructionSet
    transposedScratch = (0..<pool.threadCount).map { _ in FloatBuffer(count: 0) }
    scratch = (0..<pool.threadCount).map { _ in ConvolutionScratch() }
  }

  /// Room for the gradients of a batch as right-hand side.
  func rightOperand(depth: Int, columns: Int) -> PackedMatrix {
    if let matrix = rightOperands[[depth, columns]] { return matrix }
    let matrix = PackedMatrix(depth: depth, columns: columns, instructionSet: instructionSet)
    rightOperands[[depth, columns]] = matrix
    return matrix
  }

  /// One scratch buffer a thread for transposed products of so many rows.
  func transposed(rows: Int) -> [FloatBuffer] {
    let count = TransposedProductPlan.workspaceCount(rows: rows, instructionSet: instructionSet)
    if transposedScratch[0].count < count {
      transposedScratch = transposedScratch.map { _ in FloatBuffer(count: count) }
    }
    return transposedScratch
  }

  /// Room for the right-hand sides of a tiled form's points.
  func rightOperands(planes: Int, depth: Int, columns: Int) -> [PackedMatrix] {
    let key = [planes, depth, columns]
    if let matrices = tiledOperands[key] { return matrices }
    let matrices = (0..<planes).map { _ in
      PackedMatrix(depth: depth, columns: columns, instructionSet: instructionSet)
    }
    tiledOperands[key] = matrices
    return matrices
  }

  /// Room for the planes of a tiled form's batch: inputs, gradients of products, gradients of factors.
  func planes(inputs: Int, products: Int, factors: Int) -> (FloatBuffer, FloatBuffer, FloatBuffer) {
    if inputPlanes.count < inputs { inputPlanes = FloatBuffer(count: inputs) }
    if productPlanes.count < products { productPlanes = FloatBuffer(count: products) }
    if factorPlanes.count < factors { factorPlanes = FloatBuffer(count: factors) }
    return (inputPlanes, productPlanes, factorPlanes)
  }

  /// Room for a vector of each picture.
  func perImage(count: Int) -> FloatBuffer {
    if perImageScratch.count < count { perImageScratch = FloatBuffer(count: count) }
    return perImageScratch
  }
}

extension ConvolutionPlan {
  /// Gradient of the loss with respect to the weights: for every tap and pair of channels, the sum over all small pixels
  /// of the large map's value times the small map's.
  ///
  /// For a convolution the large map is its input and the small one the gradient of its output; for a transposed
  /// convolution the other way round. The sum of a weight is made by one thread in a fixed order.
  ///
  /// - Parameters:
  ///   - gradient: [kernel row, kernel column, large channel, small channel]; overwritten, or added to.
  func weightGradient(
    large: FeatureMap, small: FeatureMap, into gradient: FloatBuffer, accumulate: Bool, workspace: GradientWorkspace
  ) {
    if let tiled = tiledReducing {
      tiled.weightGradient(
        source: large, target: small, into: gradient, accumulate: accumulate, workspace: workspace)
      return
    }
    let images = small.imageCount
    let depth = images * geometry.smallSide * geometry.smallSide
    let right = workspace.rightOperand(depth: depth, columns: geometry.smallChannels)
    workspace.pool.runRanges(images, grain: max(1, images / (workspace.pool.threadCount * 4))) { images, _ in
      right.pack(pixelsOf: small, images: images)
    }
    // Small blocks of rows balance the threads; each repacks only its own part of the large map.
    let rowsPerKernelRow = geometry.kernel * geometry.largeChannels
    let blockRows = min(rowsPerKernelRow, 128)
    let blocks = (rowsPerKernelRow + blockRows - 1) / blockRows
    let scratch = workspace.transposed(rows: blockRows)
    workspace.pool.run(geometry.kernel * blocks) { task, worker in
      let kernelRow = task / blocks
      let first = task % blocks * blockRows
      self.gradient.multiply(
        rows: min(blockRows, rowsPerKernelRow - first), depth: depth, input: large,
        shift: kernelRow * large.rowStride + first, right: right, output: gradient,
        outputOffset: (kernelRow * rowsPerKernelRow + first) * geometry.smallChannels, accumulate: accumulate,
        workspace: scratch[worker])
    }
  }
}
