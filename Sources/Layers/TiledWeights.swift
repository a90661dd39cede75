internal import Tensors

/// A convolution's weights for one direction of Winograd's form.
final class TiledWeights: Sendable {
  private let form: TiledForm
  /// For each part, the factors of each point.
  private let factors: [PackedPlanes]
  /// For each part its taps, where a picture alone has so few rows that they are faster; else none.
  private let taps: [PackedTaps]
  let instructionSet: InstructionSet

  /// Room for the weights; `pack` fills it.
  ///
  /// - Parameter servesSinglePictures: takes memory for what makes a picture alone faster.
  init(_ form: TiledForm, servesSinglePictures: Bool, instructionSet: InstructionSet) {
    self.form = form
    self.instructionSet = instructionSet
    factors = form.parts.map { _ in
      PackedPlanes(form.size, depth: form.depth, columns: form.outputChannels, instructionSet: instructionSet)
    }
    let hasFewRows = servesSinglePictures && form.tilesPerImage <= instructionSet.fewRows
    taps = (hasFewRows ? form.parts : []).map { _ in
      PackedTaps(depth: form.depth, columns: form.outputChannels, instructionSet: instructionSet)
    }
  }

  /// Bytes of all that is packed.
  var byteCount: Int {
    factors.reduce(0) { $0 + $1.byteCount } + taps.reduce(0) { $0 + $1.byteCount }
  }

  /// Packs weights of [kernel, kernel, large, small].
  func pack(_ weights: FloatBuffer, pool: ThreadPool) {
    // Every phase in pieces of some rows: enough of them for many threads.
    let pieces = (form.inputChannels + Self.rowsOfTask - 1) / Self.rowsOfTask
    let tasksOfPart = form.parts[0].phases.count * pieces
    pool.run(factors.count * tasksOfPart + taps.count) { task, _ in
      if task < factors.count * tasksOfPart {
        let (part, piece) = (task / tasksOfPart, task % tasksOfPart)
        packFactors(weights, part: part, phase: piece / pieces, piece: piece % pieces)
      } else {
        packTaps(weights, part: task - factors.count * tasksOfPart)
      }
    }
  }

  /// Source channels whose factors are packed by one task.
  private static let rowsOfTask = 64

  private func packFactors(_ weights: FloatBuffer, part: Int, phase: Int, piece: Int) {
    let first = piece * Self.rowsOfTask
    let count = min(Self.rowsOfTask, form.inputChannels - first)
    let begin = phase * form.inputChannels + first
    factors[part].packFactors(
      rows: begin..<begin + count, from: weights,
      taps: form.parts[part].phases[phase].taps.map { $0 + first * form.depthStride }, depthStride: form.depthStride,
      columnStride: form.columnStride)
  }

  private func packTaps(_ weights: FloatBuffer, part: Int) {
    for (index, phase) in form.parts[part].phases.enumerated() {
      taps[part].pack(
        rows: depth(ofPhase: index), from: weights, taps: phase.taps, depthStride: form.depthStride,
        columnStride: form.columnStride)
    }
  }

  private func depth(ofPhase index: Int) -> Range<Int> {
    index * form.inputChannels..<(index + 1) * form.inputChannels
  }

  /// The products of all points of a part; planes as of `TilePlan.transformInputs`.
  ///
  /// The number of rows decides how they are computed, and changes no bit.
  ///
  /// - Parameters:
  ///   - columns: those that are computed, as `ColumnPieces` cuts them.
  ///   - plan: of at least `rows` rows.
  func multiply(
    part: Int, rows: Int, columns: Range<Int>, plan: ProductPlan, inputs: FloatBuffer, inputStride: Int,
    products: FloatBuffer,
    productStride: Int
  ) {
    if rows <= instructionSet.fewRows, !taps.isEmpty {
      taps[part].multiply(
        form.size, rows: rows, columns: columns, inputs: inputs, inputStride: inputStride, products: products,
        productStride: productStride)
      return
    }
    for point in 0..<form.size.planes {
      plan.multiply(
        rows: 0..<rows, columns: columns, input: inputs, inputOffset: point * inputStride,
        weights: factors[part], plane: point,
        output: products, outputOffset: point * productStride)
    }
  }
}
