internal import Tensors

extension TiledPlan {
  /// Gradient of the loss with respect to the weights, of the form from large to small, for all pictures of a batch.
  ///
  /// The transforms are transposed: products sum over tiles, plane by plane, in a fixed order.
  ///
  /// - Parameters:
  ///   - source: the large map: a convolution's input, or the gradient of a transposed convolution's output.
  ///   - target: the small map: the gradient of a convolution's output, or a transposed convolution's input.
  func weightGradient(
    source: FeatureMap, target: FeatureMap, into gradient: FloatBuffer, accumulate: Bool, workspace: GradientWorkspace
  ) {
    let (depth, columns) = (form.depth, form.outputChannels)
    let (images, tilesPerImage) = (source.imageCount, form.tilesPerImage)
    // Whole blocks of the products' sums: where the pictures are parted changes no bit.
    let blockImages = min(images, max(1, Self.gradientTiles / tilesPerImage))
    let memory = workspace.tiledMemory(
      form.size, tiles: blockImages * tilesPerImage, rowLength: depth + Self.cacheLine, depth: depth, columns: columns)
    let rowsOfTask = gradientRows(depth: depth, threadCount: workspace.pool.threadCount)
    let scratch = workspace.transposed(rows: rowsOfTask)
    for first in stride(from: 0, to: images, by: blockImages) {
      let block = first..<min(images, first + blockImages)
      let right = memory.right(tiles: block.count * tilesPerImage)
      workspace.pool.runRanges(block.count, grain: 1) { images, _ in
        for image in images { transform(first + image, row: image * tilesPerImage, source, target, memory, right) }
      }
      let isLast = block.upperBound == images
      workspace.pool.runRanges(depth, grain: rowsOfTask) { rows, worker in
        for plane in 0..<form.size.planes {
          let shift = plane * memory.inputStride + rows.lowerBound
          memory.rows.multiply(
            rows: rows.count, depth: right.depth, input: memory.inputs, shift: shift,
            nextShift: plane + 1 < form.size.planes ? shift + memory.inputStride : nil, right: right, plane: plane,
            output: memory.factors, outputOffset: (plane * depth + rows.lowerBound) * columns, accumulate: first > 0,
            workspace: scratch[worker])
        }
        if isLast { fold(rows, memory.factors, into: gradient, accumulate: accumulate, workspace.instructionSet) }
      }
    }
  }

  /// Both transforms of a picture: its tiles are rows of the planes from `row` on.
  private func transform(
    _ image: Int, row: Int, _ source: FeatureMap, _ target: FeatureMap, _ memory: GradientWorkspace.TiledMemory,
    _ right: PackedPlanes
  ) {
    let part = form.parts[0]
    for (index, phase) in part.phases.enumerated() {
      input.transformInputs(
        form.size, count: form.tilesPerImage, of: source, offset: image * inputImageStride + phase.inputOffset,
        into: memory.inputs, targetOffset: row * memory.rowLength, planeStride: memory.inputStride,
        rowLength: memory.rowLength, firstColumn: index * form.inputChannels, instructionSet: right.instructionSet)
    }
    output.transformGradients(
      count: form.tilesPerImage, of: target, offset: image * outputImageStride + part.outputOffset, into: right,
      firstRow: row)
  }

  /// Turns the gradients of some rows of factors into those of taps, while the caches have them.
  private func fold(
    _ rows: Range<Int>, _ factors: FloatBuffer, into gradient: FloatBuffer, accumulate: Bool, _ set: InstructionSet
  ) {
    let (channels, columns) = (form.inputChannels, form.outputChannels)
    for (index, phase) in form.parts[0].phases.enumerated() {
      let some = rows.clamped(to: index * channels..<(index + 1) * channels)
      if some.isEmpty { continue }
      let first = (some.lowerBound - index * channels) * columns
      form.size.foldGradients(
        factors, planeStride: form.depth * columns, offset: some.lowerBound * columns, count: some.count * columns,
        into: gradient, taps: phase.taps.map { $0 + first }, accumulate: accumulate, instructionSet: set)
    }
  }

  /// Tiles whose planes are in memory at once: one block of a transposed product's sums, so that they stay in the cache.
  private static let gradientTiles = TransposedProductPlan.blockDepth

  /// Rows of a task: few enough to balance the threads, and enough for whole register tiles.
  private func gradientRows(depth: Int, threadCount: Int) -> Int {
    min(Self.mostGradientRows, max(Self.fewestGradientRows, depth / (4 * threadCount)))
  }

  private static let mostGradientRows = 128
  private static let fewestGradientRows = 48
}
