public import Imaging

/// What is known of a picture without the picture itself: enough to notice constant and nearly equal ones.
public struct PictureTraits: Sendable, Equatable {
  /// Side of the thumbnail in pixels.
  public static let side = 16
  /// Details along each axis of a plane.
  private static let detailsAlong = 4
  /// Cells along each axis of a detail.
  private static let cellsAlong = 4
  /// Pixels along each axis of a cell.
  private static let cellSide = 4

  /// The picture in grey, `side` x `side` samples; of a plane, as many samples of its details follow.
  ///
  /// Of a masked plane the means of the inside of such cells; empty where there is too little inside to tell planes apart.
  public let thumbnail: [UInt8]
  /// The largest difference between two samples of a channel, of the picture itself.
  public let range: Int

  /// The traits of a prepared picture that the network sees whole.
  public init(of picture: Image) {
    thumbnail = picture.convertedToGrey().resampled(width: Self.side, height: Self.side).samples
    range = Self.range(of: picture) { _ in true }
  }

  /// The traits of a plane, which the network sees through windows.
  ///
  /// Shrunk to a thumbnail, even surfaces are all the same: details at the plane's own scale are looked at as well.
  ///
  /// - Parameters:
  ///   - plane: at least a window large.
  ///   - cells: of its mask; nil: all of it is looked at.
  init(ofPlane plane: Image, cells: MaskedCells?) {
    let grey = plane.convertedToGrey()
    guard let cells else {
      thumbnail = grey.resampled(width: Self.side, height: Self.side).samples + Self.details(of: grey)
      range = Self.range(of: plane) { _ in true }
      return
    }
    thumbnail = cells.means(of: grey)
    range = Self.range(of: plane) { cells.mask.samples[$0] != 0 }
  }

  /// Means of small cells, in squares spread evenly over a grey plane.
  private static func details(of plane: Image) -> [UInt8] {
    let cell = max(1, min(cellSide, min(plane.width, plane.height) / cellsAlong))
    let side = cell * cellsAlong
    guard plane.width >= side, plane.height >= side else { return [] }
    var details: [UInt8] = []
    for down in 0..<detailsAlong {
      for across in 0..<detailsAlong {
        let place = PixelPosition(
          column: (plane.width - side) * across / (detailsAlong - 1),
          row: (plane.height - side) * down / (detailsAlong - 1))
        details += plane.window(at: place, side: side).resampled(width: cellsAlong, height: cellsAlong).samples
      }
    }
    return details
  }

  private static func range(of picture: Image, isLookedAt: (_ pixel: Int) -> Bool) -> Int {
    var widest = 0
    for channel in 0..<picture.channelCount {
      var (least, most) = (UInt8.max, UInt8.min)
      for pixel in 0..<picture.width * picture.height where isLookedAt(pixel) {
        let sample = picture.samples[pixel * picture.channelCount + channel]
        least = min(least, sample)
        most = max(most, sample)
      }
      if most >= least { widest = max(widest, Int(most) - Int(least)) }
    }
    return widest
  }
}
