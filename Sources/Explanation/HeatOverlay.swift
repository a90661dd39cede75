public import Imaging

/// What an operator looks at to see where a large picture is suspicious: the picture with its regions in boxes, and
/// beside it, in grey, the heat of the score map; below, the most suspicious region enlarged, and the scale.
///
/// The picture is shown as its file has it, not as the network sees it: what was done to light and contrast helps the
/// network and confuses people. What lies outside of a region or mask that the model looks at has no heat.
public enum HeatOverlay {
  /// What is shown.
  public struct Subject: Sendable {
    /// The picture, reduced as `reduction` says, with a part as `part` says.
    public var picture: ShownPicture
    /// The scores and their places.
    public var map: PlacedMap
    /// Regions above the threshold in the file's pixels, the most suspicious first.
    public var regions: [PixelBox]
    /// The picture's score.
    public var score: Float
    /// What anomalous scores exceed; nil where there is none.
    public var threshold: Float?

    /// A subject from its parts.
    public init(picture: ShownPicture, map: PlacedMap, regions: [PixelBox], score: Float, threshold: Float?) {
      self.picture = picture
      self.map = map
      self.regions = regions
      self.score = score
      self.threshold = threshold
    }
  }

  /// Most columns of an overlay.
  public static let maximumWidth = 1_600
  /// Pixels between the parts.
  private static let gap = 8
  /// Pixels that a dot of the letters has across and down.
  private static let scale = 2
  /// Rows of the bar that shows the scale.
  private static let barHeight = 12
  /// Most pixels of the enlarged region's longer side.
  private static let maximumPartSide = 384
  /// Pixels of the file that are shown around a region, at least.
  private static let partMargin = 16
  /// Pixels of the file across and down that are enlarged, at least.
  private static let minimumPartSide = 96
  private static let lineHeight = Lettering.height * scale

  /// How many pixels of a picture become one across and down, so that it fits.
  public static func reduction(width: Int, height: Int) -> Int {
    let most = maximumPanel(isStacked: isStacked(width, height))
    return max(1, (width + most.width - 1) / most.width, (height + most.height - 1) / most.height)
  }

  /// What of a picture is shown enlarged: its most suspicious region with what is around it; nil where the whole picture
  /// is shown in its own pixels, nothing stands out, or the region is too large for it.
  public static func part(of regions: [PixelBox], width: Int, height: Int) -> PixelBox? {
    guard let region = regions.first, reduction(width: width, height: height) > 1 else { return nil }
    func span(_ start: Int, _ length: Int, within whole: Int) -> Range<Int> {
      let wanted = min(whole, max(length + 2 * partMargin, minimumPartSide))
      let first = min(max(start + (length - wanted) / 2, 0), whole - wanted)
      return first..<first + wanted
    }
    guard let inside = region.clipped(width: width, height: height) else { return nil }
    let (columns, rows) = (span(inside.x, inside.width, within: width), span(inside.y, inside.height, within: height))
    guard max(columns.count, rows.count) <= maximumPartSide else { return nil }
    return PixelBox(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }

  /// The overlay: a picture in colour.
  public static func image(_ subject: Subject) -> Image {
    let picture = subject.picture
    let scale = HeatScale(subject)
    let isStacked = isStacked(picture.width, picture.height)
    let longer = max(picture.whole.width, picture.whole.height)
    let factor = max(1, (SidePicture.minimumSide + longer - 1) / longer)
    let panel = (width: picture.whole.width * factor, height: picture.whole.height * factor)
    // A tall picture's panel may be narrower than the words above it.
    let cell = max(panel.width, SidePicture.minimumSide + SidePicture.minimumSide / 2)
    let firstTop = gap + lineHeight + gap
    let panelTop = firstTop + lineHeight + gap
    let heatLeft = isStacked ? gap : 2 * gap + cell
    let heatTop = isStacked ? panelTop + panel.height + gap + lineHeight + gap : panelTop
    let barTop = heatTop + panel.height + gap
    let partTop = barTop + barHeight + 2 * (gap / 2 + lineHeight) + gap
    let part = picture.part.flatMap { part in Enlarged(part, atMost: min(maximumPartSide, cell)) }
    let partCell = part.map { max($0.width, lettersWidth(partLabel(subject, $0.factor))) } ?? 0
    let isPartStacked = isStacked && gap + 2 * (partCell + gap) > 2 * gap + cell
    let partHeight = part.map { (isPartStacked ? 2 : 1) * ($0.height + gap) + lineHeight + gap } ?? 0
    var canvas = Canvas(width: heatLeft + cell + gap, height: partTop + partHeight)

    let caption = SidePicture.caption(score: subject.score, threshold: subject.threshold)
    let fits = lettersWidth(caption) <= canvas.width - 2 * gap
    canvas.write(caption, left: gap, top: gap, scale: fits ? self.scale : 1)

    canvas.write(title(subject), left: gap, top: firstTop, scale: self.scale)
    let whole = PixelBox(x: 0, y: 0, width: picture.width, height: picture.height)
    canvas.draw(picture.whole, left: gap, top: panelTop, factor: factor)
    canvas.frame(left: gap, top: panelTop, width: panel.width, height: panel.height, level: 128)
    canvas.write("where it is suspicious", left: heatLeft, top: heatTop - gap - lineHeight, scale: self.scale)
    canvas.draw(heat(picture.whole, subject.map, of: whole, scale), left: heatLeft, top: heatTop, factor: factor)
    canvas.frame(left: heatLeft, top: heatTop, width: panel.width, height: panel.height, level: 128)
    let places = subject.regions.compactMap {
      $0.scaled(from: whole, width: panel.width, height: panel.height)
    }
    for place in places.reversed() {
      canvas.mark(place.moved(right: gap, down: panelTop))
      canvas.mark(place.moved(right: heatLeft, down: heatTop))
    }
    if places.count > 1 { number(places.map { $0.moved(right: gap, down: panelTop) }, on: &canvas) }
    drawScale(scale, on: &canvas, left: heatLeft, top: barTop, width: cell)

    if let part, let image = picture.part, let box = picture.partBox {
      canvas.write(partLabel(subject, part.factor), left: gap, top: partTop, scale: self.scale)
      let top = partTop + lineHeight + gap
      let (left, below) =
        isPartStacked ? (gap, top + part.height + gap) : (isStacked ? gap + partCell + gap : heatLeft, top)
      canvas.draw(image, left: gap, top: top, factor: part.factor)
      canvas.frame(left: gap, top: top, width: part.width, height: part.height, level: 128)
      canvas.draw(heat(image, subject.map, of: box, scale), left: left, top: below, factor: part.factor)
      canvas.frame(left: left, top: below, width: part.width, height: part.height, level: 128)
    }
    return canvas.image
  }

  // MARK: Layout

  /// A part, and how often its pixels are repeated.
  private struct Enlarged {
    let factor, width, height: Int

    /// Nil where it does not fit.
    init?(_ image: Image, atMost side: Int) {
      factor = side / max(image.width, image.height)
      if factor < 1 { return nil }
      (width, height) = (image.width * factor, image.height * factor)
    }
  }

  /// Whether the panels stand below each other, not beside.
  private static func isStacked(_ width: Int, _ height: Int) -> Bool { width >= 2 * height }

  private static func maximumPanel(isStacked: Bool) -> (width: Int, height: Int) {
    isStacked ? (maximumWidth - 2 * gap, 512) : ((maximumWidth - 3 * gap) / 2, 1_024)
  }

  private static func lettersWidth(_ text: String) -> Int { Lettering.width(of: text) * scale }

  private static func title(_ subject: Subject) -> String {
    switch subject.regions.count {
    case 0: "picture"
    case 1: "picture, 1 region"
    case let count: "picture, \(count) regions"
    }
  }

  private static func partLabel(_ subject: Subject, _ factor: Int) -> String {
    let name = subject.regions.count > 1 ? "region 1" : "region"
    return factor > 1 ? "\(name), \(factor)x" : name
  }

  // MARK: Drawing

  /// A part of the file in dim grey under the heat of its scores.
  private static func heat(_ picture: Image, _ map: PlacedMap, of box: PixelBox, _ scale: HeatScale) -> Image {
    scale.heat(map.scores(of: box, width: picture.width, height: picture.height), over: picture)
  }

  /// Writes the number of each box beside it, as far as that covers no box and no other number.
  private static func number(_ boxes: [PixelBox], on canvas: inout Canvas) {
    var covered = boxes
    for (index, box) in boxes.enumerated() {
      let text = "\(index + 1)"
      let (width, height) = (lettersWidth(text) + 4, lineHeight + 4)
      let patch = PixelBox(x: max(0, box.x - 3 - width), y: max(0, box.y - 3), width: width, height: height)
      guard !covered.contains(where: patch.overlaps) else { continue }
      covered.append(patch)
      canvas.fill(left: patch.x, top: patch.y, width: width, height: height, level: 255)
      canvas.write(text, left: patch.x + 2, top: patch.y + 2, scale: scale)
    }
  }

  /// The colours from the lowest score that has heat to the highest, and where the threshold is.
  private static func drawScale(_ scale: HeatScale, on canvas: inout Canvas, left: Int, top: Int, width: Int) {
    let bar = scale.bar(width: width, height: barHeight)
    canvas.draw(bar, left: left, top: top)
    canvas.frame(left: left, top: top, width: width, height: barHeight, level: 128)
    let textTop = top + barHeight + gap / 2
    canvas.write(HeatScale.text(scale.low), left: left, top: textTop, scale: self.scale)
    let full = HeatScale.text(scale.full)
    canvas.write(full, left: left + width - lettersWidth(full), top: textTop, scale: self.scale)
    guard let threshold = scale.threshold else { return }
    let tick = left + Int((scale.place(of: threshold) * Float(width - 1)).rounded())
    canvas.fill(left: tick - 2, top: top - gap / 2, width: 5, height: barHeight + gap, level: 255)
    canvas.fill(left: tick - 1, top: top - gap / 2, width: 3, height: barHeight + gap, level: 0)
    let text = "threshold \(HeatScale.text(threshold))"
    let place = min(max(left, tick - lettersWidth(text) / 2), left + width - lettersWidth(text))
    canvas.write(text, left: place, top: textTop + lineHeight + gap / 2, scale: self.scale)
  }
}

extension HeatScale {
  /// The scale of a subject.
  init(_ subject: HeatOverlay.Subject) {
    let finite = subject.map.map.scores.lazy.filter(\.isFinite)
    self.init(
      lowest: finite.min() ?? 0, highest: finite.max() ?? 0, threshold: subject.threshold)
  }
}
