private import Crypto
private import Explanation
internal import GANomalyModel
internal import Imaging
internal import Linux

/// Makes what shows why a picture is an anomaly, and where: of a whole picture the network's view of it, of one that was
/// looked at by windows the picture itself with its regions and the heat of its score map.
struct SideViewDrawer {
  private let judge: PictureJudge
  private let settings: Settings
  /// Told of every piece of the work.
  private let sign: SignOfLife

  /// A drawer for one model's pictures.
  init(_ judge: PictureJudge, _ settings: Settings, sign: SignOfLife) {
    self.judge = judge
    self.settings = settings
    self.sign = sign
  }

  /// Where a picture is above the threshold, in its file's pixels; empty where that is not known.
  func regions(of scored: PictureLane.Explained, _ record: InspectionRecord) -> [PixelBox] {
    guard let map = scored.map, let width = record.width, let height = record.height,
      let geometry = judge.geometry(width: width, height: height)
    else { return [] }
    return geometry.boxes(of: map, above: judge.identity.threshold, limit: RegionText.maximumCount)
  }

  /// The side picture as a file; nil where it cannot be had, which holds up nothing.
  ///
  /// - Parameter record: of the picture, with its regions.
  func view(of picture: Lane.Held, _ scored: PictureLane.Explained, _ record: InspectionRecord) -> [UInt8]? {
    if let reconstruction = scored.reconstruction {
      let caption = SidePicture.caption(score: scored.score, threshold: judge.identity.threshold)
      let image = SidePicture.image(original: picture.picture, reconstruction: reconstruction, caption: caption)
      return PNG.encode(image, effort: .little)
    }
    guard let map = scored.map, let width = record.width, let height = record.height,
      let geometry = judge.geometry(width: width, height: height),
      let bytes = content(of: picture, record)
    else { return nil }
    let limits = PNGLimits(maximumSide: settings.maximumSide, maximumPixels: settings.maximumPixels)
    let part = HeatOverlay.part(of: record.regions, width: width, height: height)
    // Decoded once more: few pictures are anomalies, and none would be kept whole for the sake of these.
    let shown = try? PNG.shown(
      bytes, limits: limits, background: judge.preparation?.alpha.background ?? 0, reduction: HeatOverlay.reduction,
      part: part, progress: sign.give)
    guard let shown, shown.width == width, shown.height == height else { return nil }
    let image = HeatOverlay.image(
      HeatOverlay.Subject(
        picture: shown, map: PlacedMap(map: map, geometry: geometry), regions: record.regions, score: scored.score,
        threshold: judge.identity.threshold))
    sign.give()
    return PNG.encode(image, effort: .little)
  }

  /// The bytes that were scored, read again; nil where others are there by now.
  private func content(of picture: Lane.Held, _ record: InspectionRecord) -> [UInt8]? {
    let bytes = try? picture.file.file.read(
      maximumCount: settings.maximumFileBytes, expecting: Int(clamping: picture.status.size), progress: sign.give)
    guard let bytes, Array(SHA256.hash(data: bytes)) == record.digest else { return nil }
    return bytes
  }
}
