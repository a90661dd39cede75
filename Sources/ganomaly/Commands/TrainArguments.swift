public import ArgumentParser
public import GANomalyModel
public import Imaging
public import Training

extension Variant: ExpressibleByArgument {}

extension Augmentation: ExpressibleByArgument {}

extension TrainingPreset: ExpressibleByArgument {}

extension PixelBox {
  /// A rectangle from `x,y,width,height`.
  ///
  /// - Throws: `ValidationError` with what is expected.
  static func option(_ text: String) throws -> PixelBox {
    guard let box = PixelBox(text: text) else {
      throw ValidationError("expected x,y,width,height: whole numbers with commas between them")
    }
    return box
  }
}

extension WindowPlan.SmallPictures: ExpressibleByArgument {
  /// From the words of the command line: refuse, pad.
  public init?(argument: String) {
    guard let value = Self.allCases.first(where: { $0.optionText == argument }) else { return nil }
    self = value
  }

  /// The words, for help and completions.
  public static var allValueStrings: [String] { allCases.map(\.optionText) }
}
