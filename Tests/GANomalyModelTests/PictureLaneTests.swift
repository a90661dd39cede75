import Imaging
import Tensors
import TestSupport
import Testing

@testable import GANomalyModel

struct PictureLaneTests {
  private static let side = 16

  /// A model that sees windows of 16 pixels.
  private func model(
    _ plan: WindowPlan = WindowPlan(stride: 7), channelCount: Int = 1, options: ScoreOptions = ScoreOptions()
  ) -> Model {
    var model = SampleModel.make(
      Hyperparameters(size: Self.side, channelCount: channelCount, latentCount: 4, featureCount: 2))
    model.preparation.windows = plan
    model.scoreOptions = options
    return model
  }

  private func lane(_ model: Model, measures: [TermMeasure] = []) -> PictureLane {
    Scorer(model: model, measures: measures).makePictureLane(preparation: model.preparation, maximumBatch: 3)
  }

  /// Pictures of several sizes.
  private func pictures(channelCount: Int = 1) -> [Image] {
    [(40, 30), (16, 16), (61, 17), (40, 30), (16, 50)].enumerated().map { index, size in
      SamplePicture.noise(
        width: size.0, height: size.1, channelCount: channelCount, seed: UInt64(index + 10 * channelCount))
    }
  }

  /// The scores of a picture's windows, each scored alone.
  private func windowScores(_ model: Model, _ picture: Image) throws -> [Float] {
    let lane = Scorer(model: model).makeLane(maximumBatch: 1)
    let grid = model.preparation.grid(
      try model.preparation.geometry(width: picture.width, height: picture.height),
      margin: TermMeasure.windowMargin(of: model.scoreOptions.measures, for: model.hyperparameters))
    let plane = try model.preparation.plane(of: picture)
    return grid.places.map { lane.scores(of: [plane.window(at: $0, side: Self.side)])[0] }
  }

  @Test(arguments: [1, 3])
  func `a picture's score is the pooled score of its windows, whatever is scored with it`(channelCount: Int) throws {
    for pooling in [WindowPooling.maximum, .meanOfTop(3), .quantile(0.9)] {
      let model = model(channelCount: channelCount, options: ScoreOptions(windowPooling: pooling))
      let pictures = pictures(channelCount: channelCount)
      let expected = try pictures.map { pooling.score(try windowScores(model, $0)) }
      #expect(Set(expected).count == pictures.count)
      let one = lane(model)
      var progressCount = 0
      #expect(one.scores(of: pictures) { progressCount += 1 } == expected)
      #expect(progressCount > 0)
      #expect(one.scores(of: pictures.reversed()) == expected.reversed())
      #expect(pictures.map { one.scores(of: [$0])[0] } == expected)
      #expect(one.scores(of: []) == [])
      #expect(one.scores(of: pictures, explaining: { _ in true }).map(\.score) == expected)
      #expect(one.scores(of: pictures, explaining: { _ in false }).map(\.score) == expected)
      let helped = Scorer(model: model).makePictureLane(
        preparation: model.preparation, maximumBatch: 1, team: ScoringTeam(threadCount: 2))
      #expect(helped.scores(of: pictures) == expected)
    }
  }

  @Test func `the map's largest value is the highest window's score, and regions agree with the verdict`() throws {
    for pooling in [WindowPooling.maximum, .meanOfTop(4), .quantile(0.8)] {
      let model = model(options: ScoreOptions(windowPooling: pooling))
      for picture in pictures() {
        let scores = try windowScores(model, picture)
        let explained = lane(model).scores(of: [picture], explaining: { _ in true })[0]
        let map = try #require(explained.map)
        let geometry = try model.preparation.geometry(width: picture.width, height: picture.height)
        #expect((map.width, map.height) == (geometry.mapWidth, geometry.mapHeight))
        #expect(map.scores.max() == scores.max())
        #expect(explained.reconstruction == nil)
        let strongest = try #require(scores.firstIndex(of: scores.max() ?? 0))
        #expect(explained.strongestWindow == model.preparation.grid(geometry).places[strongest])
        for level in scores + [0, explained.score, explained.score.nextDown] {
          let hasBox = !geometry.boxes(of: map, above: level).isEmpty
          if explained.score > level { #expect(hasBox) }
          if pooling == .maximum { #expect(hasBox == (explained.score > level)) }
        }
      }
    }
  }

  /// Scores that leave out margins: of windows, of a map of the discriminator, and beside a term that leaves out nothing.
  private static let marginOptions = [
    ScoreOptions(terms: [.local], localSide: 3, margin: 3),
    ScoreOptions(terms: [.localFeatures], localFeaturesBlock: 1, localFeaturesSide: 1, margin: 4),
  ]

  @Test func `with a margin the windows reach over the edges, and map, regions and terms agree with the score`() throws
  {
    for options in Self.marginOptions {
      let model = model(WindowPlan(stride: 7), options: options)
      let margin = TermMeasure.windowMargin(of: options.measures, for: model.hyperparameters)
      #expect(margin == options.margin)
      for picture in pictures() {
        let scores = try windowScores(model, picture)
        let explained = lane(model).scores(of: [picture], explaining: { _ in true })[0]
        #expect(lane(model).scores(of: [picture]) == [explained.score])
        #expect(explained.score == scores.max())
        #expect(explained.map?.scores.max() == explained.score)
        let geometry = try model.preparation.geometry(width: picture.width, height: picture.height)
        let places = model.preparation.grid(geometry, margin: margin).places
        let strongest = try #require(scores.firstIndex(of: explained.score))
        #expect(places.count == scores.count && places.contains { $0.column < 0 })
        #expect(explained.strongestWindow == places[strongest])
        let view = lane(model).view(of: picture)
        #expect(view.original == picture.window(at: places[strongest], side: Self.side))
        let terms = lane(model).windowTerms(of: [picture])[0].compactMap { $0[options.measures[0]] }
        #expect(terms == scores)
      }
    }
  }

  @Test func `a defect at the very edge is seen, though the score leaves out a margin`() {
    // Random weights draw about grey: a black spot differs most.
    let options = ScoreOptions(terms: [.local], localSide: 3, margin: 3)
    let lane = lane(model(WindowPlan(stride: 5), options: options))
    func score(_ column: Int, _ row: Int) -> Float {
      var picture = Image(width: 40, height: 33, channelCount: 1, level: 128)
      for y in row..<row + 3 { for x in column..<column + 3 { picture.samples[y * 40 + x] = 0 } }
      return lane.scores(of: [picture])[0]
    }
    let middle = score(20, 15)
    #expect(middle > 2 * lane.scores(of: [Image(width: 40, height: 33, channelCount: 1, level: 128)])[0])
    for (column, row) in [(0, 0), (37, 0), (0, 30), (37, 30), (0, 14), (18, 0), (37, 9), (11, 30)] {
      #expect(score(column, row) > 0.7 * middle, "\(column), \(row)")
    }
  }

  @Test func `a margin obeys the mask, and leaves small pictures that are padded as they are`() throws {
    let samples = (0..<30 * 30).map { UInt8($0 % 30 > 16 || $0 / 30 < 4 ? 0 : 1) }
    let mask = try #require(RegionMask(width: 30, height: 30, samples: samples))
    let options = ScoreOptions(terms: [.local], localSide: 3, margin: 3)
    let masked = model(WindowPlan(stride: 4, field: .mask(mask), smallPictures: .padded), options: options)
    let picture = SamplePicture.noise(width: 30, height: 30, seed: 8)
    var other = picture
    for index in samples.indices where samples[index] == 0 { other.samples[index] ^= 0xFF }
    let found = try [picture, other].map {
      lane(masked).scores(of: [try masked.preparation.plane(of: $0)], explaining: { _ in true })[0]
    }
    #expect(found[0] == found[1] && found[0].map?.scores.max() == found[0].score)
    let padded = model(WindowPlan(stride: 4, smallPictures: .padded), options: options)
    let small = try padded.preparation.plane(of: SamplePicture.noise(width: 5, height: 9, seed: 3))
    #expect((small.width, small.height) == (16, 16))
    let explained = lane(padded).scores(of: [small], explaining: { _ in true })[0]
    #expect(explained.score.isFinite && explained.map?.scores.max() == explained.score)
    // A plane of window size has more than the one window then.
    #expect(lane(padded).windowTerms(of: [small])[0].count == 9)
  }

  @Test func `the margin of a score is the largest of its terms, that of its map the smallest`() {
    let shapes = Hyperparameters(size: 64, channelCount: 1, latentCount: 4, featureCount: 2)
    let surfaces = ScoreOptions(
      terms: [.local, .features, .localFeatures], featuresBlock: 2, localFeaturesBlock: 1, margin: 1)
    #expect(surfaces.measures.map { $0.marginPixels(for: shapes) } == [4, 0, 4])
    #expect(TermMeasure.windowMargin(of: surfaces.measures, for: shapes) == 4)
    #expect(TermMeasure.unseenMargin(of: surfaces.measures, for: shapes) == 0)
    #expect(TermMeasure.largestStride(of: surfaces.measures, for: shapes) == 56)
    let local = ScoreOptions(terms: [.local, .localFeatures], localFeaturesBlock: 2, margin: 3)
    // Three sixteenths of the block's 16 positions are 3, of 4 pixels each.
    #expect(local.measures.map { $0.marginPixels(for: shapes) } == [12, 12])
    #expect(TermMeasure.unseenMargin(of: local.measures, for: shapes) == 12)
    #expect(TermMeasure.windowMargin(of: [], for: shapes) == 0 && TermMeasure.unseenMargin(of: [], for: shapes) == 0)
  }

  @Test func `only pictures that ask for it are explained`() {
    let model = model()
    let pictures = pictures()
    let scores = lane(model).scores(of: pictures)
    let level = scores.sorted()[2]
    let explained = lane(model).scores(of: pictures) { $0 > level }
    #expect(explained.map { $0.map != nil } == scores.map { $0 > level })
    #expect(explained.map { $0.strongestWindow != nil } == scores.map { $0 > level })
    for (picture, found) in zip(pictures, explained) where found.map != nil {
      #expect(lane(model).scores(of: [picture]) { _ in true }[0] == found)
    }
  }

  @Test func `pictures that are seen whole are scored as before, and explained by one window`() throws {
    let model = SampleModel.make()
    let pictures = (0..<5).map { SamplePicture.noise(width: 16, height: 16, seed: UInt64($0)) }
    let expected = Scorer(model: model).makeLane(maximumBatch: 2)
    let lane = lane(model)
    #expect(lane.scores(of: pictures) == expected.scores(of: pictures))
    let explained = lane.scores(of: pictures) { _ in true }
    #expect(explained.map(\.reconstruction) == pictures.map { expected.reconstruction(of: $0) })
    #expect(explained.map { $0.map?.scores.max() } == expected.scores(of: pictures))
    #expect(explained.allSatisfy { $0.strongestWindow == nil })
    #expect(lane.scores(of: pictures) { _ in false }.allSatisfy { $0.map == nil && $0.reconstruction == nil })
    // The same as the one window of a plane of the network's size.
    var windowed = model
    windowed.preparation.windows = WindowPlan(stride: 8)
    #expect(self.lane(windowed).scores(of: pictures) { _ in true }.map(\.map) == explained.map(\.map))
    let view = lane.view(of: pictures[1])
    #expect(
      view
        == PictureLane.View(
          original: pictures[1], reconstruction: try #require(explained[1].reconstruction), place: nil))
  }

  @Test func `terms of windows give the windows' scores`() throws {
    let model = model()
    let pictures = pictures()
    let measures: [TermMeasure] = [.reconstruction, .latent(.meanSquare, .own)]
    let terms = lane(model, measures: measures).windowTerms(of: pictures)
    for (picture, windows) in zip(pictures, terms) {
      let scores = windows.compactMap { $0[.latent(.meanSquare, .own)] }
      #expect(try scores == windowScores(model, picture))
    }
    let whole = SampleModel.make()
    let small = [SamplePicture.noise(width: 16, height: 16, seed: 4)]
    #expect(
      lane(whole, measures: measures).windowTerms(of: small)
        == [Scorer(model: whole, measures: measures).makeLane(maximumBatch: 1).terms(of: small)])
  }

  @Test func `a change outside the mask changes no bit of score or map, one inside does`() throws {
    let (width, height) = (60, 44)
    var samples = [UInt8](repeating: 0, count: width * height)
    for row in 5..<31 { for column in 8..<(row < 20 ? 50 : 20) { samples[row * width + column] = 1 } }
    let mask = try #require(RegionMask(width: width, height: height, samples: samples))
    for normalisation in [Preparation.Normalisation.none, .picture] {
      var model = model(WindowPlan(stride: 5, field: .mask(mask)))
      model.preparation.normalisation = normalisation
      let picture = SamplePicture.noise(width: width, height: height, seed: 4)
      var other = picture
      for index in samples.indices where samples[index] == 0 { other.samples[index] &+= 99 }
      let lane = lane(model)
      let found = try [picture, other].map {
        lane.scores(of: [try model.preparation.plane(of: $0)], explaining: { _ in true })[0]
      }
      #expect(found[0] == found[1])
      #expect(found[0].map?.scores.max() == found[0].score)
      // No heat where nothing is looked at.
      let map = try #require(found[0].map)
      #expect(map[PixelPosition(column: map.width - 1, row: map.height - 1)] == 0)
      other = picture
      for row in 6..<18 { other.samples[row * width + 30] ^= 0xFF }
      #expect(lane.scores(of: [try model.preparation.plane(of: other)])[0] != found[0].score)
    }
  }

  @Test func `a view is the strongest window and what the network makes of it`() throws {
    let model = model()
    let picture = pictures()[0]
    let view = lane(model).view(of: picture)
    let place = try #require(view.place)
    #expect(view.original == picture.window(at: place, side: Self.side))
    let lane = Scorer(model: model).makeLane(maximumBatch: 1)
    #expect(view.reconstruction == lane.reconstruction(of: view.original))
    #expect(lane.scores(of: [view.original])[0] == (try windowScores(model, picture)).max())
  }
}

struct WindowMapTests {
  @Test func `cells have the largest part of a score, by the root of the difference; windows of no score all of it`() {
    var map = WindowMap(planeWidth: 5, planeHeight: 4, mask: nil)
    // Residuals of two windows of 4 x 4 pixels, at columns 0 and 1.
    map.add(
      8, [0, 0, 0, 0, 0, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0.25], side: 4, at: PixelPosition(column: 0, row: 0))
    map.add(
      -2, [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], side: 4, at: PixelPosition(column: 1, row: 0))
    #expect(map.finished?.scores == [8, 0, -2, 4, 2, -2])
    #expect(map.windowScores == [8, -2])
    #expect(map.strongestWindow == PixelPosition(column: 0, row: 0))
  }

  @Test func `neither cells nor differences count in a margin, or past the plane's edges`() {
    // A window of 4 x 4 pixels at column and row -1: what the margin leaves of it is the plane's first 2 x 2 pixels.
    let residual: [Float] = [9, 9, 9, 9, 9, 1, 0, 9, 9, 0, 4, 9, 9, 9, 9, 9]
    var map = WindowMap(planeWidth: 4, planeHeight: 4, mask: nil, margin: 1)
    map.add(8, residual, side: 4, at: PixelPosition(column: -1, row: -1))
    #expect(map.finished?.scores == [8, 0, 0, 0])
    map.add(2, residual, side: 4, at: PixelPosition(column: 1, row: 1))
    #expect(map.finished?.scores == [8, 0, 0, 2])
    #expect(map.strongestWindow == PixelPosition(column: -1, row: -1))
    // Without a margin of the map, only what lies past the plane is left out.
    var whole = WindowMap(planeWidth: 4, planeHeight: 4, mask: nil)
    whole.add(9, residual, side: 4, at: PixelPosition(column: -1, row: -1))
    #expect(whole.finished?.scores == [6, 9, 9, 9])
  }

  @Test func `a cell has the largest of its pixels inside the mask, wherever windows begin`() throws {
    var random = RandomGenerator(seed: 4)
    let (width, height, side) = (13, 11, 8)
    var inside = (0..<width * height).map { _ in UInt8(random.uniform() < 0.7 ? 255 : 0) }
    // The plane of a mask is its box.
    for corner in [0, width * height - 1] { inside[corner] = 255 }
    let region = try #require(RegionMask(width: width, height: height, samples: inside))
    let preparation = Preparation(
      size: side, channelCount: 1, windows: WindowPlan(stride: side / 2, field: .mask(region)))
    let mask = try #require(preparation.planeMask(width: width, height: height))
    var map = WindowMap(planeWidth: width, planeHeight: height, mask: mask, margin: 1)
    var expected = [Float](repeating: -.infinity, count: 7 * 6)
    for place in [(0, 0), (5, 3), (-1, 2), (3, -1), (2, 4)].map({ PixelPosition(column: $0.0, row: $0.1) }) {
      let score = 1 + Float(random.uniform())
      let residual = (0..<side * side).map { _ in Float(random.uniform()) }
      map.add(score, residual, side: side, at: place)
      var seen: [(cell: Int, difference: Float)] = []
      for row in 1..<side - 1 {
        for column in 1..<side - 1 {
          let (x, y) = (place.column + column, place.row + row)
          guard x >= 0, x < width, y >= 0, y < height, inside[y * width + x] != 0 else { continue }
          seen.append((y / 2 * 7 + x / 2, residual[row * side + column]))
        }
      }
      let largest = seen.map(\.difference).max() ?? 0
      for (cell, difference) in seen {
        expected[cell] = max(expected[cell], score * (difference / largest).squareRoot())
      }
    }
    #expect(map.finished?.scores == expected.map { $0 == -.infinity ? 0 : $0 })
  }

  @Test func `a window without any difference has its score everywhere`() {
    var map = WindowMap(planeWidth: 2, planeHeight: 2, mask: nil)
    map.add(3, [0, 0, 0, 0], side: 2, at: PixelPosition(column: 0, row: 0))
    #expect(map.finished?.scores == [3])
  }

  @Test func `a window without a finite score has no map`() {
    for score in [Float.nan, .infinity, -.infinity] {
      var map = WindowMap(planeWidth: 2, planeHeight: 2, mask: nil)
      #expect(map.finished == nil)
      map.add(3, [1, 0, 0, 0], side: 2, at: PixelPosition(column: 0, row: 0))
      map.add(score, [1, 0, 0, 0], side: 2, at: PixelPosition(column: 0, row: 0))
      #expect(map.finished == nil)
      #expect(map.windowScores.count == 2)
    }
  }
}
