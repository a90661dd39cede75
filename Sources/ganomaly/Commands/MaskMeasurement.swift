import Evaluation
import GANomalyModel
import Imaging
import Linux

/// Compares the maps of pictures with the masks of their defects, while the pictures are scored.
final class MaskMeasurement {
  /// What came out so far.
  private(set) var evaluation: MaskEvaluation
  private let folder: MaskFolder

  /// A measurement with a folder of masks.
  ///
  /// - Throws: where the folder is none.
  init(_ model: Model, masks: BytePath) throws {
    guard try DirectoryTree.isFolder(masks) else {
      throw CommandError("'\(escaped(masks.bytes))' is not a folder, expected one of masks")
    }
    folder = MaskFolder(path: masks)
    evaluation = MaskEvaluation(threshold: model.calibration?.threshold, preparation: model.preparation)
  }

  /// Adds a picture; one without a score is told elsewhere.
  ///
  /// - Parameters:
  ///   - folder: the folder of pictures that it lies below.
  ///   - label: what its pictures are.
  /// - Throws: `MaskError`.
  func add(_ result: PictureScoring.Result, below folder: BytePath, _ label: MaskFolder.Label) throws {
    guard let location = result.location else { return }
    let geometry = location.geometry
    let mask = try self.folder.mask(
      for: result.item.path, below: folder, label: label, width: geometry.pictureWidth,
      height: geometry.pictureHeight)
    try evaluation.add(location, mask: mask)
  }
}
