import Evaluation
import Explanation
import GANomalyModel
import Imaging
import Linux

/// Draws where a picture is anomalous: the picture as its file has it, with its regions and the heat of its score map.
struct MapPicture: Sendable {
  private let threshold: Float?
  private let background: UInt8

  /// Pictures of a model.
  init(model: Model) {
    threshold = model.calibration?.threshold
    background = model.preparation.alpha.background
  }

  /// What is to be shown of a file that was scored; nil where it cannot be read any more, or has other sides by now.
  private func subject(
    of item: PictureItem, _ location: PictureScoring.Location, _ score: Float, reduction: (Int, Int) -> Int,
    hasPart: Bool
  ) -> HeatOverlay.Subject? {
    guard item.problem == nil,
      let bytes = try? FileContents.read(item.path, limit: PictureFile.maximumBytes, followsLink: item.followsLink)
    else { return nil }
    let geometry = location.geometry
    let regions = threshold.map(location.boxes) ?? []
    let part =
      hasPart ? HeatOverlay.part(of: regions, width: geometry.pictureWidth, height: geometry.pictureHeight) : nil
    let shown = try? PNG.shown(bytes, background: background, reduction: reduction, part: part)
    guard let shown, shown.width == geometry.pictureWidth, shown.height == geometry.pictureHeight else { return nil }
    return HeatOverlay.Subject(
      picture: shown, map: PlacedMap(map: location.map, geometry: geometry), regions: regions, score: score,
      threshold: threshold)
  }

  /// The overlay as a PNG file; nil where the picture's file cannot be read any more, or has other sides by now.
  func file(of item: PictureItem, _ location: PictureScoring.Location, score: Float) -> [UInt8]? {
    subject(of: item, location, score, reduction: HeatOverlay.reduction, hasPart: true)
      .map { PNG.encode(HeatOverlay.image($0), effort: .little) }
  }

  /// The same for a page with many of them.
  func panel(of item: PictureItem, _ location: PictureScoring.Location, score: Float) -> HeatPanel? {
    subject(of: item, location, score, reduction: HeatPanel.reduction, hasPart: false).map(HeatPanel.init)
  }
}
