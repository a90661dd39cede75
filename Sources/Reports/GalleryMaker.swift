internal import Explanation
internal import GANomalyModel
internal import Imaging
internal import Linux

/// Makes galleries of pictures whose differences have one scale, so that they can be compared.
struct GalleryMaker {
  /// Largest side of a picture in a report; larger ones are shrunk.
  static let largestSide = 128

  private let calibration: Calibration?
  private let fullLevel: UInt8
  /// Of all score maps; nil where no picture has one.
  private let heatScale: HeatScale?

  /// A maker for all pictures of a report.
  init(calibration: Calibration?, pictures: [EvaluatedPicture]) {
    self.calibration = calibration
    let views = pictures.compactMap { picture -> PictureViews? in
      if case .views(let views)? = picture.shown { views } else { nil }
    }
    fullLevel = Self.fullLevel(of: views)
    let panels = views.compactMap(\.panel)
    heatScale = panels.isEmpty ? nil : HeatScale(panels, threshold: calibration?.threshold)
  }

  /// A maker for pictures without scores.
  init(views: [PictureViews]) {
    calibration = nil
    fullLevel = Self.fullLevel(of: views)
    heatScale = nil
  }

  /// Part of all differences that the scale need not show apart: one glaring spot would make all else black.
  private static let glaringPart = 0.005

  /// One scale for all pictures: the smallest that shows nearly all differences.
  private static func fullLevel(of views: [PictureViews]) -> UInt8 {
    let maps = views.map(map)
    var counts = [Int](repeating: 0, count: 256)
    for map in maps { for level in map.levels { counts[Int(level)] += 1 } }
    let allowed = Int(Double(maps.reduce(0) { $0 + $1.levels.count }) * glaringPart)
    var above = 0
    for level in (1...255).reversed() {
      above += counts[level]
      if above > allowed { return DifferenceMap.fullLevel(for: UInt8(level)) }
    }
    return DifferenceMap.fullLevel(for: 0)
  }

  private var legend: ReportBlock {
    let bar = DifferenceMap.legend(width: 256, height: 12)
    return .legend(
      ReportBlock.LegendBar(
        from: "difference 0", to: "\(fullLevel) of 255 levels or more", barSource: Self.source(of: bar),
        barMeaning: "scale of the difference maps: dark blue is no difference, pale yellow \(fullLevel) levels or more",
        width: bar.width, height: bar.height))
  }

  /// What the pictures are, and what their colours stand for.
  var introduction: [ReportBlock] {
    let whole =
      "Each picture as the network sees it, as the network draws it, and where the two differ. The network has learnt "
      + "to draw good parts: what it cannot draw stands out in the difference."
    let windows =
      "Each picture with a box around every region above the threshold, and the heat of its score map; then the window "
      + "with the highest score as the network sees it, as the network draws it, and where the two differ. The network "
      + "has learnt to draw good parts: what it cannot draw stands out in the difference."
    return [.text(heatScale == nil ? whole : windows)] + legends
  }

  /// What the colours stand for.
  var legends: [ReportBlock] { [heatLegend, legend].compactMap(\.self) }

  private var heatLegend: ReportBlock? {
    heatScale.map { scale in
      let bar = scale.bar(width: 256, height: 12)
      let (low, full) = (HeatScale.text(scale.low), HeatScale.text(scale.full))
      let threshold = scale.threshold.map { ", the threshold is \(HeatScale.text($0))" } ?? ""
      return .legend(
        ReportBlock.LegendBar(
          from: "heat: score \(low)", to: "\(full)\(threshold)", barSource: Self.source(of: bar),
          barMeaning: "scale of the heat: none up to a score of \(low), pale yellow at \(full)\(threshold)",
          width: bar.width, height: bar.height))
    }
  }

  /// A gallery.
  ///
  /// - Parameter isAnomalous: what the pictures are; nil where they are not labelled.
  func gallery(
    _ title: String, explanation: String, pictures: [EvaluatedPicture], isAnomalous: Bool?
  ) -> ReportBlock? {
    let shown = pictures.compactMap { picture in picture.shown.map { self.picture(picture, $0, isAnomalous) } }
    guard !shown.isEmpty else { return nil }
    return .gallery(ReportGallery(galleryTitle: title, explanation: explanation, pictures: shown))
  }

  /// A gallery of pictures that are numbered.
  func gallery(_ title: String, explanation: String, views: [PictureViews]) -> ReportBlock? {
    guard !views.isEmpty else { return nil }
    return .gallery(
      ReportGallery(
        galleryTitle: title, explanation: explanation,
        pictures: views.enumerated().map { place, views in
          ReportGallery.Picture(
            name: "picture \(place + 1)", words: "", judgement: "", views: self.views(views), missing: nil)
        }))
  }

  private func picture(
    _ picture: EvaluatedPicture, _ shown: PictureShown, _ isAnomalous: Bool?
  ) -> ReportGallery.Picture {
    let verdict = calibration?.isAnomalous(picture.score)
    var words = ["score \(picture.score)"]
    if let pValue = calibration?.pValue(of: picture.score) {
      words.append("p-value \(PictureTables.text(pValue: pValue))")
    }
    if let kind = picture.kind { words.append("kind \(kind)") }
    if let verdict {
      words.append(PictureTables.verdict(isAnomalous: isAnomalous, isCalledAnomalous: verdict))
    }
    var judgement = ""
    if let verdict, let isAnomalous { judgement = verdict == isAnomalous ? "right" : "wrong" }
    var views: [ReportGallery.View] = []
    var missing: String?
    switch shown {
    case .missing(let reason): missing = reason
    case .views(let found): views = self.views(found)
    }
    return ReportGallery.Picture(
      name: escaped(picture.path.bytes), words: words.joined(separator: ", "), judgement: judgement, views: views,
      missing: missing)
  }

  private func views(_ views: PictureViews) -> [ReportGallery.View] {
    let side = max(views.original.width, views.original.height)
    let factor = (side + Self.largestSide - 1) / Self.largestSide
    var large: [(String, Image)] = []
    if let panel = views.panel, let heatScale {
      large = [("picture", panel.marked), ("where it is suspicious", panel.heat(heatScale))]
    }
    return
      (large + [
        (views.panel == nil ? "original" : "window", Self.shrunk(views.original, by: factor)),
        ("reconstruction", Self.shrunk(views.reconstruction, by: factor)),
        ("difference", Self.map(of: views).reduced(by: factor).image(fullLevel: fullLevel)),
      ]).map { title, image in
        ReportGallery.View(
          viewTitle: title, source: Self.source(of: image), width: image.width, height: image.height, alternative: title
        )
      }
  }

  private static func map(of views: PictureViews) -> DifferenceMap {
    DifferenceMap(original: views.original, reconstruction: views.reconstruction)
  }

  private static func shrunk(_ image: Image, by factor: Int) -> Image {
    guard factor > 1 else { return image }
    return image.resampled(
      width: (image.width + factor - 1) / factor, height: (image.height + factor - 1) / factor)
  }

  private static func source(of image: Image) -> String { "data:image/png;base64," + Base64.text(PNG.encode(image)) }
}
