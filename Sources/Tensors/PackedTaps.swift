internal import CMatrixKernel

/// 2 x 2 taps of [depth, columns], whose factors a product of few rows forms on the way.
///
/// Such a product takes as long as its right-hand side takes from memory, and there are 9 or 25 factors to four taps.
public final class PackedTaps: Sendable {
  /// Channels of the source: what a product sums over.
  public let depth: Int
  /// Channels of the target.
  public let columns: Int
  /// The instructions they were packed for.
  public let instructionSet: InstructionSet
  let storage: FloatBuffer
  /// Bytes that they take.
  public var byteCount: Int { storage.count * MemoryLayout<Float>.size }

  /// Taps of zero.
  public init(depth: Int, columns: Int, instructionSet: InstructionSet) {
    self.depth = depth
    self.columns = columns
    self.instructionSet = instructionSet
    storage = FloatBuffer(count: cmk_taps_count(instructionSet.code, depth, columns))
  }

  /// Packs some of the depth: tap t of (d, n) is
  /// `source[taps[t] + (d - rows.lowerBound) * depthStride + n * columnStride]`, taps row by row.
  public func pack(rows: Range<Int>, from source: FloatBuffer, taps: [Int], depthStride: Int, columnStride: Int) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= depth, "rows outside of the taps")
    if rows.isEmpty || columns == 0 { return }
    Self.check(taps, rows.count, columns, depthStride, columnStride, source)
    var arguments = cmk_taps(
      depth: depth, columns: columns, depth_begin: rows.lowerBound, depth_end: rows.upperBound, source: source.base,
      taps: (taps[0], taps[1], taps[2], taps[3]), depth_stride: depthStride, column_stride: columnStride,
      packed: storage.base)
    cmk_pack_taps(instructionSet.code, &arguments)
  }

  /// The products of all points: planes of rows of `depth` floats to planes of rows of `columns` floats.
  ///
  /// The bits are those of `ProductPlan.multiply` with each point's packed factors.
  ///
  /// - Parameter columns: those that are computed, as `ColumnPieces` cuts them.
  public func multiply(
    _ size: TileSize, rows: Int, columns: Range<Int>, inputs: FloatBuffer, inputStride: Int, products: FloatBuffer,
    productStride: Int
  ) {
    if rows == 0 || columns.isEmpty { return }
    precondition(ColumnPieces.isPiece(columns, of: self.columns), "columns that can be computed alone")
    precondition(rows * depth <= inputStride && size.planes * inputStride <= inputs.count, "the inputs are too small")
    precondition(
      rows * self.columns <= productStride && size.planes * productStride <= products.count,
      "the products are too small")
    var product = cmk_tap_product(
      outputs: size.outputs, rows: rows, columns: self.columns, first_column: columns.lowerBound,
      end_column: columns.upperBound, depth: depth, v: inputs.base, v_plane: inputStride, v_tile: depth,
      taps: storage.base, q: products.base, q_plane: productStride, q_tile: self.columns)
    cmk_multiply_taps(instructionSet.code, &product)
  }

  /// Traps where taps of so many rows and columns do not lie within the source.
  static func check(
    _ taps: [Int], _ rowCount: Int, _ columnCount: Int, _ depthStride: Int, _ columnStride: Int, _ source: FloatBuffer
  ) {
    precondition(taps.count == 4, "2 x 2 taps")
    let last = (rowCount - 1) * depthStride + (columnCount - 1) * columnStride
    precondition(
      depthStride >= 0 && columnStride >= 0 && taps.allSatisfy { $0 >= 0 && $0 + last < source.count },
      "the source is smaller than what is packed")
  }
}
