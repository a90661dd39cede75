public import Imaging

/// A picture and its heat in a size for pages with many of them: reduced, with a box around each region.
public struct HeatPanel: Sendable, Equatable {
  /// Most pixels of the longer side.
  public static let maximumSide = 256

  /// The picture, reduced.
  private let picture: Image
  /// A score for each of its pixels; negative infinity where there is none.
  private let scores: [Float]
  /// The regions in its pixels.
  private let regions: [PixelBox]

  /// How many pixels of a file's picture become one across and down.
  public static func reduction(width: Int, height: Int) -> Int {
    max(1, (max(width, height) + maximumSide - 1) / maximumSide)
  }

  /// The panel of a subject whose picture is reduced already.
  public init(_ subject: HeatOverlay.Subject) {
    let shown = subject.picture
    let whole = PixelBox(x: 0, y: 0, width: shown.width, height: shown.height)
    picture = shown.whole
    scores = subject.map.scores(of: whole, width: picture.width, height: picture.height)
    regions = subject.regions.compactMap { [picture] region in
      region.scaled(from: whole, width: picture.width, height: picture.height)
    }
  }

  /// The picture with its boxes, in colour.
  public var marked: Image { withBoxes(picture) }

  /// The picture in dim grey under its heat, with its boxes.
  public func heat(_ scale: HeatScale) -> Image { withBoxes(scale.heat(scores, over: picture)) }

  private func withBoxes(_ image: Image) -> Image {
    var canvas = Canvas(width: image.width, height: image.height)
    canvas.draw(image, left: 0, top: 0)
    for region in regions { canvas.mark(region) }
    return canvas.image
  }

  /// The lowest and the highest of some panels' scores; nil where there are none.
  static func range(of panels: [HeatPanel]) -> ClosedRange<Float>? {
    var range: ClosedRange<Float>?
    for panel in panels {
      for score in panel.scores where score.isFinite {
        range = range.map { min($0.lowerBound, score)...max($0.upperBound, score) } ?? score...score
      }
    }
    return range
  }
}

extension PixelBox {
  /// The box in a picture that shows a part in another size; nil where it is not in that part.
  ///
  /// - Parameters:
  ///   - shown: the part, which begins at the file's first pixel.
  ///   - width: columns that show it.
  ///   - height: rows that show it.
  func scaled(from shown: PixelBox, width: Int, height: Int) -> PixelBox? {
    guard let inside = clipped(width: shown.width, height: shown.height) else { return nil }
    let (left, top) = (inside.x * width / shown.width, inside.y * height / shown.height)
    let right = ((inside.x + inside.width) * width + shown.width - 1) / shown.width
    let bottom = ((inside.y + inside.height) * height + shown.height - 1) / shown.height
    return PixelBox(x: left, y: top, width: right - left, height: bottom - top)
  }
}

extension PixelBox {
  /// The box elsewhere.
  func moved(right: Int, down: Int) -> PixelBox {
    PixelBox(x: x + right, y: y + down, width: width, height: height)
  }

  /// Whether the two have a pixel in common.
  func overlaps(_ other: PixelBox) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }
}

extension Canvas {
  /// A box of two lines, seen on any ground, that leaves what it is around uncovered.
  mutating func mark(_ place: PixelBox) {
    frame(left: place.x - 1, top: place.y - 1, width: place.width + 2, height: place.height + 2, level: 255)
    frame(left: place.x - 2, top: place.y - 2, width: place.width + 4, height: place.height + 4, level: 0)
  }
}
