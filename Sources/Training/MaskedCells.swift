internal import Imaging

/// The squares of a masked plane whose means tell nearly equal planes, for all planes of a mask.
///
/// What lies outside is the same grey in all of them: it says nothing about how like two planes are.
struct MaskedCells: Sendable {
  /// Inside pixels of a coarse cell, at least.
  private static let leastPixels = 16
  /// Side of a fine cell in pixels.
  private static let side = 4
  /// Fine cells that are looked at, at most: as many as of a plane without a mask.
  private static let mostDetails = 256
  /// With fewer fine cells, noise alone would make many planes nearly equal.
  private static let leastDetails = 128

  /// Which pixels are inside.
  let mask: PlaneMask
  /// Coarse cells, then fine ones; empty where too little is inside to tell planes apart.
  let boxes: [PixelBox]

  /// The cells of a mask.
  init(_ mask: PlaneMask) {
    self.mask = mask
    let fine = Self.fine(mask)
    guard fine.count >= Self.leastDetails else {
      boxes = []
      return
    }
    let count = min(fine.count, Self.mostDetails)
    boxes = Self.coarse(mask) + (0..<count).map { fine[$0 * fine.count / count] }
  }

  /// Means over the inside pixels of each cell, rounded.
  ///
  /// - Parameter plane: of one channel, with the mask's sides.
  func means(of plane: Image) -> [UInt8] {
    precondition(plane.channelCount == 1, "means are of a grey plane")
    precondition(plane.width == mask.width && plane.height == mask.height, "a plane has its mask's sides")
    return boxes.map { box in
      var (sum, count) = (0, 0)
      for row in box.y..<box.y + box.height {
        for index in row * plane.width + box.x..<row * plane.width + box.x + box.width where mask.samples[index] != 0 {
          sum += Int(plane.samples[index])
          count += 1
        }
      }
      return UInt8((sum + count / 2) / count)
    }
  }

  /// The cells of a thumbnail that have enough pixels inside.
  private static func coarse(_ mask: PlaneMask) -> [PixelBox] {
    let along = PictureTraits.side
    var boxes: [PixelBox] = []
    for down in 0..<along {
      for across in 0..<along {
        let (left, right) = (mask.width * across / along, mask.width * (across + 1) / along)
        let (top, bottom) = (mask.height * down / along, mask.height * (down + 1) / along)
        let box = PixelBox(x: left, y: top, width: right - left, height: bottom - top)
        if insideCount(mask, box) >= leastPixels { boxes.append(box) }
      }
    }
    return boxes
  }

  /// The small cells of which at least half is inside.
  private static func fine(_ mask: PlaneMask) -> [PixelBox] {
    var boxes: [PixelBox] = []
    for top in stride(from: 0, through: mask.height - side, by: side) {
      for left in stride(from: 0, through: mask.width - side, by: side) {
        let box = PixelBox(x: left, y: top, width: side, height: side)
        if 2 * insideCount(mask, box) >= side * side { boxes.append(box) }
      }
    }
    return boxes
  }

  private static func insideCount(_ mask: PlaneMask, _ box: PixelBox) -> Int {
    var count = 0
    for row in box.y..<box.y + box.height {
      for index in row * mask.width + box.x..<row * mask.width + box.x + box.width { count += Int(mask.samples[index]) }
    }
    return count
  }
}
