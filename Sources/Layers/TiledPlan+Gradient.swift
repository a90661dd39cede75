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
    let (pool, set) = (workspace.pool, workspace.instructionSet)
    let images = source.imageCount
    let tiles = images * form.tilesPerImage
    let (depth, columns, planes) = (form.depth, form.outputChannels, form.size.planes)
    let strides = planeStrides(tiles: tiles)
    let (inputs, products, factors) = workspace.planes(
      inputs: planes * strides.inputs, products: planes * strides.products, factors: planes * depth * columns)
    let right = workspace.rightOperands(planes: planes, depth: tiles, columns: columns)
    let part = form.parts[0]
    pool.runRanges(images, grain: 1) { images, _ in
      for image in images {
        let row = image * form.tilesPerImage
        for (index, phase) in part.phases.enumerated() {
          input.transformInputs(
            form.size, count: form.tilesPerImage, of: source, offset: image * inputImageStride + phase.inputOffset,
            into: inputs, targetOffset: row * depth, planeStride: strides.inputs, rowLength: depth,
            firstColumn: index * form.inputChannels, instructionSet: set)
        }
        output.transformGradients(
          form.size, count: form.tilesPerImage, of: target, offset: image * outputImageStride + part.outputOffset,
          into: products, targetOffset: row * columns, planeStride: strides.products, instructionSet: set)
      }
    }
    pool.run(planes) { plane, _ in
      right[plane].pack(
        rows: 0..<tiles, from: products, offset: plane * strides.products, depthStride: columns, columnStride: 1)
    }
    let rows = TransposedProductPlan(inputRows: (0..<tiles).map { Int64($0 * depth) })
    let blockRows = min(depth, Self.gradientRows)
    let blocks = (depth + blockRows - 1) / blockRows
    let scratch = workspace.transposed(rows: blockRows)
    pool.run(planes * blocks) { task, worker in
      let (plane, first) = (task / blocks, task % blocks * blockRows)
      rows.multiply(
        rows: min(blockRows, depth - first), depth: tiles, input: inputs, shift: plane * strides.inputs + first,
        right: right[plane], output: factors, outputOffset: (plane * depth + first) * columns, accumulate: false,
        workspace: scratch[worker])
    }
    pool.run(part.phases.count) { index, _ in
      form.size.foldGradients(
        factors, planeStride: depth * columns, offset: index * form.inputChannels * columns,
        count: form.inputChannels * columns, into: gradient, taps: part.phases[index].taps, accumulate: accumulate,
        instructionSet: set)
    }
  }

  /// Rows of a task of the weight gradient: small blocks balance the threads.
  private static let gradientRows = 128
}
