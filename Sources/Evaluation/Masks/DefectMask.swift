public import Imaging

/// Where a picture's defects are: the connected components of its mask, or what is seen of them.
public struct DefectMask: Sendable, Equatable {
  /// Columns, as many as the picture has.
  public let width: Int
  /// Rows, as many as the picture has.
  public let height: Int
  /// The defects, ordered by their first pixels in the whole mask, row by row.
  public let defects: [ConnectedRegion]

  /// The mask of a picture: a pixel is defective where any of its samples is not 0.
  ///
  /// - Parameter image: 1 or 3 channels. Colours are not made grey first: a dark blue would become 0.
  public init(_ image: Image) {
    let (samples, channelCount) = (image.samples, image.channelCount)
    self.init(width: image.width, height: image.height) { pixel in
      channelCount == 1
        ? samples[pixel] != 0 : samples[3 * pixel] != 0 || samples[3 * pixel + 1] != 0 || samples[3 * pixel + 2] != 0
    }
  }

  /// A mask of marked pixels.
  ///
  /// - Parameters:
  ///   - width: columns, at least 1.
  ///   - height: rows, at least 1.
  ///   - isDefective: whether the pixel at `row * width + column` is defective.
  public init(width: Int, height: Int, isDefective: (Int) -> Bool) {
    precondition(width > 0 && height > 0, "a mask has at least one pixel")
    self.width = width
    self.height = height
    defects = ConnectedRegion.components(width: width, height: height, isMarked: isDefective)
  }

  /// A mask of defects that lie within it and share no pixel.
  init(width: Int, height: Int, defects: [ConnectedRegion]) {
    self.width = width
    self.height = height
    self.defects = defects
  }

  /// Defective pixels.
  public var defectivePixelCount: Int { defects.reduce(0) { $0 + $1.pixelCount } }
}
