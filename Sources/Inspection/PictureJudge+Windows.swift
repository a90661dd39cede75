internal import Imaging

extension PictureJudge {
  /// Most pictures that a lane holds at once: of a model that looks at windows one, whose windows are a batch by
  /// themselves, so that never two large pictures are in a lane's memory.
  var maximumHeldCount: Int { preparation?.windows == nil ? .max : 1 }

  /// How a picture of some size lies in what is scored of it; nil where there is no network, or it takes no such size.
  func geometry(width: Int, height: Int) -> PictureGeometry? {
    preparation.flatMap { try? $0.geometry(width: width, height: height) }
  }

  /// Bytes that a lane takes at most for a picture in work, beside the network: its file, the picture where it is
  /// interlaced and so decoded whole, its plane, and the plane's score map twice, as it is filled and as it is handed out;
  /// nil where pictures are seen whole, in a size of the network's own.
  ///
  /// - Parameters:
  ///   - fileBytes: most bytes of a file.
  ///   - pixels: most pixels of a picture.
  public func largestPictureBytes(fileBytes: Int, pixels: Int) -> Int? {
    guard let preparation, let windows = preparation.windows else { return nil }
    let seen =
      switch windows.field {
      case .whole: Double(pixels)
      case .region(let box): Double(box.width) * Double(box.height)
      case .mask(let mask): Double(mask.box.width) * Double(mask.box.height)
      }
    let plane = max(seen * windows.scale * windows.scale, Double(preparation.size * preparation.size))
    // A map has a quarter as many cells, four bytes each; a decoded pixel has up to three samples.
    let bytes = Double(fileBytes) + 3 * Double(pixels) + plane * Double(preparation.channelCount + 2)
    return bytes < Double(Int.max) ? Int(bytes) : .max
  }
}
