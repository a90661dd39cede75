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
    let rows = blockImages * form.tilesPerImage
    product = ProductPlan(
      inputRows: (0..<rows).map { Int64($0 * form.depth) }, segments: [0], segmentDepth: form.depth,
      outputRows: (0..<rows).map { Int64($0 * form.outputChannels) })
  }

  /// Floats of scratch memory: transformed inputs, and products.
  private var scratchCounts: (inputs: Int, products: Int) {
    let (inputs, products) = planeStrides(tiles: blockImages * form.tilesPerImage)
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
  private static let cacheLine = 16

  /// Some pictures' way.
  ///
  /// - Parameters:
  ///   - scratch: memory of the calling thread.
  ///   - team: threads that help with a picture alone.
  func run(
    _ source: FeatureMap, into target: FeatureMap, images: Range<Int>, weights: [[PackedMatrix]],
    scratch: ConvolutionScratch, team: EvaluationTeam.Members?, epilogue: Epilogue
  ) {
    if let team, images.count == 1 {
      runAlone(
        source, into: target, image: images.lowerBound, weights: weights, scratch: scratch, team: team,
        epilogue: epilogue)
      return
    }
    let memory = scratch.tiles(scratchCounts)
    var image = images.lowerBound
    while image < images.upperBound {
      let count = min(blockImages, images.upperBound - image)
      let block = Block(plan: self, image: image, count: count, source: source, target: target, memory: memory)
      for (part, planes) in zip(form.parts, weights) {
        for phase in part.phases.indices { block.transformInputs(part, phase, planes[0].instructionSet) }
        for plane in planes.indices { block.multiply(plane, planes[plane]) }
        block.transformOutputs(part, epilogue, planes[0].instructionSet)
      }
      image += count
    }
  }

  /// One picture's way with several threads: each takes parts of the target; where there is one part only, phases of the
  /// source, then points.
  private func runAlone(
    _ source: FeatureMap, into target: FeatureMap, image: Int, weights: [[PackedMatrix]],
    scratch: ConvolutionScratch, team: EvaluationTeam.Members, epilogue: Epilogue
  ) {
    func block(_ worker: Int) -> Block {
      Block(
        plan: self, image: image, count: 1, source: source, target: target,
        memory: team.scratch(worker, scratch).tiles(scratchCounts))
    }
    let set = weights[0][0].instructionSet
    if form.parts.count > 1 {
      team.pool.run(form.parts.count) { index, worker in
        let (part, block) = (form.parts[index], block(worker))
        for phase in part.phases.indices { block.transformInputs(part, phase, set) }
        for (plane, matrix) in weights[index].enumerated() { block.multiply(plane, matrix) }
        block.transformOutputs(part, epilogue, set)
      }
      return
    }
    let (part, shared) = (form.parts[0], block(0))
    team.pool.run(part.phases.count) { phase, _ in shared.transformInputs(part, phase, set) }
    team.pool.run(form.size.planes) { plane, _ in shared.multiply(plane, weights[0][plane]) }
    shared.transformOutputs(part, epilogue, set)
  }

  /// Some pictures on their way, with the memory of their planes.
  private struct Block {
    let plan: TiledPlan
    let image: Int
    let count: Int
    let source: FeatureMap
    let target: FeatureMap
    let memory: (inputs: FloatBuffer, products: FloatBuffer)

    private var form: TiledForm { plan.form }
    private var tiles: Int { count * form.tilesPerImage }
    private var strides: (inputs: Int, products: Int) { plan.planeStrides(tiles: tiles) }

    func transformInputs(_ part: TiledForm.Part, _ phase: Int, _ set: InstructionSet) {
      plan.input.transformInputs(
        form.size, count: tiles, of: source,
        offset: image * plan.inputImageStride + part.phases[phase].inputOffset, into: memory.inputs,
        planeStride: strides.inputs, rowLength: form.depth, firstColumn: phase * form.inputChannels,
        instructionSet: set)
    }

    func multiply(_ plane: Int, _ matrix: PackedMatrix) {
      plan.product.multiply(
        rows: 0..<tiles, input: memory.inputs, inputOffset: plane * strides.inputs, weights: matrix,
        output: memory.products, outputOffset: plane * strides.products)
    }

    func transformOutputs(_ part: TiledForm.Part, _ epilogue: Epilogue, _ set: InstructionSet) {
      plan.output.transformOutputs(
        form.size, count: tiles, of: memory.products, planeStride: strides.products, into: target,
        offset: image * plan.outputImageStride + part.outputOffset, epilogue: epilogue, instructionSet: set)
    }
  }
}
