public import Imaging

/// Options as texts, by their names on the command line: what a training record tells of the windows.
extension WindowPlan {
  /// The names of all options that there may be.
  public static let optionNames: Set = ["window", "scale", "stride", "region", "mask", "small-pictures"]

  /// The options that give this plan; a mask, which the file's preparation holds, by its sides alone.
  ///
  /// - Parameter side: of a window in pixels.
  public func optionTexts(side: Int) -> [String: String] {
    var texts = [
      "window": "\(side)", "scale": "\(scale)", "stride": "\(stride)", "small-pictures": smallPictures.optionText,
    ]
    switch field {
    case .whole: break
    case .region(let box): texts["region"] = box.text
    case .mask(let mask): texts["mask"] = "\(mask.width)x\(mask.height)"
    }
    return texts
  }
}

extension WindowPlan.SmallPictures {
  /// The word of the command line.
  public var optionText: String {
    switch self {
    case .refused: "refuse"
    case .padded: "pad"
    }
  }
}
