public import Imaging

/// What an operator looks at to see why a picture was flagged: as the network sees it, what the network makes of it, and
/// where both differ, beside each other, with the scale of the differences.
public enum SidePicture {
  /// Pixels that a panel's longer side has at least: smaller pictures are shown by larger pixels.
  static let minimumSide = 168
  /// Pixels that a panel's longer side has at most: larger pictures are reduced.
  static let maximumSide = 384
  /// Pixels between the parts.
  private static let gap = 8
  /// Pixels that a dot of the letters has across and down.
  private static let scale = 2
  /// Rows of the bar that shows the scale.
  private static let barHeight = 12
  private static let lineHeight = Lettering.height * scale

  /// The side picture.
  ///
  /// - Parameters:
  ///   - original: the prepared picture.
  ///   - reconstruction: the network's, of the same shape.
  ///   - caption: a line above, such as the score and the threshold: lower case, digits, `.,:-+<=>|/`.
  ///   - fullLevel: the difference with the last colour, 1 to 255; nil: the smallest of `DifferenceMap.fullLevels` that
  ///     shows every difference.
  /// - Returns: a picture in colour, at most 1,184 x 482 pixels whatever the model's size.
  public static func image(
    original: Image, reconstruction: Image, caption: String = "", fullLevel: UInt8? = nil
  ) -> Image {
    let map = DifferenceMap(original: original, reconstruction: reconstruction)
    let fullLevel = fullLevel ?? map.fullLevel
    let side = max(original.width, original.height)
    let reduction = (side + maximumSide - 1) / maximumSide
    let panels = [
      ("original", reduced(original, by: reduction)), ("reconstruction", reduced(reconstruction, by: reduction)),
      ("difference", map.reduced(by: reduction).image(fullLevel: fullLevel)),
    ]
    let reducedSide = (side + reduction - 1) / reduction
    let factor = max(1, (minimumSide + reducedSide - 1) / reducedSide)
    let (width, height) = (panels[0].1.width * factor, panels[0].1.height * factor)
    // A tall picture's panel may be narrower than the word above it.
    let cell = max(width, minimumSide)
    let captionTop = gap
    let labelTop = captionTop + (caption.isEmpty ? 0 : lineHeight + gap)
    let panelTop = labelTop + lineHeight + gap
    let barTop = panelTop + height + gap
    var canvas = Canvas(
      width: 3 * cell + 4 * gap, height: barTop + barHeight + gap / 2 + lineHeight + gap)
    let fits = Lettering.width(of: caption) * scale <= canvas.width - 2 * gap
    canvas.write(caption, left: gap, top: captionTop, scale: fits ? scale : 1)
    for (index, (label, panel)) in panels.enumerated() {
      let left = gap + index * (cell + gap)
      canvas.write(label, left: left, top: labelTop, scale: scale)
      canvas.draw(panel, left: left, top: panelTop, factor: factor)
      canvas.frame(left: left, top: panelTop, width: width, height: height, level: 128)
    }
    let barLeft = gap + 2 * (cell + gap)
    canvas.draw(DifferenceMap.legend(width: cell, height: barHeight), left: barLeft, top: barTop)
    canvas.frame(left: barLeft, top: barTop, width: cell, height: barHeight, level: 128)
    let textTop = barTop + barHeight + gap / 2
    canvas.write("0", left: barLeft, top: textTop, scale: scale)
    let full = "\(fullLevel) of 255"
    canvas.write(full, left: barLeft + cell - Lettering.width(of: full) * scale, top: textTop, scale: scale)
    return canvas.image
  }

  /// A caption that says how the score stands to the threshold.
  ///
  /// - Parameter threshold: nil where there is none.
  public static func caption(score: Float, threshold: Float?) -> String {
    guard let threshold else { return "score \(score)" }
    return "score \(score) \(score > threshold ? ">" : "<=") threshold \(threshold)"
  }

  private static func reduced(_ image: Image, by factor: Int) -> Image {
    factor == 1
      ? image
      : image.resampled(width: (image.width + factor - 1) / factor, height: (image.height + factor - 1) / factor)
  }
}
