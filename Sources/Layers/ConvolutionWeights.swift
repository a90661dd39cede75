public import Tensors

/// A convolution's weights as products need them, for one or both directions; shared by all threads once packed.
///
/// The unpacked weights are [kernel row, kernel column, large channel, small channel].
public final class ConvolutionWeights: Sendable {
  /// The directions that a network computes.
  public struct Directions: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// From bits.
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// Large map to small: convolution, and input gradient of a transposed one.
    public static let reducing = Directions(rawValue: 1)
    /// Small map to large: transposed convolution, and input gradient of a plain one.
    public static let expanding = Directions(rawValue: 2)
  }

  let geometry: ConvolutionGeometry
  let reducing: PackedMatrix?
  let expanding: [PackedMatrix]
  /// In Winograd's form: for each part, a matrix for each point.
  let tiledReducing: [[PackedMatrix]]
  let tiledExpanding: [[PackedMatrix]]

  /// Room for the weights; `pack` fills it.
  public init(geometry: ConvolutionGeometry, directions: Directions, instructionSet: InstructionSet) {
    self.geometry = geometry
    let kernel = geometry.kernel
    let (large, small) = (geometry.largeChannels, geometry.smallChannels)
    if geometry.tileSize != nil {
      func planes(_ form: TiledForm?) -> [[PackedMatrix]] {
        form.map { form in
          form.parts.map { _ in
            (0..<form.size.planes).map { _ in
              PackedMatrix(depth: form.depth, columns: form.outputChannels, instructionSet: instructionSet)
            }
          }
        } ?? []
      }
      tiledReducing = directions.contains(.reducing) ? planes(TiledForm(reducing: geometry)) : []
      tiledExpanding = directions.contains(.expanding) ? planes(TiledForm(expanding: geometry)) : []
      (reducing, expanding) = (nil, [])
      return
    }
    (tiledReducing, tiledExpanding) = ([], [])
    reducing =
      directions.contains(.reducing)
      ? PackedMatrix(depth: kernel * kernel * large, columns: small, instructionSet: instructionSet) : nil
    guard directions.contains(.expanding) else {
      expanding = []
      return
    }
    switch geometry.expandingForm {
    case .wholeMap:
      expanding = (0..<kernel).map { _ in
        PackedMatrix(depth: small, columns: kernel * large, instructionSet: instructionSet)
      }
    case .columns:
      expanding = [PackedMatrix(depth: small, columns: kernel * kernel * large, instructionSet: instructionSet)]
    case .phases:
      expanding = Phase.all(of: geometry).map { phase in
        let taps = phase.row.taps.count * phase.column.taps.count
        return PackedMatrix(depth: taps * small, columns: large, instructionSet: instructionSet)
      }
    }
  }

  /// Bytes of the packed weights in all directions.
  public var packedByteCount: Int {
    ([reducing].compactMap(\.self) + expanding + tiledReducing.joined() + tiledExpanding.joined())
      .reduce(0) { $0 + $1.byteCount }
  }

  /// Packs weights of [kernel, kernel, large, small] for every direction.
  public func pack(_ weights: FloatBuffer, pool: ThreadPool) {
    precondition(weights.count == geometry.weightCount, "the weights do not fit the geometry")
    if let reducing {
      pool.runRanges(reducing.depth, grain: 512) { rows, _ in
        reducing.pack(
          rows: rows, from: weights, offset: rows.lowerBound * geometry.smallChannels,
          depthStride: geometry.smallChannels, columnStride: 1)
      }
    }
    if !expanding.isEmpty { packExpanding(weights, pool: pool) }
    if !tiledReducing.isEmpty, let form = TiledForm(reducing: geometry) {
      pack(weights, form: form, into: tiledReducing, pool: pool)
    }
    if !tiledExpanding.isEmpty, let form = TiledForm(expanding: geometry) {
      pack(weights, form: form, into: tiledExpanding, pool: pool)
    }
  }

  private func pack(_ weights: FloatBuffer, form: TiledForm, into parts: [[PackedMatrix]], pool: ThreadPool) {
    let factors = form.size.weightFactors
    pool.run(parts.count * form.size.planes) { task, _ in
      let (part, plane) = (task / form.size.planes, task % form.size.planes)
      let matrix = parts[part][plane]
      let (down, across) = (factors[plane / form.size.points], factors[plane % form.size.points])
      let workspace = FloatBuffer(count: matrix.sumsWorkspaceCount)
      for (index, phase) in form.parts[part].phases.enumerated() {
        matrix.packSums(
          rows: index * form.inputChannels..<(index + 1) * form.inputChannels, from: weights, taps: phase.taps,
          factors: [down.0 * across.0, down.0 * across.1, down.1 * across.0, down.1 * across.1],
          depthStride: form.depthStride, columnStride: form.columnStride, workspace: workspace)
      }
    }
  }

  private func packExpanding(_ weights: FloatBuffer, pool: ThreadPool) {
    let kernel = geometry.kernel
    let (large, small) = (geometry.largeChannels, geometry.smallChannels)
    switch geometry.expandingForm {
    case .wholeMap, .columns:
      // Both read the weights as [rows of large-map values, small]: their transpose is the right-hand side.
      let columns = expanding[0].columns
      pool.run(expanding.count) { index, _ in
        expanding[index].pack(
          rows: 0..<small, from: weights, offset: index * columns * small, depthStride: 1, columnStride: small)
      }
    case .phases:
      let phases = Phase.all(of: geometry)
      pool.run(phases.count) { index, _ in
        var depth = 0
        for kernelRow in phases[index].row.taps {
          for kernelColumn in phases[index].column.taps {
            expanding[index].pack(
              rows: depth..<depth + small, from: weights,
              offset: (kernelRow * kernel + kernelColumn) * large * small, depthStride: 1, columnStride: small)
            depth += small
          }
        }
      }
    }
  }

  /// Large map to small, for some pictures.
  ///
  /// - Parameter scratch: memory of the calling thread.
  public func reduce(
    _ large: FeatureMap, into small: FeatureMap, images: Range<Int>, plan: ConvolutionPlan,
    scratch: ConvolutionScratch, epilogue: Epilogue
  ) {
    if let tiled = plan.tiledReducing {
      precondition(!tiledReducing.isEmpty, "the weights are not packed for this direction")
      tiled.run(large, into: small, images: images, weights: tiledReducing, scratch: scratch, epilogue: epilogue)
      return
    }
    guard let reducing, let product = plan.reducing else {
      preconditionFailure("the weights are not packed for this direction")
    }
    let rows = geometry.smallSide * geometry.smallSide
    product.multiply(
      rows: images.lowerBound * rows..<images.upperBound * rows, input: large, weights: reducing, output: small,
      epilogue: epilogue)
  }

  /// Small map to large, for some pictures.
  ///
  /// - Parameters:
  ///   - scratch: memory of the calling thread.
  ///   - epilogue: one value a product's column: a large channel, in the whole-map form a kernel column and large channel;
  ///     in the columns form nothing, a shift, or scale and shift.
  public func expand(
    _ small: FeatureMap, into large: FeatureMap, images: Range<Int>, plan: ConvolutionPlan,
    scratch: ConvolutionScratch, epilogue: Epilogue
  ) {
    if let tiled = plan.tiledExpanding {
      precondition(!tiledExpanding.isEmpty, "the weights are not packed for this direction")
      tiled.run(small, into: large, images: images, weights: tiledExpanding, scratch: scratch, epilogue: epilogue)
      return
    }
    precondition(!expanding.isEmpty, "the weights are not packed for this direction")
    if geometry.expandingForm != .columns {
      for (index, weights) in expanding.enumerated() {
        let rows = plan.expandingRowsPerImage(index)
        plan.expanding[index].multiply(
          rows: images.lowerBound * rows..<images.upperBound * rows, input: small, weights: weights, output: large,
          epilogue: epilogue)
      }
      return
    }
    let rows = plan.expandingRowsPerImage(0)
    let columns = scratch.columns(
      geometry.smallSide * geometry.smallSide * geometry.kernel * geometry.kernel * geometry.largeChannels)
    for image in images {
      plan.expanding[0].multiply(
        rows: image * rows..<(image + 1) * rows, input: small, weights: expanding[0], output: columns)
      Elementwise.gatherColumns(
        columns, columnsOffset: 0, smallSide: geometry.smallSide, kernel: geometry.kernel, stride: geometry.stride,
        padding: geometry.padding, image: image, into: large)
      if let scale = epilogue.scale, let shift = epilogue.shift {
        Normalization.apply(large, image: image, scale: scale, shift: shift, slope: epilogue.slope, into: large)
      } else {
        precondition(epilogue.scale == nil, "the columns form takes no scale alone")
        if let shift = epilogue.shift { Elementwise.addChannels(shift, to: large, image: image) }
        if epilogue.slope != 1 { Elementwise.leakyReLU(large, image: image, slope: epilogue.slope) }
      }
    }
  }
}
