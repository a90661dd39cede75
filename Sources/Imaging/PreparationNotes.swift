/// What was done to a picture to make it a network's input.
public struct PreparationNotes: OptionSet, Sendable, Hashable {
  /// One bit a note.
  public let rawValue: Int

  /// Notes from their bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Transparent pixels were composed on the background.
  public static let alphaComposed = PreparationNotes(rawValue: 1)
  /// 16 bits a sample were scaled to 8.
  public static let depthReduced = PreparationNotes(rawValue: 2)
  /// Grey was repeated in three channels.
  public static let greyRepeated = PreparationNotes(rawValue: 4)
  /// Colour was converted to grey.
  public static let colorConverted = PreparationNotes(rawValue: 8)
  /// A side was smaller than the network's.
  public static let enlarged = PreparationNotes(rawValue: 16)
  /// A side was larger than the network's.
  public static let shrunk = PreparationNotes(rawValue: 32)
  /// Width and height differed.
  public static let stretched = PreparationNotes(rawValue: 64)
  /// A picture that is seen through windows was shrunk by the plan's scale.
  public static let scaled = PreparationNotes(rawValue: 128)
  /// A plane was smaller than a window, and continued.
  public static let padded = PreparationNotes(rawValue: 256)

  /// One lower-case sentence a note, in a fixed order.
  public var sentences: [String] {
    let all: [(PreparationNotes, String)] = [
      (.alphaComposed, "transparent pixels are composed on the background"),
      (.depthReduced, "16-bit pictures are scaled to 8 bits"),
      (.greyRepeated, "grey pictures are repeated in three channels"),
      (.colorConverted, "colour pictures are converted to grey"),
      (.enlarged, "pictures smaller than the network's input are enlarged"),
      (.shrunk, "pictures larger than the network's input are shrunk"),
      (.stretched, "pictures that are not square are stretched to a square"),
      (.scaled, "pictures are shrunk before windows are cut from them"),
      (.padded, "pictures smaller than a window are continued to its size"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
