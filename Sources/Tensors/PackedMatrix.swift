internal import CMatrixKernel

/// The right-hand side of a product, laid out as the kernel reads it: [depth, columns] in panels of columns.
public final class PackedMatrix: Sendable {
  /// Rows: what a product sums over.
  public let depth: Int
  /// Columns of the product.
  public let columns: Int
  /// The instructions it was packed for.
  public let instructionSet: InstructionSet
  let storage: FloatBuffer
  /// Bytes that it takes.
  public var byteCount: Int { storage.count * MemoryLayout<Float>.size }

  /// A matrix of zeros.
  public init(depth: Int, columns: Int, instructionSet: InstructionSet) {
    self.depth = depth
    self.columns = columns
    self.instructionSet = instructionSet
    self.storage = FloatBuffer(count: cmk_packed_count(instructionSet.code, depth, columns))
  }

  /// Packs rows from a buffer: element (d, n) is `source[offset + (d - rows.lowerBound) * depthStride + n * columnStride]`.
  public func pack(rows: Range<Int>, from source: FloatBuffer, offset: Int, depthStride: Int, columnStride: Int) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= depth, "rows outside of the matrix")
    if rows.isEmpty || columns == 0 { return }
    let last = offset + (rows.count - 1) * depthStride + (columns - 1) * columnStride
    precondition(offset >= 0 && last >= 0 && last < source.count, "the source is smaller than what is packed")
    cmk_pack(
      instructionSet.code, depth, columns, rows.lowerBound, rows.upperBound, source.base + offset, depthStride,
      columnStride, storage.base)
  }

  /// Packs the pixels of some pictures as rows: the depth is every pixel of the map in order, the columns its channels.
  public func pack(pixelsOf map: FeatureMap, images: Range<Int>) {
    precondition(columns == map.channelCount && images.upperBound <= map.imageCount, "the map does not fit the matrix")
    precondition(images.upperBound * map.side * map.side <= depth, "the map has more pixels than the matrix rows")
    for image in images {
      for row in 0..<map.side {
        let first = (image * map.side + row) * map.side
        cmk_pack(
          instructionSet.code, depth, columns, first, first + map.side, map.row(row, ofImage: image), columns, 1,
          storage.base)
      }
    }
  }
}
