public import Imaging
public import Linux

/// A mask, or a map to be measured by it, that cannot be used.
public enum MaskError: Error, Sendable, Equatable {
  /// The file system said no.
  case file(FileError)
  /// An anomalous picture has no mask under either name.
  case missing(picture: BytePath, expected: [BytePath])
  /// A picture has a mask under both names.
  case twice(picture: BytePath, found: [BytePath])
  /// A mask is no PNG, damaged, or over a limit.
  case png(file: BytePath, PNGError)
  /// A mask has more bits a sample than can be told apart here.
  case depth(file: BytePath, found: Int)
  /// A mask has other sides than its picture.
  case size(file: BytePath, found: PixelSize, picture: BytePath, expected: PixelSize)
  /// An anomalous picture's mask has no defective pixel.
  case noDefect(file: BytePath, picture: BytePath)
  /// A normal picture's mask has defective pixels.
  case defectOfNormal(file: BytePath, picture: BytePath, pixelCount: Int)
  /// A score of a map is NaN or infinite.
  case score(found: Float, at: PixelPosition)

  /// Columns and rows.
  public struct PixelSize: Sendable, Equatable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int

    /// A size from its parts.
    public init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }
}

extension MaskError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .file(let error): return error.description
    case .missing(let picture, let expected):
      return "no mask for the anomalous picture \(Self.quoted(picture)): expected \(Self.list(expected, "or")); "
        + "add it, or take the picture out of the evaluation"
    case .twice(let picture, let found):
      return "two masks for the picture \(Self.quoted(picture)): found \(Self.list(found, "and")), expected one; "
        + "remove the wrong one"
    case .png(let file, let error): return "cannot read the mask \(Self.quoted(file)): \(error)"
    case .depth(let file, let found):
      return "cannot use the mask \(Self.quoted(file)): it has \(found) bits a sample, expected at most 8; "
        + "convert it, so that defective pixels stay above 0"
    case .size(let file, let found, let picture, let expected):
      return "cannot use the mask \(Self.quoted(file)): it has \(found.width)x\(found.height) pixels, expected "
        + "\(expected.width)x\(expected.height) as \(Self.quoted(picture)) has; take the mask that was drawn on it"
    case .noDefect(let file, let picture):
      return "cannot use the mask \(Self.quoted(file)): all its pixels are 0, expected others where "
        + "\(Self.quoted(picture)) is defective; draw them, or count the picture among the normal ones"
    case .defectOfNormal(let file, let picture, let pixelCount):
      return "cannot use the mask \(Self.quoted(file)): \(pixelCount) of its pixels \(pixelCount == 1 ? "is" : "are") "
        + "not 0, expected none, for \(Self.quoted(picture)) is among the normal pictures; "
        + "clear the mask, or count the picture among the anomalous ones"
    case .score(let found, let place):
      return "cannot measure a map: its score at column \(place.column), row \(place.row) is \(found), "
        + "expected a finite number; the model's weights or the picture overflow"
    }
  }

  private static func quoted(_ path: BytePath) -> String { "'\(escaped(path.bytes))'" }

  private static func list(_ paths: [BytePath], _ word: String) -> String {
    paths.map(quoted).joined(separator: " \(word) ")
  }
}
