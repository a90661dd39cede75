internal import Tensors

/// The offset tables of one geometry for batches of up to `imageCount` pictures.
public struct ConvolutionPlan: Sendable {
  let geometry: ConvolutionGeometry
  /// Large to small: rows are the small map's pixels, segments the kernel's rows.
  let reducing: ProductPlan?
  /// Small to large: one product a kernel row, a patch product, or one a phase.
  let expanding: [ProductPlan]
  /// The same two ways in Winograd's form, where the geometry takes it; then the tables above are empty.
  let tiledReducing: TiledPlan?
  let tiledExpanding: TiledPlan?
  /// The pixels over which a weight gradient is summed, as places in the large map.
  let gradient: TransposedProductPlan

  /// Tables for maps of `imageCount` pictures with the geometry's borders.
  public init(geometry: ConvolutionGeometry, imageCount: Int) {
    self.geometry = geometry
    let large = MapLayout(largeOf: geometry)
    let small = MapLayout(smallOf: geometry)
    precondition(max(geometry.padding, geometry.paddingAfter) <= large.border, "the padding fits the border")
    let windows = large.rows(
      imageCount: imageCount, side: geometry.smallSide, stride: geometry.stride, first: -geometry.padding)
    gradient = TransposedProductPlan(inputRows: windows)
    if let toSmall = TiledForm(reducing: geometry), let toLarge = TiledForm(expanding: geometry) {
      precondition(small.border >= 1, "the phases stay within the border")
      tiledReducing = TiledPlan(
        toSmall, imageCount: imageCount, source: large, sourceStep: 2, target: small, targetStep: 1)
      tiledExpanding = TiledPlan(
        toLarge, imageCount: imageCount, source: small, sourceStep: 1, target: large, targetStep: 2)
      (reducing, expanding) = (nil, [])
      return
    }
    (tiledReducing, tiledExpanding) = (nil, nil)
    reducing = ProductPlan(
      inputRows: windows, segments: (0..<geometry.kernel).map { Int64($0 * large.rowStride) },
      segmentDepth: geometry.kernel * geometry.largeChannels,
      outputRows: small.rows(imageCount: imageCount, side: geometry.smallSide, stride: 1, first: 0))
    switch geometry.expandingForm {
    case .wholeMap:
      expanding = (0..<geometry.kernel).map { row in
        ProductPlan(
          inputRows: small.rows(imageCount: imageCount, side: 1, stride: 1, first: 0), segments: [0],
          segmentDepth: geometry.smallChannels,
          outputRows: (0..<imageCount).map { large.offset(image: $0, row: row, column: 0) })
      }
    case .columns:
      let pixels = imageCount * geometry.smallSide * geometry.smallSide
      let patch = geometry.kernel * geometry.kernel * geometry.largeChannels
      // The patches of a block of pictures begin at the start of the scratch memory, so rows count within a picture.
      let perImage = geometry.smallSide * geometry.smallSide
      expanding = [
        ProductPlan(
          inputRows: small.rows(imageCount: imageCount, side: geometry.smallSide, stride: 1, first: 0), segments: [0],
          segmentDepth: geometry.smallChannels,
          outputRows: (0..<pixels).map { Int64($0 % perImage * patch) })
      ]
    case .phases:
      expanding = Phase.all(of: geometry).map { phase in
        precondition(phase.reach(smallSide: geometry.smallSide) <= small.border, "the phases stay within the border")
        return ProductPlan(
          inputRows: small.rows(
            imageCount: imageCount, rows: (phase.rowCount, phase.row.first),
            columns: (phase.columnCount, phase.column.first)),
          segments: (0..<phase.row.taps.count).map { Int64($0 * small.rowStride) },
          segmentDepth: phase.column.taps.count * geometry.smallChannels,
          outputRows: (0..<imageCount).flatMap { image in
            (0..<phase.rowCount).flatMap { i in
              (0..<phase.columnCount).map { j in
                large.offset(
                  image: image, row: geometry.stride * i + phase.row.index,
                  column: geometry.stride * j + phase.column.index)
              }
            }
          })
      }
    }
  }

  /// Rows of an expanding product that belong to one picture.
  func expandingRowsPerImage(_ plan: Int) -> Int { expanding[plan].inputRows.count / imageCount }

  /// Pictures the tables are made for.
  var imageCount: Int { gradient.inputRows.count / (geometry.smallSide * geometry.smallSide) }
}

/// One of the stride x stride interleaved parts of the large map.
struct Phase {
  /// One direction: which large pixels (index, index + stride, …), and which taps of the kernel meet the small map.
  struct Axis {
    /// The phase, 0..<stride.
    let index: Int
    /// Small pixel of the first tap, seen from the phase's first pixel; it may lie in the border.
    let first: Int
    /// Kernel indices in ascending order of the small pixel, hence descending themselves.
    let taps: [Int]

    init(index: Int, geometry: ConvolutionGeometry) {
      self.index = index
      let lowest = (index + geometry.padding) % geometry.stride
      let last = (index + geometry.padding) / geometry.stride
      taps = Array(stride(from: lowest, to: geometry.kernel, by: geometry.stride).reversed())
      first = last - taps.count + 1
    }
  }

  let row: Axis
  let column: Axis
  /// Pixels of the phase, down and across.
  let rowCount: Int
  let columnCount: Int

  /// Pixels that the phase reads past the small map's edges.
  func reach(smallSide: Int) -> Int {
    [(row, rowCount), (column, columnCount)].reduce(0) { reach, axis in
      let (axis, count) = axis
      return max(reach, -axis.first, axis.first + axis.taps.count - 1 + count - smallSide)
    }
  }

  static func all(of geometry: ConvolutionGeometry) -> [Phase] {
    let axes = (0..<geometry.stride).map { Axis(index: $0, geometry: geometry) }
    func count(_ axis: Axis) -> Int { (geometry.largeSide - axis.index + geometry.stride - 1) / geometry.stride }
    return axes.flatMap { row in
      axes.map { column in Phase(row: row, column: column, rowCount: count(row), columnCount: count(column)) }
    }
  }
}

/// Offsets within a feature map of the standard border.
struct MapLayout {
  let side: Int
  let channels: Int
  let border: Int
  var rowStride: Int { (side + 2 * border) * channels }
  var imageStride: Int { (side + 2 * border) * rowStride }

  init(largeOf geometry: ConvolutionGeometry) {
    side = geometry.largeSide
    channels = geometry.largeChannels
    border = geometry.border.width(side: side)
  }

  init(smallOf geometry: ConvolutionGeometry) {
    side = geometry.smallSide
    channels = geometry.smallChannels
    border = geometry.border.width(side: side)
  }

  /// Where a pixel of the first picture begins.
  func offset(row: Int, column: Int) -> Int { (row + border) * rowStride + (column + border) * channels }

  func offset(image: Int, row: Int, column: Int) -> Int64 {
    Int64(image * imageStride + offset(row: row, column: column))
  }

  /// A grid of side x side places, `stride` apart, beginning at (first, first).
  func rows(imageCount: Int, side: Int, stride: Int, first: Int) -> [Int64] {
    (0..<imageCount).flatMap { image in
      (0..<side).flatMap { i in
        (0..<side).map { j in offset(image: image, row: first + stride * i, column: first + stride * j) }
      }
    }
  }

  /// A grid of neighbouring places with a beginning of its own in each direction.
  func rows(imageCount: Int, rows: (count: Int, first: Int), columns: (count: Int, first: Int)) -> [Int64] {
    (0..<imageCount).flatMap { image in
      (0..<rows.count).flatMap { i in
        (0..<columns.count).map { j in offset(image: image, row: rows.first + i, column: columns.first + j) }
      }
    }
  }
}
