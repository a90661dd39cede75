import GANomalyModel
import Imaging
import Linux
import TestSupport
import Testing

@testable import Evaluation

struct MaskEvaluationTests {
  /// Of pictures of 12 x 8 pixels a region is looked at, full scale: cells of 2 x 2 pixels.
  private let preparation = Preparation(
    size: 4, channelCount: 1,
    windows: WindowPlan(stride: 2, field: .region(PixelBox(x: 4, y: 2, width: 8, height: 4))))

  /// A map of such a picture.
  private func location(_ cells: [Float]) throws -> PictureScoring.Location {
    let geometry = try preparation.geometry(width: 12, height: 8)
    return PictureScoring.Location(map: ScoreMap(width: 4, height: 2, scores: cells), geometry: geometry)
  }

  /// A mask of marked rectangles.
  private func mask(_ boxes: [PixelBox]) -> DefectMask {
    DefectMask(width: 12, height: 8) { index in
      boxes.contains { $0.contains(PixelPosition(column: index % 12, row: index / 12)) }
    }
  }

  @Test func `pixels outside the region are left out, of defects what lies inside counts`() throws {
    var evaluation = MaskEvaluation(threshold: 2, preparation: preparation)
    let defects = mask([
      // Half inside: its inside is 2 x 2, the cell with 5.
      PixelBox(x: 2, y: 2, width: 4, height: 2),
      // Inside, where the map has 1.
      PixelBox(x: 10, y: 4, width: 2, height: 2),
      // Wholly outside.
      PixelBox(x: 0, y: 6, width: 2, height: 2),
    ])
    try evaluation.add(try location([5, 0, 0, 0, 0, 0, 0, 1]), mask: defects)
    #expect(evaluation.pixels.defectivePixelCount == 8)
    #expect(evaluation.pixels.normalPixelCount == 24)
    #expect(evaluation.pixels.defectCount == 2)
    #expect(evaluation.unseenDefectCount == 1)
    #expect(evaluation.pixels.areaUnderROC?.value == 1)
    #expect(evaluation.hits.hitCount == 1 && evaluation.hits.defectCount == 2)
    #expect(evaluation.boxHits == evaluation.hits)
    // A normal picture with one hot cell: half of the pairs with the second defect's pixels are ties or worse.
    try evaluation.add(try location([3, 0, 0, 0, 0, 0, 0, 0]), mask: nil)
    #expect(evaluation.pixels.normalPixelCount == 56)
    #expect(evaluation.pixels.areaUnderROC?.value == Double(4 * 56 + 4 * 52) / (8 * 56))
  }

  @Test func `under a mask only its inside counts`() throws {
    // The region mask is the box of the geometry without its last two columns.
    let samples = (0..<96).map { index -> UInt8 in
      let place = PixelPosition(column: index % 12, row: index / 12)
      return PixelBox(x: 4, y: 2, width: 6, height: 4).contains(place) || index == 2 * 12 + 11 || index == 5 * 12 + 11
        ? 1 : 0
    }
    let field = try #require(RegionMask(width: 12, height: 8, samples: samples))
    #expect(field.box == PixelBox(x: 4, y: 2, width: 8, height: 4))
    var masked = preparation
    masked.windows?.field = .mask(field)
    var evaluation = MaskEvaluation(threshold: nil, preparation: masked)
    try evaluation.add(
      try location([5, 0, 0, 9, 0, 0, 0, 9]),
      mask: mask([PixelBox(x: 4, y: 2, width: 2, height: 2), PixelBox(x: 10, y: 3, width: 2, height: 1)]))
    #expect(evaluation.pixels.defectivePixelCount == 4)
    #expect(evaluation.pixels.normalPixelCount == 26 - 4)
    #expect(evaluation.unseenDefectCount == 1)
    // The two pixels of the mask in the last column stand at 9, above the defect's.
    #expect(evaluation.pixels.areaUnderROC?.value == Double(20) / 22)
    #expect(evaluation.hits.defectCount == 0 && evaluation.boxHits.defectCount == 0)
  }

  /// A mask of 16 x 8 pixels, inside but for the column 9, seen at half scale: of the plane's 8 x 4 pixels the column 4,
  /// of the columns 8 and 9, is outside.
  private func halfScale() throws -> Preparation {
    let field = try #require(RegionMask(width: 16, height: 8, samples: (0..<128).map { $0 % 16 == 9 ? 0 : 1 }))
    return Preparation(size: 4, channelCount: 1, windows: WindowPlan(scale: 0.5, stride: 2, field: .mask(field)))
  }

  @Test func `at a smaller scale what the mask's edge crosses is not counted, and a defect that is cut counts once`()
    throws
  {
    let preparation = try halfScale()
    let geometry = try preparation.geometry(width: 16, height: 8)
    #expect((geometry.mapWidth, geometry.mapHeight) == (4, 2))
    var evaluation = MaskEvaluation(threshold: 2, preparation: preparation)
    let boxes = [
      // Through the columns that are not seen: its centre, in column 8, is not, the pixel before it is.
      PixelBox(x: 5, y: 1, width: 7, height: 1),
      // In the column that is drawn inside, and not seen.
      PixelBox(x: 8, y: 6, width: 1, height: 2),
    ]
    let defects = DefectMask(width: 16, height: 8) { index in
      boxes.contains { $0.contains(PixelPosition(column: index % 16, row: index / 16)) }
    }
    #expect(defects.defects.count == 2)
    let cells: [Float] = [0, 5, 0, 0, 0, 0, 0, 0]
    try evaluation.add(
      PictureScoring.Location(
        map: ScoreMap(width: 4, height: 2, scores: cells), geometry: geometry), mask: defects)
    #expect(evaluation.pixels.defectCount == 1 && evaluation.unseenDefectCount == 1)
    #expect(evaluation.pixels.defectivePixelCount == 5)
    #expect(evaluation.pixels.normalPixelCount == 14 * 8 - 5)
    #expect(evaluation.hits.defectCount == 1 && evaluation.hits.hitCount == 1)
    #expect(evaluation.boxHits == evaluation.hits)
  }

  @Test func `what is seen of a defect has the seen pixel nearest its centre as its own, though it lies in parts`()
    throws
  {
    let ring = DefectMask(width: 9, height: 9) { $0 % 9 == 0 || $0 % 9 == 8 || $0 / 9 == 0 || $0 / 9 == 8 }
    let whole = try #require(ring.defects.first)
    let part = try #require(whole.seen(in: PixelBox(x: 0, y: 2, width: 9, height: 3)) { $0 % 9 < 4 || $0 % 9 == 8 })
    #expect(part.pixelCount == 6 && part.box == PixelBox(x: 0, y: 0, width: 9, height: 3))
    #expect(part.pixels.map(\.column) == [0, 8, 0, 8, 0, 8])
    let distances = part.pixels.map { pixel in
      let (across, down) = (pixel.column - whole.centre.column, pixel.row + 2 - whole.centre.row)
      return across * across + down * down
    }
    let nearest = try #require(distances.firstIndex(of: distances.min() ?? 0))
    #expect(part.centre == part.pixels[nearest])
    #expect(whole.seen(in: PixelBox(x: 1, y: 1, width: 7, height: 7)) { _ in true } == nil)
    #expect(whole.seen(in: PixelBox(x: 0, y: 0, width: 9, height: 9)) { _ in false } == nil)
    #expect(whole.seen(in: PixelBox(x: 0, y: 0, width: 9, height: 9)) { _ in true } == whole)
  }

  @Test(arguments: [(1, 40, 30), (0.4, 50, 33), (0.7, 9, 41)] as [(Double, Int, Int)])
  func `each pixel of the file has the value of the cell that shows its middle`(
    scale: Double, width: Int, height: Int
  ) throws {
    let preparation = Preparation(
      size: 8, channelCount: 1, windows: WindowPlan(scale: scale, stride: 4, smallPictures: .padded))
    let geometry = try preparation.geometry(width: width, height: height)
    let count = geometry.mapWidth * geometry.mapHeight
    let map = ScoreMap(width: geometry.mapWidth, height: geometry.mapHeight, scores: (0..<count).map(Float.init))
    let expanded = geometry.expanded(map)
    for row in 0..<height {
      for column in 0..<width {
        let pixel = PixelPosition(column: column, row: row)
        let plane = try #require(geometry.planePosition(of: pixel))
        #expect(expanded[pixel] == map[PixelPosition(column: plane.column / 2, row: plane.row / 2)])
      }
    }
  }
}

struct WindowScoringTests {
  /// A model with windows, and a folder of pictures of several sizes, of which two cannot be scored.
  private func sample(_ folder: TemporaryFolder) throws -> (Model, [PictureItem], [PictureOutcome?]) {
    var model = SampleModel.make()
    model.preparation.windows = WindowPlan(stride: 8)
    let lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 1)
    var outcomes: [PictureOutcome?] = []
    for index in 0..<12 {
      if index == 4 {
        try folder.write([0], to: "\(100 + index).png")
        outcomes.append(nil)
        continue
      }
      let picture = SamplePicture.noise(width: index == 7 ? 15 : 20 + 3 * index, height: 31, seed: UInt64(index))
      try folder.write(picture, to: "\(100 + index).png")
      outcomes.append(
        index == 7
          ? nil
          : .scored(lane.scores(of: [picture])[0], digest: PictureDigest(of: picture, preparation: model.preparation)))
    }
    return (model, try PictureItem.items(below: BytePath(folder.path)), outcomes)
  }

  @Test(arguments: [1, 3])
  func `files of a model with windows have its scores, and small ones are unreadable`(threadCount: Int) throws {
    let folder = try TemporaryFolder()
    let (model, items, expected) = try sample(folder)
    var results: [PictureScoring.Result] = []
    PictureScoring(model: model, threadCount: threadCount).run(items) { results.append($0) }
    #expect(results.map { $0.outcome.failure == nil ? $0.outcome : nil } == expected)
    #expect(results[7].outcome.failure?.kind == .unreadable)
    #expect(results[7].outcome.failure?.reason.contains("15x31") == true)
    #expect(results.allSatisfy { $0.location == nil && $0.candidateScores == nil && $0.sidePicture == nil })
    // With what shows why, the scores are the same.
    var located: [PictureScoring.Result] = []
    PictureScoring(
      model: model, threadCount: threadCount, locates: true,
      sidePicture: { shown in
        #expect(shown.view.original.width == 16 && shown.explained.reconstruction == nil)
        return [UInt8(shown.view.place == shown.explained.strongestWindow ? 1 : 0)]
      }
    ).run(items) { located.append($0) }
    #expect(located.map(\.outcome) == results.map(\.outcome))
    for (result, outcome) in zip(located, expected) {
      guard case .scored(let score, _) = outcome else { continue }
      #expect(result.location?.map.scores.max() == score)
      #expect(result.sidePicture == [1])
    }
  }

  @Test func `a model that sees pictures whole tells where, too, in pixels of the file`() throws {
    let folder = try TemporaryFolder()
    var model = SampleModel.make()
    model.scoreOptions = ScoreOptions(terms: [.reconstruction])
    var picture = Image(width: 64, height: 32, channelCount: 1, level: 128)
    let box = PixelBox(x: 40, y: 8, width: 8, height: 8)
    for row in box.y..<box.y + box.height {
      for column in box.x..<box.x + box.width { picture.samples[row * 64 + column] = 0 }
    }
    try folder.write(picture, to: "1.png")
    var results: [PictureScoring.Result] = []
    PictureScoring(model: model, threadCount: 1, locates: true).run(
      try PictureItem.items(below: BytePath(folder.path))
    ) { results.append($0) }
    let location = try #require(results.first?.location)
    guard case .scored(let score, _) = results[0].outcome else { throw TestFailure("no score") }
    #expect(location.map.scores.max() == score)
    var evaluation = MaskEvaluation(threshold: score.nextDown, preparation: model.preparation)
    try evaluation.add(
      location,
      mask: DefectMask(width: 64, height: 32) { box.contains(PixelPosition(column: $0 % 64, row: $0 / 64)) })
    #expect(evaluation.pixels.normalPixelCount == 64 * 32 - 64)
    // A network of random weights draws about grey: the black square stands out most.
    #expect(evaluation.pixels.areaUnderROC?.value ?? 0 > 0.95)
    #expect(evaluation.boxHits.share == 1)
  }

  @Test func `every way to join windows is compared, and the model's own gives its scores`() throws {
    let folder = try TemporaryFolder()
    var (model, items, _) = try sample(folder)
    model.scoreOptions.windowPooling = .meanOfTop(7)
    let candidates = ScoreComparison.candidates(of: model)
    let rules = candidates.count { $0.pooling == .maximum }
    #expect(candidates.count == rules * (ScoreCandidate.comparedPoolings.count + 1))
    #expect(Set(candidates.map(\.name)).count == candidates.count)
    var (plain, detailed): ([PictureScoring.Result], [PictureScoring.Result]) = ([], [])
    PictureScoring(model: model, threadCount: 2).run(items) { plain.append($0) }
    PictureScoring(model: model, threadCount: 2, candidates: candidates).run(items) { detailed.append($0) }
    #expect(detailed.map(\.outcome) == plain.map(\.outcome))
    let scores = detailed.compactMap(\.candidateScores)
    #expect(scores.count == 10)
    let comparison = ScoreComparison(
      model: model, normal: Array(scores.prefix(5)), anomalous: Array(scores.suffix(5)), kinds: [])
    #expect(comparison.rows.filter(\.isOwn).map(\.name) == ["latent.mean-square.own top-7"])
    // Another pooling's column is what a model with that pooling scores.
    model.scoreOptions.windowPooling = .quantile(0.95)
    let column = try #require(candidates.firstIndex { $0.name == "latent.mean-square.own quantile-0.95" })
    var other: [Float] = []
    PictureScoring(model: model, threadCount: 1).run(items) { result in
      if case .scored(let score, _) = result.outcome { other.append(score) }
    }
    #expect(other == scores.map { $0[column] })
    // And so is that of another margin, whose windows lie at other places.
    model.scoreOptions = ScoreOptions(terms: [.local], localSide: 3, margin: 1, windowPooling: .meanOfTop(3))
    let own = try #require(candidates.firstIndex { $0.name == "local.smoothed-absolute.3.margin-1 top-3" })
    var margin: [Float] = []
    PictureScoring(model: model, threadCount: 1).run(items) { result in
      if case .scored(let score, _) = result.outcome { margin.append(score) }
    }
    #expect(margin == scores.map { $0[own] })
    // At a stride of a whole window a score with a margin would leave out stripes.
    model.preparation.windows?.stride = 16
    model.scoreOptions = ScoreOptions()
    let names = ScoreComparison.candidates(of: model).map(\.name)
    #expect(names.contains("local.smoothed-absolute.3 top-3") && !names.contains { $0.contains("margin") })
  }
}
