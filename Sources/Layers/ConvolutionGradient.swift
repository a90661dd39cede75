public import Tensors

/// Memory that the backward passes of all layers share.
public final class GradientWorkspace {
  let pool: ThreadPool
  let instructionSet: InstructionSet
  private var rightOperands: [[Int]: PackedMatrix] = [:]
  private var transposedScratch: [FloatBuffer]
  /// One a thread.
  let scratch: [ConvolutionScratch]
  private var tiledMemories: [[Int]: TiledMemory] = [:]
  private var inputPlanes = FloatBuffer(count: 0)
  private var rightPlanes = FloatBuffer(count: 0)
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

  /// Memory of a tiled form's gradient for some tiles; layers share all but the tables.
  struct TiledMemory {
    /// Transformed inputs: planes of `inputStride` floats, in them rows of `rowLength`.
    let inputs: FloatBuffer
    let inputStride: Int
    let rowLength: Int
    /// Where the tiles' rows begin in a plane.
    let rows: TransposedProductPlan
    /// Gradients of factors: planes of [depth, columns].
    let factors: FloatBuffer
    fileprivate let size: TileSize
    fileprivate let columns: Int
    fileprivate let instructionSet: InstructionSet
    fileprivate let rightStorage: FloatBuffer

    /// The right-hand sides for so many tiles, at most those that the memory was asked for.
    func right(tiles: Int) -> PackedPlanes {
      PackedPlanes(size, depth: tiles, columns: columns, instructionSet: instructionSet, storage: rightStorage)
    }
  }

  /// Room for the gradient of a tiled form.
  ///
  /// - Parameters:
  ///   - tiles: tiles at once.
  ///   - rowLength: floats from a tile's row to the next, at least `depth`.
  func tiledMemory(_ size: TileSize, tiles: Int, rowLength: Int, depth: Int, columns: Int) -> TiledMemory {
    let key = [size.planes, tiles, rowLength, columns]
    let inputStride = tiles * rowLength
    let (inputCount, factorCount) = (size.planes * inputStride, size.planes * depth * columns)
    let rightCount = PackedPlanes.count(size, depth: tiles, columns: columns, instructionSet: instructionSet)
    if let memory = tiledMemories[key], memory.inputs === inputPlanes, memory.factors === factorPlanes,
      memory.rightStorage === rightPlanes
    {
      return memory
    }
    if inputPlanes.count < inputCount { inputPlanes = FloatBuffer(count: inputCount) }
    if factorPlanes.count < factorCount { factorPlanes = FloatBuffer(count: factorCount) }
    if rightPlanes.count < rightCount { rightPlanes = FloatBuffer(count: rightCount) }
    let memory = TiledMemory(
      inputs: inputPlanes, inputStride: inputStride, rowLength: rowLength,
      rows: TransposedProductPlan(inputRows: (0..<tiles).map { Int64($0 * rowLength) }), factors: factorPlanes,
      size: size, columns: columns, instructionSet: instructionSet, rightStorage: rightPlanes)
    tiledMemories[key] = memory
    return memory
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
