internal import Charts
public import Imaging

/// How a model looks at windows, in words.
public enum WindowText {
  /// What a report shows of a picture, at the beginning of a sentence.
  static func subject(_ preparation: Preparation) -> String {
    preparation.windows == nil ? "Each picture" : "Of each picture the window with the highest score"
  }

  /// One line: side, distance, scale, field, under a mask the part of each picture that is seen, and what becomes of small pictures; nil where pictures are seen whole.
  public static func line(_ preparation: Preparation) -> String? {
    guard let windows = preparation.windows else { return nil }
    var parts = [
      "\(preparation.size)x\(preparation.size)", "\(windows.stride) apart",
      windows.scale == 1 ? "of full pictures" : "of pictures at scale \(windows.scale)",
    ]
    switch windows.field {
    case .whole: break
    case .region(let box): parts.append("region \(box.text)")
    case .mask(let mask):
      parts.append("mask of \(mask.insideCount) pixels in pictures of \(mask.width)x\(mask.height)")
      if let shares = windows.maskShares { parts.append("\(NumberText.percentage(shares.seen)) of each looked at") }
    }
    parts.append(windows.smallPictures == .refused ? "smaller pictures refused" : "smaller pictures padded")
    return parts.joined(separator: ", ")
  }
}
