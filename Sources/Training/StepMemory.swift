private import GANomalyModel
private import Layers

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
    let weights = architecture.blocks.reduce(0) { $0 + ($1.direction == .averaging ? 0 : $1.geometry.weightCount) }
    // Value, gradient, two moments, two packed forms; the best weights, and a checkpoint of everything being written.
    let copies = 6 + 1 + 5 + (options.averagesWeights ? 7 : 0)
    return activations * batchSize + copies * weights * MemoryLayout<Float>.stride
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
