public import Tensors

/// The polyphase Winograd form of a convolution 4 x 4, stride 2, padding 1, and of its transpose.
///
/// The large map has four phases: even and odd rows and columns. Towards the small map they are one picture of four times
/// the channels, correlated with 2 x 2 taps; towards the large map each phase is a correlation of the small map with
/// 2 x 2 taps of its own.
struct TiledForm: Sendable {
  /// One correlation with 2 x 2 taps.
  struct Part: Sendable {
    /// Source channels that follow each other in the depth, with the place of each one's first point in the source map.
    let phases: [Phase]
    /// First output in the target map, in floats.
    let outputOffset: Int
  }

  /// Some of a part's depth.
  struct Phase: Sendable {
    /// Place of the first tile's first point in the source map, in floats.
    let inputOffset: Int
    /// The four taps, row by row, as offsets into the weights of [kernel row, kernel column, large, small].
    let taps: [Int]
  }

  let size: TileSize
  let parts: [Part]
  /// Channels of the source map, and of the target.
  let inputChannels: Int
  let outputChannels: Int
  /// Weights from one source channel to the next, and from one target channel to the next.
  let depthStride: Int
  let columnStride: Int
  /// Tiles along a side of the target's part.
  let tilesPerSide: Int

  /// Rows of a product that belong to one picture.
  var tilesPerImage: Int { tilesPerSide * tilesPerSide }
  /// Depth of a product.
  var depth: Int { parts[0].phases.count * inputChannels }

  /// The form from large to small; nil where the geometry takes plain products.
  init?(reducing geometry: ConvolutionGeometry) {
    guard let size = geometry.tileSize else { return nil }
    self.init(
      size: size, geometry: geometry, inputChannels: geometry.largeChannels, outputChannels: geometry.smallChannels,
      depthStride: geometry.smallChannels, columnStride: 1,
      parts: { large, small in
        [
          Part(
            phases: (0..<4).map { phase in
              let (row, column) = (phase / 2, phase % 2)
              return Phase(
                inputOffset: large.offset(row: row - 1, column: column - 1),
                taps: geometry.taps(rows: [row, row + 2], columns: [column, column + 2]))
            },
            outputOffset: small.offset(row: 0, column: 0))
        ]
      })
  }

  /// The form from small to large; nil where the geometry takes plain products.
  init?(expanding geometry: ConvolutionGeometry) {
    guard let size = geometry.tileSize else { return nil }
    self.init(
      size: size, geometry: geometry, inputChannels: geometry.smallChannels, outputChannels: geometry.largeChannels,
      depthStride: 1, columnStride: geometry.smallChannels,
      parts: { large, small in
        Layers.Phase.all(of: geometry).map { phase in
          Part(
            phases: [
              Phase(
                inputOffset: small.offset(row: phase.row.first, column: phase.column.first),
                taps: geometry.taps(rows: phase.row.taps, columns: phase.column.taps))
            ],
            outputOffset: large.offset(row: phase.row.index, column: phase.column.index))
        }
      })
  }

  private init(
    size: TileSize, geometry: ConvolutionGeometry, inputChannels: Int, outputChannels: Int, depthStride: Int,
    columnStride: Int, parts: (_ large: MapLayout, _ small: MapLayout) -> [Part]
  ) {
    self.size = size
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.depthStride = depthStride
    self.columnStride = columnStride
    self.parts = parts(MapLayout(largeOf: geometry), MapLayout(smallOf: geometry))
    tilesPerSide = geometry.smallSide / size.outputs
  }
}

extension ConvolutionGeometry {
  /// Side of Winograd's tiles, the same in both directions; nil where products over the kernel's rows are taken.
  ///
  /// Decided by the shape alone, never by a measurement at run time: the same picture has the same bits everywhere.
  public var tileSize: TileSize? {
    guard kernel == 4, stride == 2, padding == 1, paddingAfter == 1, largeSide == 2 * smallSide,
      min(largeChannels, smallChannels) >= Self.fewestTiledChannels
    else { return nil }
    if smallSide >= 8, smallSide.isMultiple(of: 4) { return .four }
    return smallSide.isMultiple(of: 2) ? .two : nil
  }

  /// With fewer channels the transforms cost more than the products that they save.
  private static let fewestTiledChannels = 16

  /// Offsets of 2 x 2 taps in the weights, for the first pair of channels.
  fileprivate func taps(rows: [Int], columns: [Int]) -> [Int] {
    precondition(rows.count == 2 && columns.count == 2, "two taps a side")
    return rows.flatMap { row in columns.map { (row * kernel + $0) * largeChannels * smallChannels } }
  }
}

/// The tables of a tiled form for blocks of pictures, and the run through it.
struct TiledPlan: Sendable {
  let form: TiledForm
  /// Pictures whose planes are in memory at once.
  let blockImages: Int
  private let input: TilePlan
  private let output: TilePlan
  private let inputImageStride: Int
  private let outputImageStride: Int
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
    let rows = form.size.planes * blockImages * form.tilesPerImage
    return (rows * form.depth, rows * form.outputChannels)
  }

  /// Some pictures' way, with the calling thread alone.
  func run(
    _ source: FeatureMap, into target: FeatureMap, images: Range<Int>, weights: [[PackedMatrix]],
    scratch: ConvolutionScratch, epilogue: Epilogue
  ) {
    let (inputs, products) = scratch.tiles(scratchCounts)
    let set = weights[0][0].instructionSet
    var image = images.lowerBound
    while image < images.upperBound {
      let count = min(blockImages, images.upperBound - image)
      let tiles = count * form.tilesPerImage
      for (part, planes) in zip(form.parts, weights) {
        for (index, phase) in part.phases.enumerated() {
          input.transformInputs(
            form.size, count: tiles, of: source, offset: image * inputImageStride + phase.inputOffset, into: inputs,
            planeStride: tiles * form.depth, rowLength: form.depth, firstColumn: index * form.inputChannels,
            instructionSet: set)
        }
        for (plane, matrix) in planes.enumerated() {
          product.multiply(
            rows: 0..<tiles, input: inputs, inputOffset: plane * tiles * form.depth, weights: matrix, output: products,
            outputOffset: plane * tiles * form.outputChannels)
        }
        output.transformOutputs(
          form.size, count: tiles, of: products, planeStride: tiles * form.outputChannels, into: target,
          offset: image * outputImageStride + part.outputOffset, epilogue: epilogue, instructionSet: set)
      }
      image += count
    }
  }
}

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
    let (inputs, products, factors) = workspace.planes(
      inputs: planes * tiles * depth, products: planes * tiles * columns, factors: planes * depth * columns)
    let right = workspace.rightOperands(planes: planes, depth: tiles, columns: columns)
    let part = form.parts[0]
    pool.runRanges(images, grain: 1) { images, _ in
      for image in images {
        let row = image * form.tilesPerImage
        for (index, phase) in part.phases.enumerated() {
          input.transformInputs(
            form.size, count: form.tilesPerImage, of: source, offset: image * inputImageStride + phase.inputOffset,
            into: inputs, targetOffset: row * depth, planeStride: tiles * depth, rowLength: depth,
            firstColumn: index * form.inputChannels, instructionSet: set)
        }
        output.transformGradients(
          form.size, count: form.tilesPerImage, of: target, offset: image * outputImageStride + part.outputOffset,
          into: products, targetOffset: row * columns, planeStride: tiles * columns, instructionSet: set)
      }
    }
    pool.run(planes) { plane, _ in
      right[plane].pack(
        rows: 0..<tiles, from: products, offset: plane * tiles * columns, depthStride: columns, columnStride: 1)
    }
    let rows = TransposedProductPlan(inputRows: (0..<tiles).map { Int64($0 * depth) })
    let blockRows = min(depth, Self.gradientRows)
    let blocks = (depth + blockRows - 1) / blockRows
    let scratch = workspace.transposed(rows: blockRows)
    pool.run(planes * blocks) { task, worker in
      let (plane, first) = (task / blocks, task % blocks * blockRows)
      rows.multiply(
        rows: min(blockRows, depth - first), depth: tiles, input: inputs, shift: plane * tiles * depth + first,
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

/// One thread's memory for convolutions, as large as the largest that it has met.
public final class ConvolutionScratch {
  private var patches = FloatBuffer(count: 0)
  private var inputs = FloatBuffer(count: 0)
  private var products = FloatBuffer(count: 0)

  /// No memory yet.
  public init() {}

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
