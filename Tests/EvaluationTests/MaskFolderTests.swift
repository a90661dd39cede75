import Imaging
import Linux
import TestSupport
import Testing

@testable import Evaluation

struct MaskFolderTests {
  /// A folder with pictures in `test` and masks in `ground_truth`.
  private let folder: TemporaryFolder
  private let masks: MaskFolder
  private let pictures: BytePath

  init() throws {
    folder = try TemporaryFolder()
    try folder.makeFolder("ground_truth/crack")
    masks = MaskFolder(path: BytePath(folder.path("ground_truth")))
    pictures = BytePath(folder.path("test"))
  }

  private func mask(
    _ name: String, label: MaskFolder.Label = .anomalous, width: Int = 3, height: Int = 2
  ) throws(MaskError) -> DefectMask? {
    try masks.mask(
      for: BytePath("\(pictures)/\(name)"), below: pictures, label: label, width: width, height: height)
  }

  /// The sentence of the error, without the folder's path.
  private func sentence(_ name: String, label: MaskFolder.Label = .anomalous) -> String? {
    do throws(MaskError) {
      _ = try mask(name, label: label)
      return nil
    } catch {
      return error.description.split(separator: "\(folder.path)/", omittingEmptySubsequences: false).joined()
    }
  }

  private static let picture = Image(width: 3, height: 2, channelCount: 1, samples: [0, 0, 7, 0, 0, 255])

  @Test(arguments: ["crack/001_mask.png", "crack/001.png"])
  func `a mask is found under either name`(name: String) throws {
    try folder.write(Self.picture, to: "ground_truth/\(name)")
    let found = try #require(try mask("crack/001.png"))
    #expect(found == DefectMask(Self.picture))
    #expect(found.defects.map(\.box) == [PixelBox(x: 2, y: 0, width: 1, height: 2)])
    #expect(try mask("crack/001.PNG") == found)
  }

  @Test func `folders mirror each other at any depth, with or without a separator at the end`() {
    for path in ["a/test", "a/test/"] {
      let candidates = MaskFolder(path: BytePath("masks")).candidates(
        for: BytePath("a/test/x/y/z.png"), below: BytePath(path))
      #expect(candidates.map(\.description) == ["masks/x/y/z_mask.png", "masks/x/y/z.png"])
    }
    #expect(
      MaskFolder(path: BytePath("m/")).candidates(for: BytePath("p/z.png"), below: BytePath("p")).map(\.description)
        == ["m/z_mask.png", "m/z.png"])
  }

  @Test func `a normal picture needs no mask, and an empty one does no harm`() throws {
    #expect(try mask("good/001.png", label: .normal) == nil)
    try folder.makeFolder("ground_truth/good")
    try folder.write(Image(width: 3, height: 2, channelCount: 1, level: 0), to: "ground_truth/good/001.png")
    #expect(try mask("good/001.png", label: .normal)?.defects.isEmpty == true)
    try folder.write(Self.picture, to: "ground_truth/good/002.png")
    #expect(
      sentence("good/002.png", label: .normal)
        == "cannot use the mask 'ground_truth/good/002.png': 2 of its pixels are not 0, expected none, for "
        + "'test/good/002.png' is among the normal pictures; clear the mask, or count the picture among the "
        + "anomalous ones"
    )
  }

  @Test func `what is missing, double, empty or of other sides is told with its remedy`() throws {
    #expect(
      sentence("crack/001.png")
        == "no mask for the anomalous picture 'test/crack/001.png': expected 'ground_truth/crack/001_mask.png' or "
        + "'ground_truth/crack/001.png'; add it, or take the picture out of the evaluation")
    try folder.write(Self.picture, to: "ground_truth/crack/002.png")
    try folder.write(Self.picture, to: "ground_truth/crack/002_mask.png")
    #expect(
      sentence("crack/002.png")
        == "two masks for the picture 'test/crack/002.png': found 'ground_truth/crack/002_mask.png' and "
        + "'ground_truth/crack/002.png', expected one; remove the wrong one")
    try folder.write(Image(width: 3, height: 2, channelCount: 1, level: 0), to: "ground_truth/crack/003.png")
    #expect(
      sentence("crack/003.png")
        == "cannot use the mask 'ground_truth/crack/003.png': all its pixels are 0, expected others where "
        + "'test/crack/003.png' is defective; draw them, or count the picture among the normal ones")
    try folder.write(Image(width: 2, height: 3, channelCount: 1, level: 9), to: "ground_truth/crack/004.png")
    #expect(
      sentence("crack/004.png")
        == "cannot use the mask 'ground_truth/crack/004.png': it has 2x3 pixels, expected 3x2 as 'test/crack/004.png' "
        + "has; take the mask that was drawn on it")
  }

  @Test func `what is no sound mask is refused, for normal pictures too`() throws {
    try folder.write([], to: "ground_truth/crack/001.png")
    try folder.write(Array(PNG.encode(Self.picture).dropLast(20)), to: "ground_truth/crack/002.png")
    try folder.write(Self.grey16, to: "ground_truth/crack/003.png")
    try folder.makeFolder("ground_truth/crack/004.png")
    for label in [MaskFolder.Label.normal, .anomalous] {
      #expect(
        sentence("crack/001.png", label: label)?.hasPrefix(
          "cannot read the mask 'ground_truth/crack/001.png': the file is empty, expected a PNG") == true)
      #expect(
        sentence("crack/002.png", label: label)?.hasPrefix("cannot read the mask 'ground_truth/crack/002.png': the PNG")
          == true)
      #expect(
        sentence("crack/003.png", label: label)
          == "cannot use the mask 'ground_truth/crack/003.png': it has 16 bits a sample, expected at most 8; convert "
          + "it, so that defective pixels stay above 0")
      #expect(
        sentence("crack/004.png", label: label)
          == "cannot read 'ground_truth/crack/004.png': it is a folder, expected a regular file")
    }
  }

  /// A grey PNG of 3x2 pixels with 16 bits a sample, all of them 1: scaled to 8 bits they are 0.
  private static let grey16: [UInt8] = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x03, 0x00, 0x00, 0x00, 0x02, 0x10, 0x00, 0x00, 0x00, 0x00, 0xE8, 0x8F, 0xE5, 0x85, 0x00, 0x00, 0x00,
    0x0E, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x60, 0x60, 0x04, 0x43, 0x08, 0x05, 0x00, 0x00, 0x35, 0x00,
    0x07, 0x3E, 0x46, 0x0F, 0x4C, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
  ]
}
