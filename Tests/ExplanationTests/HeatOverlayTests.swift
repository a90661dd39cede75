import Imaging
import Testing

@testable import Explanation

@Suite("heat over pictures") struct HeatOverlayTests {
  /// A map of one score in which one cell is another, each cell two pixels of the file across and down.
  private func placed(
    width: Int, height: Int, score: Float = 0, hot: (column: Int, row: Int, score: Float)? = nil
  ) -> PlacedMap {
    var scores = [Float](repeating: score, count: width * height)
    if let hot { scores[hot.row * width + hot.column] = hot.score }
    return PlacedMap(
      map: ScoreMap(width: width, height: height, scores: scores), columns: (0..<width).map { 2 * $0..<2 * $0 + 2 },
      rows: (0..<height).map { 2 * $0..<2 * $0 + 2 })
  }

  private func color(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] { (0..<3).map { image[x, y, $0] } }

  // MARK: Places

  @Test func `every pixel of a reduced picture has the largest score of the cells that it shows`() {
    let map = placed(width: 50, height: 40, hot: (column: 31, row: 12, score: 7))
    // The hot cell shows columns 62 and 63, rows 24 and 25.
    for factor in [1, 2, 3, 7] {
      let (width, height) = ((100 + factor - 1) / factor, (80 + factor - 1) / factor)
      let scores = map.scores(
        of: PixelBox(x: 0, y: 0, width: 100, height: 80), width: width, height: height)
      let hot = scores.indices.filter { scores[$0] == 7 }
      #expect(!hot.isEmpty)
      for index in scores.indices {
        // The file's pixels that this one shows, by areas.
        let (x, y) = (Double(index % width), Double(index / width))
        let columns = x * 100 / Double(width)..<(x + 1) * 100 / Double(width)
        let rows = y * 80 / Double(height)..<(y + 1) * 80 / Double(height)
        let isHot = columns.overlaps(62..<64) && rows.overlaps(24..<26)
        #expect(scores[index] == (isHot ? 7 : 0), "\(factor): \(x), \(y)")
      }
    }
  }

  @Test func `a part has the scores of its place, and what no cell stands for has none`() {
    let map = placed(width: 10, height: 10, score: 1, hot: (column: 4, row: 5, score: 3))
    let scores = map.scores(of: PixelBox(x: 7, y: 9, width: 15, height: 13), width: 15, height: 13)
    for y in 0..<13 {
      for x in 0..<15 {
        let isHot = [8, 9].contains(7 + x) && [10, 11].contains(9 + y)
        let isInside = 7 + x < 20 && 9 + y < 20
        #expect(scores[y * 15 + x] == (isHot ? 3 : isInside ? 1 : -.infinity))
      }
    }
    let nowhere = PlacedMap(map: ScoreMap(width: 1, height: 1, scores: [9]), columns: [0..<0], rows: [0..<4])
    #expect(nowhere.scores(of: PixelBox(x: 0, y: 0, width: 4, height: 4), width: 4, height: 4).allSatisfy { $0 < 0 })
  }

  // MARK: The scale

  @Test func `the scale begins at half the threshold and ends at one of few multiples`() {
    for (highest, full): (Float, Float) in [(0.1, 3), (3, 3), (3.1, 4), (9, 10), (199, 200), (201, 201)] {
      let scale = HeatScale(lowest: 0, highest: highest, threshold: 2)
      #expect(scale.low == 1 && scale.full == full && scale.place(of: 1) == 0 && scale.place(of: full) == 1)
      #expect(scale.place(of: .nan) == 0 && scale.place(of: -.infinity) == 0 && scale.place(of: .infinity) == 1)
    }
    // Scores that are no multiples of anything.
    for threshold: Float? in [nil, 0, -3, .infinity] {
      let scale = HeatScale(lowest: -4, highest: 8, threshold: threshold)
      #expect(scale.place(of: -4) == 0 && scale.place(of: 100) == 1)
    }
    let flat = HeatScale(lowest: 5, highest: 5, threshold: nil)
    #expect(flat.place(of: 5) == 0 && flat.place(of: 6) == 0)
  }

  @Test func `what is below the scale leaves the picture as it is, and above the threshold colours are the map's`() {
    let scale = HeatScale(lowest: 0, highest: 4, threshold: 2)
    for level: UInt8 in [0, 77, 255] {
      for score: Float in [-1, 0, 1, .nan] { #expect(scale.color(of: score, over: level) == (level, level, level)) }
    }
    let last = DifferenceColors.table[255]
    let hot = scale.color(of: 4, over: 100)
    #expect(abs(Double(hot.red) - (100 + 0.8 * (Double(last.red) - 100))) <= 1)
    #expect(abs(Double(hot.blue) - (100 + 0.8 * (Double(last.blue) - 100))) <= 1)
    // Lightness rises with the score, over the ground of the scale.
    let ground = HeatScale.dimmed(128)
    let lights = stride(from: Float(2), through: 4, by: 0.1).map { score in
      let color = scale.color(of: score, over: ground)
      return 0.2126 * Double(color.red) + 0.7152 * Double(color.green) + 0.0722 * Double(color.blue)
    }
    #expect(zip(lights, lights.dropFirst()).allSatisfy { $0 < $1 })
  }

  // MARK: The picture

  private func overlay(
    width: Int, height: Int, channels: Int = 1, regions: [PixelBox] = [], hot: (Int, Int, Float)? = nil,
    score: Float = 4, threshold: Float? = 2
  ) throws -> Image {
    let picture = Image(width: width, height: height, channelCount: channels, level: 90)
    let part = HeatOverlay.part(of: regions, width: width, height: height)
    let shown = try PNG.shown(PNG.encode(picture, effort: .little), reduction: HeatOverlay.reduction, part: part)
    let map = placed(
      width: (width + 1) / 2, height: (height + 1) / 2, hot: hot.map { (column: $0.0, row: $0.1, score: $0.2) })
    return HeatOverlay.image(
      HeatOverlay.Subject(picture: shown, map: map, regions: regions, score: score, threshold: threshold))
  }

  @Test(arguments: [
    (1, 1), (16, 16), (64, 48), (640, 512), (1280, 1024), (1024, 1280), (4000, 300), (300, 4000), (5000, 4000),
    (20_000, 3), (3, 20_000),
  ])
  func `an overlay of any picture is large enough to see and small enough to keep`(width: Int, height: Int) throws {
    let region = PixelBox(x: width / 2, y: height / 2, width: 1, height: 1)
    for regions in [[], [region], Array(repeating: region, count: 16)] {
      let image = try overlay(width: width, height: height, regions: regions, hot: (width / 4, height / 4, 4))
      #expect(image.width <= HeatOverlay.maximumWidth && image.height <= 1_700, "\(image.width) x \(image.height)")
      #expect(image.width >= 300 && image.height >= 100)
    }
  }

  @Test func `picture, heat, boxes, enlarged region and scale stand where they should`() throws {
    // Two pixels become one: panels of 640 x 512.
    let region = PixelBox(x: 600, y: 400, width: 2, height: 2)
    let image = try overlay(width: 1280, height: 1024, regions: [region], hot: (300, 200, 4))
    #expect(HeatOverlay.reduction(width: 1280, height: 1024) == 2)
    let (left, right, top) = (8, 8 + 640 + 8, 8 + 14 + 8 + 14 + 8)
    #expect(image.width == right + 640 + 8)
    #expect(color(image, left, top) == [90, 90, 90] && color(image, right, top) == [61, 61, 61])
    // The hot cell is one pixel of the panel, uncovered by the box around it.
    let hottest = HeatScale(lowest: 0, highest: 4, threshold: 2).color(of: 4, over: 61)
    #expect(color(image, right + 300, top + 200) == [hottest.red, hottest.green, hottest.blue])
    #expect(color(image, left + 300, top + 200) == [90, 90, 90])
    for panel in [left, right] {
      #expect(color(image, panel + 298, top + 200) == [255, 255, 255])
      #expect(color(image, panel + 297, top + 200) == [0, 0, 0])
      #expect(color(image, panel + 302, top + 200) == [255, 255, 255])
    }
    // The scale: nothing at its left, the last colour at its right, black where the threshold is, a third of the way.
    let bar = top + 512 + 8 + 6
    #expect(color(image, right, bar) == [80, 80, 80])
    let last = HeatScale(lowest: 0, highest: 4, threshold: 2).color(of: 4, over: 80)
    #expect(color(image, right + 639, bar) == [last.red, last.green, last.blue])
    #expect(color(image, right + 213, bar) == [0, 0, 0])
    // 96 x 96 pixels around the region, four times as large; the region's cell is in its middle.
    let part = bar - 6 + 12 + 2 * (4 + 14) + 8 + 14 + 8
    #expect(color(image, left, part) == [90, 90, 90] && color(image, left + 383, part + 383) == [90, 90, 90])
    for offset in [4 * 47, 4 * 49 - 1] {
      #expect(color(image, right + offset, part + offset) == [hottest.red, hottest.green, hottest.blue])
    }
    #expect(color(image, right + 4 * 47 - 1, part + 4 * 48) == [61, 61, 61])
  }

  @Test func `several regions have numbers beside them, and no number covers a region or another number`() throws {
    let far = [PixelBox(x: 100, y: 100, width: 20, height: 20), PixelBox(x: 300, y: 100, width: 20, height: 20)]
    let near = [PixelBox(x: 100, y: 100, width: 20, height: 20), PixelBox(x: 122, y: 100, width: 20, height: 20)]
    // The patch of a number is as wide as a letter and four pixels more, and stands three pixels left of its box.
    func isNumbered(_ image: Image, _ region: PixelBox) -> Bool {
      color(image, 8 + region.x - 3 - 14, 52 + region.y - 3) == [255, 255, 255]
    }
    let apart = try overlay(width: 400, height: 300, regions: far)
    #expect(far.allSatisfy { isNumbered(apart, $0) })
    let together = try overlay(width: 400, height: 300, regions: near)
    #expect(isNumbered(together, near[0]) && !isNumbered(together, near[1]))
    // Inside of the first region the picture is as it was, but for the line around its neighbour.
    for x in 100..<119 { #expect(color(together, 8 + x, 52 + 110) == [90, 90, 90]) }
    let alone = try overlay(width: 400, height: 300, regions: [far[0]])
    #expect(!isNumbered(alone, far[0]))
  }

  @Test func `colours are the file's, and the heat lies over grey`() throws {
    var picture = Image(width: 200, height: 200, channelCount: 3, level: 0)
    for pixel in 0..<40_000 { picture.samples[3 * pixel] = 200 }
    let shown = try PNG.shown(PNG.encode(picture), reduction: HeatOverlay.reduction)
    #expect(shown.whole == picture)
    let image = HeatOverlay.image(
      HeatOverlay.Subject(
        picture: shown, map: placed(width: 100, height: 100), regions: [], score: 0, threshold: nil))
    #expect(color(image, 8, 52) == [200, 0, 0])
    let right = color(image, 8 + 252 + 8, 52)
    #expect(right[0] == right[1] && right[1] == right[2])
  }

  @Test func `what is enlarged is around the region, within the picture, and not too large`() {
    let width = 2000, height = 1500
    for x in [0, 1, 700, 1990] {
      for y in [0, 3, 1000, 1495] {
        let region = PixelBox(x: x, y: y, width: 10, height: 5)
        guard let part = HeatOverlay.part(of: [region], width: width, height: height) else {
          Issue.record("\(region)")
          continue
        }
        #expect(part.width == 96 && part.height == 96 && part.x >= 0 && part.y >= 0)
        #expect(part.x + part.width <= width && part.y + part.height <= height)
        #expect(part.contains(PixelPosition(column: x, row: y)))
        #expect(part.contains(PixelPosition(column: x + 9, row: y + 4)))
      }
    }
    #expect(HeatOverlay.part(of: [], width: width, height: height) == nil)
    let large = PixelBox(x: 0, y: 0, width: 400, height: 5)
    #expect(HeatOverlay.part(of: [large], width: width, height: height) == nil)
    // A picture that is shown in its own pixels needs no part of it.
    #expect(HeatOverlay.part(of: [PixelBox(x: 1, y: 1, width: 5, height: 5)], width: 100, height: 100) == nil)
    #expect(HeatOverlay.part(of: [PixelBox(x: 3000, y: 1, width: 5, height: 5)], width: width, height: height) == nil)
  }

  // MARK: The file

  @Test(arguments: [1, 3]) func `a file is shown reduced and in part without being decoded whole`(channels: Int) throws
  {
    let samples = (0..<90 * 70 * channels).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 90) }
    let picture = Image(width: 90, height: 70, channelCount: channels, samples: samples)
    let bytes = PNG.encode(picture)
    for factor in [1, 2, 4] {
      let box = PixelBox(x: 80, y: -3, width: 40, height: 10)
      let shown = try PNG.shown(bytes, reduction: { _, _ in factor }, part: box)
      #expect(
        shown.whole == picture.resampled(width: (90 + factor - 1) / factor, height: (70 + factor - 1) / factor))
      #expect(shown.partBox == PixelBox(x: 80, y: 0, width: 10, height: 7) && shown.width == 90 && shown.height == 70)
      let part = try #require(shown.part)
      for y in 0..<7 {
        for x in 0..<10 { for c in 0..<channels { #expect(part[x, y, c] == picture[80 + x, y, c]) } }
      }
    }
    #expect(throws: PNGError.self) { try PNG.shown(Array(bytes.dropLast(20)), reduction: { _, _ in 1 }) }
  }
}

@Suite("heat in reports") struct HeatPanelTests {
  private func panel(_ scores: [Float], regions: [PixelBox] = []) -> HeatPanel {
    let picture = Image(width: 600, height: 300, channelCount: 3, level: 90)
    let map = ScoreMap(width: 2, height: 1, scores: scores)
    return HeatPanel(
      HeatOverlay.Subject(
        picture: ShownPicture(width: 600, height: 300, whole: picture.resampled(width: 200, height: 100)),
        map: PlacedMap(map: map, columns: [0..<300, 300..<600], rows: [0..<300]), regions: regions, score: 4,
        threshold: 2))
  }

  private func color(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] { (0..<3).map { image[x, y, $0] } }

  @Test func `panels share a scale, and have boxes around their regions`() {
    #expect(HeatPanel.reduction(width: 600, height: 300) == 3 && HeatPanel.reduction(width: 256, height: 3) == 1)
    let region = PixelBox(x: 300, y: 60, width: 60, height: 30)
    let (hot, cold) = (panel([0, 4], regions: [region]), panel([-1, 1]))
    let scale = HeatScale([cold, hot], threshold: 2)
    #expect(scale == HeatScale(lowest: -1, highest: 4, threshold: 2) && scale.full == 4)
    let image = hot.heat(scale)
    #expect(image.width == 200 && image.height == 100)
    #expect(color(image, 50, 50) == [61, 61, 61])
    let color = scale.color(of: 4, over: 61)
    // The region is 20 pixels wide from 100 on; the lines lie around it.
    for picture in [hot.heat(scale), hot.marked] {
      #expect(self.color(picture, 98, 25) == [255, 255, 255] && self.color(picture, 97, 25) == [0, 0, 0])
    }
    #expect(self.color(image, 110, 25) == [color.red, color.green, color.blue])
    #expect(self.color(hot.marked, 110, 25) == [90, 90, 90])
    #expect(cold.heat(scale).samples.allSatisfy { $0 == 61 })
    #expect(HeatScale([], threshold: nil).place(of: 0) == 0)
  }

  @Test func `cells lie in the file as the picture's geometry says`() throws {
    var preparation = Preparation(size: 16, channelCount: 1)
    for (windows, width, height): (WindowPlan?, Int, Int) in [
      (nil, 33, 50), (WindowPlan(stride: 8), 33, 50), (WindowPlan(scale: 0.5, stride: 8), 61, 50),
      (WindowPlan(stride: 8, field: .region(PixelBox(x: 3, y: 7, width: 21, height: 30))), 40, 60),
      (WindowPlan(stride: 8, smallPictures: .padded), 9, 50),
    ] {
      preparation.windows = windows
      let geometry = try preparation.geometry(width: width, height: height)
      let map = ScoreMap(
        width: geometry.mapWidth, height: geometry.mapHeight,
        scores: [Float](repeating: 1, count: geometry.mapWidth * geometry.mapHeight))
      let placed = PlacedMap(map: map, geometry: geometry)
      // Together they cover what is looked at, without a gap, and nothing else.
      let source = geometry.source
      let columns = placed.columns.reduce(into: Set<Int>()) { $0.formUnion($1) }
      let rows = placed.rows.reduce(into: Set<Int>()) { $0.formUnion($1) }
      #expect(columns == Set(source.x..<source.x + source.width))
      #expect(rows == Set(source.y..<source.y + source.height))
      #expect(zip(placed.columns, placed.columns.dropFirst()).allSatisfy { $0.lowerBound <= $1.lowerBound })
    }
  }
}
