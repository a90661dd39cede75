public import Imaging

/// Regions of a picture as text: `x,y,width,height` in the file's pixels, counted from the upper left corner.
public enum RegionText {
  /// Most regions of a picture that are kept.
  public static let maximumCount = PictureGeometry.mostBoxes
  /// Regions that a sentence names one by one.
  private static let namedCount = 3

  /// Regions, with a space between two; empty where there are none.
  public static func text(of boxes: [PixelBox]) -> String { boxes.map(\.text).joined(separator: " ") }

  /// The regions of such a text, at most `maximumCount`; what cannot be one is left out, and hides nothing else.
  static func boxes(_ text: String) -> [PixelBox] {
    let boxes = text.split(separator: " ").lazy.compactMap { word in
      PixelBox(text: String(word)).flatMap { box([$0.x, $0.y, $0.width, $0.height]) }
    }
    return Array(boxes.prefix(maximumCount))
  }

  /// The box of x, y, width and height; nil where they are none that a picture can have.
  static func box(_ numbers: [Int]) -> PixelBox? {
    guard numbers.count == 4, numbers.allSatisfy({ 0...Int(Int32.max) ~= $0 }), numbers[2] > 0, numbers[3] > 0 else {
      return nil
    }
    return PixelBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// The regions in a sentence, such as `at 12,40,30,8 and 2 more`; nil where there are none.
  static func sentence(of boxes: [PixelBox]) -> String? {
    guard !boxes.isEmpty else { return nil }
    let named = boxes.prefix(namedCount).map(\.text).joined(separator: " ")
    return "at \(named)" + (boxes.count > namedCount ? " and \(boxes.count - namedCount) more" : "")
  }
}
