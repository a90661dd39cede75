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
