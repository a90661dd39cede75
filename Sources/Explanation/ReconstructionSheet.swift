public import Imaging

/// Pictures in columns: each above what the network makes of it and above their difference.
public enum ReconstructionSheet {
  /// One column.
  public struct Column: Sendable {
    /// The prepared picture.
    public var original: Image
    /// The network's reconstruction, of the same shape.
    public var reconstruction: Image

    /// A column from its parts.
    public init(original: Image, reconstruction: Image) {
      precondition(
        original.width == reconstruction.width && original.height == reconstruction.height
          && original.channelCount == reconstruction.channelCount, "both pictures have one shape")
      self.original = original
      self.reconstruction = reconstruction
    }

    /// |reconstruction - original|, sample by sample: black where they agree.
    public var difference: Image {
      Image(
        width: original.width, height: original.height, channelCount: original.channelCount,
        samples: zip(original.samples, reconstruction.samples).map { $0 > $1 ? $0 - $1 : $1 - $0 })
    }
  }

  /// Pixels of white between the pictures.
  private static let gap = 2

  /// The sheet: rows of originals, reconstructions and differences, in as many groups as the columns need.
  ///
  /// - Parameters:
  ///   - columns: at least one, all of one shape.
  ///   - columnCount: most columns of a group.
  ///   - scale: how often a pixel is repeated across and down.
  public static func image(_ columns: [Column], columnCount: Int, scale: Int) -> Image {
    precondition(!columns.isEmpty && columnCount > 0 && scale > 0, "a sheet has at least one column")
    let first = columns[0].original
    let (cellWidth, cellHeight) = (first.width * scale + gap, first.height * scale + gap)
    let across = min(columnCount, columns.count)
    let groups = (columns.count + across - 1) / across
    let channels = first.channelCount
    let width = across * cellWidth + gap
    // A gap more between groups than between rows, so that a group is seen as one.
    let groupHeight = 3 * cellHeight + 2 * gap
    let height = groups * groupHeight + gap
    var samples = [UInt8](repeating: 255, count: width * height * channels)
    for (index, column) in columns.enumerated() {
      let left = gap + index % across * cellWidth
      let top = gap + index / across * groupHeight
      for (row, picture) in [column.original, column.reconstruction, column.difference].enumerated() {
        for y in 0..<picture.height * scale {
          for x in 0..<picture.width * scale {
            let target = ((top + row * cellHeight + y) * width + left + x) * channels
            for channel in 0..<channels {
              samples[target + channel] = picture[x / scale, y / scale, channel]
            }
          }
        }
      }
    }
    return Image(width: width, height: height, channelCount: channels, samples: samples)
  }
}
