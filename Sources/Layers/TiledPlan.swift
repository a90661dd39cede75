internal import Tensors

/// The tables of a tiled form for blocks of pictures, and the run through it.
struct TiledPlan: Sendable {
  let form: TiledForm
  /// Pictures whose planes are in memory at once.
  let blockImages: Int
  let input: TilePlan
  let output: TilePlan
  let inputImageStride: Int
  let outputImageStride: Int
  private let product: ProductPlan
  /// The rows of one picture: with help, memory is taken for no more.
  private let productOfOne: ProductPlan

  /// Floats that the planes of a block take in the second-level cache, if that is possible.
  private static let blockFloats = 160 * 1024
  /// Rows that a product needs to be worth its weights' way from memory.
  private static let fewestRows = 32

  /// Tables for at most `imageCount` pictures at once.
  ///
  /// - Parameters:
  ///   - source, target: layouts of the maps that the form goes from and to.
  ///   - sourceStep, targetStep: pixels from a point to the next.
  init(_ form: TiledForm, imageCount: Int, source: MapLayout, sourceStep: Int, target: MapLayout, targetStep: Int) {
    self.form = form
    let planesPerImage = form.size.planes * form.tilesPerImage * (form.depth + form.outputChannels)
    let wanted = max(
      Self.blockFloats / planesPerImage, (Self.fewestRows + form.tilesPerImage - 1) / form.tilesPerImage)
    let images = min(imageCount, max(1, wanted))
    blockImages = images
    inputImageStride = source.imageStride
    outputImageStride = target.imageStride
    func tiles(_ layout: MapLayout, step: Int) -> TilePlan {
      let side = form.tilesPerSide
      let pixels = step * form.size.outputs
      return TilePlan(
        tiles: (0..<images).flatMap { image in
          (0..<side * side).map { tile in
            Int64(
              image * layout.imageStride + tile / side * pixels * layout.rowStride
                + tile % side * pixels * layout.channels)
          }
        }, rowStep: step * layout.rowStride, columnStep: step * layout.channels)
    }
    input = tiles(source, step: sourceStep)
    output = tiles(target, step: targetStep)
    func product(images: Int) -> ProductPlan {
      let rows = images * form.tilesPerImage
      return ProductPlan(
        inputRows: (0..<rows).map { Int64($0 * form.depth) }, segments: [0], segmentDepth: form.depth,
        outputRows: (0..<rows).map { Int64($0 * form.outputChannels) })
    }
    self.product = product(images: blockImages)
    productOfOne = product(images: 1)
  }

  /// Floats of scratch memory for so many pictures at once: transformed inputs, and products.
  func scratchCounts(images: Int) -> (inputs: Int, products: Int) {
    let (inputs, products) = planeStrides(tiles: images * form.tilesPerImage)
    return (form.size.planes * inputs, form.size.planes * products)
  }

  /// Floats from a plane to the next, of transformed inputs and of products.
  ///
  /// A tile's points are written to all planes at once: a line more than the plane takes, so that they do not fall on the
  /// same place in the caches, and displace one another.
  func planeStrides(tiles: Int) -> (inputs: Int, products: Int) {
    (tiles * form.depth + Self.cacheLine, tiles * form.outputChannels + Self.cacheLine)
  }

  /// Floats.
  static let cacheLine = 16

  /// Some pictures' way.
  ///
  /// - Parameters:
  ///   - scratch: memory of the calling thread.
  ///   - team: threads that help with a picture alone.
  func run(
    _ source: FeatureMap, into target: FeatureMap, images: Range<Int>, weights: TiledWeights,
    scratch: ConvolutionScratch, team: EvaluationTeam.Members?, epilogue: Epilogue
  ) {
    func block(_ image: Int, _ count: Int, _ memory: (inputs: FloatBuffer, products: FloatBuffer)) -> Block {
      Block(plan: self, image: image, count: count, source: source, target: target, weights: weights, memory: memory)
    }
    if let team, images.count == 1 {
      let counts = scratchCounts(images: 1)
      if form.parts.count > 1 {
        team.pool.run(form.parts.count) { part, worker in
          block(images.lowerBound, 1, team.scratch(worker, scratch).tiles(counts)).run(part, epilogue)
        }
      } else {
        block(images.lowerBound, 1, scratch.tiles(counts)).run(epilogue, team: team)
      }
      return
    }
    let memory = scratch.tiles(scratchCounts(images: blockImages))
    var image = images.lowerBound
    while image < images.upperBound {
      let block = block(image, min(blockImages, images.upperBound - image), memory)
      for part in form.parts.indices { block.run(part, epilogue) }
      image += block.count
    }
  }

  /// Some pictures on their way, with the memory of their planes.
  private struct Block {
    let plan: TiledPlan
    let image: Int
    let count: Int
    let source: FeatureMap
    let target: FeatureMap
    let weights: TiledWeights
    let memory: (inputs: FloatBuffer, products: FloatBuffer)

    private var form: TiledForm { plan.form }
    private var tiles: Int { count * form.tilesPerImage }
    private var strides: (inputs: Int, products: Int) { plan.planeStrides(tiles: tiles) }

    /// One part, with the calling thread alone.
    func run(_ part: Int, _ epilogue: Epilogue) {
      for phase in form.parts[part].phases.indices { transformInputs(part, phase) }
      finish(part, columns: 0..<form.outputChannels, epilogue)
    }

    /// The only part, with several threads: phases of the source, then columns.
    func run(_ epilogue: Epilogue, team: EvaluationTeam.Members) {
      team.pool.run(form.parts[0].phases.count) { phase, _ in transformInputs(0, phase) }
      team.runColumns(form.outputChannels) { finish(0, columns: $0, epilogue) }
    }

    private func transformInputs(_ part: Int, _ phase: Int) {
      plan.input.transformInputs(
        form.size, count: tiles, of: source,
        offset: image * plan.inputImageStride + form.parts[part].phases[phase].inputOffset, into: memory.inputs,
        planeStride: strides.inputs, rowLength: form.depth, firstColumn: phase * form.inputChannels,
        instructionSet: weights.instructionSet)
    }

    private func finish(_ part: Int, columns: Range<Int>, _ epilogue: Epilogue) {
      weights.multiply(
        part: part, rows: tiles, columns: columns, plan: count == 1 ? plan.productOfOne : plan.product,
        inputs: memory.inputs, inputStride: strides.inputs, products: memory.products,
        productStride: strides.products)
      plan.output.transformOutputs(
        form.size, count: tiles, channels: columns, of: memory.products, planeStride: strides.products, into: target,
        offset: image * plan.outputImageStride + form.parts[part].outputOffset, epilogue: epilogue,
        instructionSet: weights.instructionSet)
    }
  }
}
