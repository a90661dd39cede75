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
  /// In Winograd's form.
  let tiledReducing: TiledWeights?
  let tiledExpanding: TiledWeights?

  /// Room for the weights; `pack` fills it.
  ///
  /// - Parameter servesSinglePictures: takes memory for what makes a picture alone faster.
  public init(
    geometry: ConvolutionGeometry, directions: Directions, servesSinglePictures: Bool = false,
    instructionSet: InstructionSet
  ) {
    self.geometry = geometry
    let kernel = geometry.kernel
    let (large, small) = (geometry.largeChannels, geometry.smallChannels)
    if geometry.tileSize != nil {
      func tiled(_ direction: Directions, _ form: TiledForm?) -> TiledWeights? {
        guard directions.contains(direction), let form else { return nil }
        return TiledWeights(form, servesSinglePictures: servesSinglePictures, instructionSet: instructionSet)
      }
      tiledReducing = tiled(.reducing, TiledForm(reducing: geometry))
      tiledExpanding = tiled(.expanding, TiledForm(expanding: geometry))
      (reducing, expanding) = (nil, [])
      return
    }
    (tiledReducing, tiledExpanding) = (nil, nil)
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
    ([reducing].compactMap(\.self) + expanding).reduce(0) { $0 + $1.byteCount }
      + [tiledReducing, tiledExpanding].reduce(0) { $0 + ($1?.byteCount ?? 0) }
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
    tiledReducing?.pack(weights, pool: pool)
    tiledExpanding?.pack(weights, pool: pool)
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

  /// With fewer rows threads share a product's columns.
  private static let rowsWorthDividing = 64

  /// Large map to small, for some pictures.
  ///
  /// - Parameters:
  ///   - scratch: memory of the calling thread.
  ///   - team: threads that help with a picture alone.
  public func reduce(
    _ large: FeatureMap, into small: FeatureMap, images: Range<Int>, plan: ConvolutionPlan,
    scratch: ConvolutionScratch, team: EvaluationTeam.Members? = nil, epilogue: Epilogue
  ) {
    if let tiled = plan.tiledReducing {
      guard let tiledReducing else { preconditionFailure("the weights are not packed for this direction") }
      tiled.run(
        large, into: small, images: images, weights: tiledReducing, scratch: scratch, team: team, epilogue: epilogue)
      return
    }
    guard let reducing, let product = plan.reducing else {
      preconditionFailure("the weights are not packed for this direction")
    }
    let rows = geometry.smallSide * geometry.smallSide
    let all = images.lowerBound * rows..<images.upperBound * rows
    guard let team, images.count == 1 else {
      product.multiply(rows: all, input: large, weights: reducing, output: small, epilogue: epilogue)
      return
    }
    if rows >= Self.rowsWorthDividing {
      team.runRows(rows) {
        product.multiply(
          rows: all.lowerBound + $0.lowerBound..<all.lowerBound + $0.upperBound, input: large, weights: reducing,
          output: small, epilogue: epilogue)
      }
    } else {
      team.runColumns(reducing.columns) {
        product.multiply(
          rows: all, columns: $0, input: large, weights: reducing, output: small, epilogue: epilogue)
      }
    }
  }

  /// Small map to large, for some pictures.
  ///
  /// - Parameters:
  ///   - scratch: memory of the calling thread.
  ///   - team: threads that help with a picture alone.
  ///   - epilogue: one value a product's column: a large channel, in the whole-map form a kernel column and large channel;
  ///     in the columns form nothing, a shift, or scale and shift.
  public func expand(
    _ small: FeatureMap, into large: FeatureMap, images: Range<Int>, plan: ConvolutionPlan,
    scratch: ConvolutionScratch, team: EvaluationTeam.Members? = nil, epilogue: Epilogue
  ) {
    if let tiled = plan.tiledExpanding {
      guard let tiledExpanding else { preconditionFailure("the weights are not packed for this direction") }
      tiled.run(
        small, into: large, images: images, weights: tiledExpanding, scratch: scratch, team: team, epilogue: epilogue)
      return
    }
    precondition(!expanding.isEmpty, "the weights are not packed for this direction")
    if geometry.expandingForm != .columns {
      func multiply(_ index: Int) {
        let rows = plan.expandingRowsPerImage(index)
        plan.expanding[index].multiply(
          rows: images.lowerBound * rows..<images.upperBound * rows, input: small, weights: expanding[index],
          output: large, epilogue: epilogue)
      }
      if let team, images.count == 1 {
        team.pool.run(expanding.count) { index, _ in multiply(index) }
      } else {
        for index in expanding.indices { multiply(index) }
      }
      return
    }
    let rows = plan.expandingRowsPerImage(0)
    let columns = scratch.columns(
      geometry.smallSide * geometry.smallSide * geometry.kernel * geometry.kernel * geometry.largeChannels)
    for image in images {
      func multiply(_ part: Range<Int>) {
        plan.expanding[0].multiply(
          rows: image * rows + part.lowerBound..<image * rows + part.upperBound, input: small, weights: expanding[0],
          output: columns)
      }
      if let team, images.count == 1 { team.runRows(rows, multiply) } else { multiply(0..<rows) }
      Elementwise.gatherColumns(
        columns, columnsOffset: 0, smallSide: geometry.smallSide, kernel: geometry.kernel, stride: geometry.stride,
        padding: geometry.padding, image: image, into: large)
      if let scale = epilogue.scale, let shift = epilogue.shift {
        Normalization.apply(
          Normalization.Vectors(scale: scale, shift: shift, slope: epilogue.slope), to: large, image: image,
          into: large,
          instructionSet: expanding[0].instructionSet)
      } else {
        precondition(epilogue.scale == nil, "the columns form takes no scale alone")
        if let shift = epilogue.shift { Elementwise.addChannels(shift, to: large, image: image) }
        if epilogue.slope != 1 { Elementwise.leakyReLU(large, image: image, slope: epilogue.slope) }
      }
    }
  }
}
