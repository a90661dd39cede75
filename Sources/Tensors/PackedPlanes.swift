internal import CMatrixKernel

/// Right-hand sides of one shape in one buffer, one a point of Winograd's form; each laid out as a `PackedMatrix` is.
public struct PackedPlanes: Sendable {
  /// Points of the form.
  public let size: TileSize
  /// Rows: what a product sums over.
  public let depth: Int
  /// Columns of the product.
  public let columns: Int
  /// The instructions they are packed for.
  public let instructionSet: InstructionSet
  let storage: FloatBuffer
  /// Floats from a plane to the next.
  let stride: Int

  /// Planes of zeros.
  public init(_ size: TileSize, depth: Int, columns: Int, instructionSet: InstructionSet) {
    self.init(
      size, depth: depth, columns: columns, instructionSet: instructionSet,
      storage: FloatBuffer(
        count: Self.count(size, depth: depth, columns: columns, instructionSet: instructionSet)))
  }

  /// Planes in memory that is there already, at least as much as `count` says; what they hold is whatever it holds.
  public init(_ size: TileSize, depth: Int, columns: Int, instructionSet: InstructionSet, storage: FloatBuffer) {
    stride = Self.stride(depth: depth, columns: columns, instructionSet: instructionSet)
    precondition(storage.count >= size.planes * stride, "the planes are too small")
    self.size = size
    self.depth = depth
    self.columns = columns
    self.instructionSet = instructionSet
    self.storage = storage
  }

  /// Floats of all planes.
  public static func count(_ size: TileSize, depth: Int, columns: Int, instructionSet: InstructionSet) -> Int {
    size.planes * stride(depth: depth, columns: columns, instructionSet: instructionSet)
  }

  /// A line more than a plane takes: written one beside the other, planes would displace one another from the caches.
  private static func stride(depth: Int, columns: Int, instructionSet: InstructionSet) -> Int {
    (cmk_packed_count(instructionSet.code, depth, columns) + lineCount - 1) / lineCount * lineCount + lineCount
  }

  /// Floats of a line of the caches.
  private static let lineCount = 16

  /// Bytes that they take.
  public var byteCount: Int { size.planes * stride * MemoryLayout<Float>.size }

  /// Packs rows of all planes: the points' factors of 2 x 2 taps. Separate rows may be packed by separate threads.
  ///
  /// - Parameters:
  ///   - taps: tap t of (d, n) is `source[taps[t] + (d - rows.lowerBound) * depthStride + n * columnStride]`, taps row by
  ///     row.
  public func packFactors(rows: Range<Int>, from source: FloatBuffer, taps: [Int], depthStride: Int, columnStride: Int)
  {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= depth, "rows outside of the matrix")
    if rows.isEmpty || columns == 0 { return }
    PackedTaps.check(taps, rows.count, columns, depthStride, columnStride, source)
    var arguments = cmk_factors(
      outputs: size.outputs, depth: depth, columns: columns, depth_begin: rows.lowerBound, depth_end: rows.upperBound,
      source: source.base, taps: (taps[0], taps[1], taps[2], taps[3]), depth_stride: depthStride,
      column_stride: columnStride, packed: storage.base, packed_plane: stride)
    cmk_pack_factors(instructionSet.code, &arguments)
  }

  /// Where a plane begins.
  func base(ofPlane plane: Int) -> UnsafeMutablePointer<Float> {
    precondition(plane >= 0 && plane < size.planes, "a point of the tile")
    return storage.base + plane * stride
  }
}
