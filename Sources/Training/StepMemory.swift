private import GANomalyModel
private import Layers
private import Tensors

/// How much memory a training's steps take beside the pictures: told before it begins, to within about a fifth.
enum StepMemory {
  /// Bytes of weights, moments, activations, gradients and tables.
  ///
  /// - Parameters:
  ///   - options: what is trained.
  ///   - batchSize: pictures a step.
  static func bytes(_ options: TrainingOptions, batchSize: Int) -> Int {
    let architecture = Architecture(options.hyperparameters)
    let encoder = perImage(architecture.firstEncoder)
    let decoder = perImage(architecture.decoder)
    let discriminator = perImage(architecture.discriminator)
    // Passes through encoders and decoder, and those through the discriminator; variant `keras` runs pictures and
    // reconstructions as one batch besides, and the generator in evaluation mode.
    let activations =
      switch options.hyperparameters.variant {
      case .paper: 2 * encoder + decoder + 2 * discriminator
      case .keras: 2 * encoder + decoder + 4 * discriminator + (encoder + decoder) / 2
      }
    let convolutions = architecture.blocks.filter { $0.direction != .averaging }
    let weights = convolutions.reduce(0) { $0 + $1.geometry.weightCount }
    // Value, gradient, two moments; the best weights, and a checkpoint of everything being written.
    let copies = 4 + 1 + 5 + (options.averagesWeights ? 7 : 0)
    let packed = convolutions.reduce(0) { $0 + 2 * $1.geometry.packedCount }
    return activations * batchSize
      + (copies * weights + packed + gradientPlanes(convolutions, batchSize)) * MemoryLayout<Float>.stride
  }

  /// Floats of the tiled form's planes for the weights' gradient: layers share the largest of each kind.
  private static func gradientPlanes(_ blocks: [BlockDescription], _ batchSize: Int) -> Int {
    var (inputs, products, factors) = (0, 0, 0)
    for geometry in blocks.map(\.geometry) {
      guard let size = geometry.tileSize else { continue }
      let tilesPerImage = (geometry.smallSide / size.outputs) * (geometry.smallSide / size.outputs)
      let tiles = min(batchSize, max(1, TransposedProductPlan.blockDepth / tilesPerImage)) * tilesPerImage
      let (depth, columns) = (4 * geometry.largeChannels, geometry.smallChannels)
      inputs = max(inputs, size.planes * tiles * depth)
      products = max(products, size.planes * tiles * columns)
      factors = max(factors, size.planes * depth * columns)
    }
    return inputs + products + factors
  }

  /// Bytes that one pass through a chain holds of each picture.
  private static func perImage(_ blocks: [BlockDescription]) -> Int {
    blocks.reduce(0) { sum, block in
      let side = block.outputSide + 2 * block.outputBorder
      // Output and gradient, the normalisation's input, and the packed operand of the weights' gradient.
      let maps = side * side * block.outputChannels * (block.normalisationName == nil ? 3 : 4)
      let geometry = block.geometry
      let offsets =
        block.direction == .averaging
        ? 0 : 4 * geometry.smallSide * geometry.smallSide + 2 * geometry.largeSide * geometry.largeSide
      return sum + maps * MemoryLayout<Float>.stride + offsets * MemoryLayout<Int64>.stride
    }
  }
}

extension ConvolutionGeometry {
  /// Floats of the weights packed for one direction.
  fileprivate var packedCount: Int { tileSize.map { weightCount * $0.planes / 4 } ?? weightCount }
}
