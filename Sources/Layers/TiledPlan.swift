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
  var scratchCounts: (inputs: Int, products: Int) {
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

  /// Some pictures' way, with the calling thread alone.
  func run(
    _ source: FeatureMap, into target: FeatureMap, images: Range<Int>, weights: TiledWeights,
    scratch: ConvolutionScratch, epilogue: Epilogue
  ) {
    let (inputs, products) = scratch.tiles(scratchCounts)
    let set = weights.instructionSet
    var image = images.lowerBound
    while image < images.upperBound {
      let count = min(blockImages, images.upperBound - image)
      let tiles = count * form.tilesPerImage
      let strides = planeStrides(tiles: tiles)
      for (number, part) in form.parts.enumerated() {
        for (index, phase) in part.phases.enumerated() {
          input.transformInputs(
            form.size, count: tiles, of: source, offset: image * inputImageStride + phase.inputOffset, into: inputs,
            planeStride: strides.inputs, rowLength: form.depth, firstColumn: index * form.inputChannels,
            instructionSet: set)
        }
        weights.multiply(
          part: number, rows: tiles, plan: product, inputs: inputs, inputStride: strides.inputs, products: products,
          productStride: strides.products)
        output.transformOutputs(
          form.size, count: tiles, of: products, planeStride: strides.products, into: target,
          offset: image * outputImageStride + part.outputOffset, epilogue: epilogue, instructionSet: set)
      }
      image += count
    }
  }
}
