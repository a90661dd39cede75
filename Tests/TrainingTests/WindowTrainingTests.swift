import GANomalyModel
import Imaging
import Linux
import Tensors
import TestSupport
import Testing

@testable import Training

struct WindowTrainingTests {
  private typealias Fixture = WindowFixture

  @Test(arguments: [Variant.paper, .keras])
  func `the same seed gives the same file with any number of threads, in memory or from files`(
    variant: Variant
  ) throws {
    let folder = try Fixture.folder(Fixture.pictures(14))
    func options(_ threadCount: Int, seed: UInt64 = 1) -> TrainingOptions {
      Fixture.options(variant == .paper ? TrainingFixture.shape : TrainingFixture.kerasShape) {
        $0.threadCount = threadCount
        $0.seed = seed
        $0.augmentation = Augmentation("flip,rotate90,noise") ?? Augmentation()
      }
    }
    let reference = try TrainingFixture.run(Fixture.trainer(folder, options(2))).model
    #expect((reference.trainingRecord?.stepsPerEpoch ?? 0) > 5)
    for (threadCount, memoryLimit) in [(1, Int.max), (3, Int.max), (1, 0), (3, 0), (2, 9000)] {
      let trainer = try Fixture.trainer(folder, options(threadCount), memoryLimit: memoryLimit)
      #expect(try TrainingFixture.run(trainer).model.encoded() == reference.encoded())
    }
    #expect(try TrainingFixture.run(Fixture.trainer(folder, options(2, seed: 2))).model.state != reference.state)
  }

  @Test(arguments: [Variant.paper, .keras])
  func `from every step's checkpoint a training goes on to the same file, in memory or from files`(
    variant: Variant
  ) throws {
    let folder = try Fixture.folder(Fixture.pictures(8))
    let options = Fixture.options(variant == .paper ? TrainingFixture.shape : TrainingFixture.kerasShape) {
      $0.augmentation = Augmentation("flip,noise") ?? Augmentation()
      $0.averagesWeights = true
    }
    let whole = try TrainingFixture.run(Fixture.trainer(folder, options))
    let record = try #require(whole.model.trainingRecord)
    let stepsPerEpoch = try #require(record.stepsPerEpoch)
    #expect(whole.checkpoints.count == 2 * stepsPerEpoch)
    for (index, checkpoint) in whole.checkpoints.enumerated() {
      let rest = try TrainingFixture.run(
        Fixture.trainer(folder, options, memoryLimit: index % 2 == 0 ? 0 : .max, resuming: checkpoint))
      #expect(rest.model.encoded() == whole.model.encoded(), "after step \(index + 1)")
    }
  }

  @Test func `pictures may have other names when a training goes on`() throws {
    let pictures = Fixture.pictures(9)
    let whole = try TrainingFixture.run(Fixture.trainer(Fixture.folder(pictures), Fixture.options()))
    let renamed = try Fixture.folder(pictures.reversed())
    let rest = try TrainingFixture.run(Fixture.trainer(renamed, Fixture.options(), resuming: whole.checkpoints[2]))
    #expect(rest.model.encoded() == whole.model.encoded())
  }

  @Test(arguments: [Preparation.Normalisation.none, .picture])
  func `what lies outside the region or the mask changes no bit of the model`(
    normalisation: Preparation.Normalisation
  ) throws {
    let box = PixelBox(x: 5, y: 3, width: 30, height: 25)
    let mask = try Fixture.mask(width: 44, height: 40) { column, row in
      box.contains(PixelPosition(column: column, row: row)) && (column + row) % 23 != 0
    }
    for field in [WindowPlan.Field.region(box), .mask(mask)] {
      func isInside(_ column: Int, _ row: Int) -> Bool {
        field == .region(box)
          ? box.contains(PixelPosition(column: column, row: row))
          : mask.contains(PixelPosition(column: column, row: row))
      }
      var random = RandomGenerator(seed: 4)
      let pictures = (0..<8).map { _ in Fixture.picture(width: 44, height: 40, &random) }
      let changed = pictures.map { picture in
        var changed = picture
        for index in changed.samples.indices where !isInside(index % 44, index / 44) {
          changed.samples[index] = UInt8(random.next() % 256)
        }
        return changed
      }
      #expect(changed != pictures)
      let preparation = Fixture.preparation(WindowPlan(stride: 8, field: field), normalisation: normalisation)
      let options = Fixture.options { $0.augmentation = Augmentation("flip") ?? Augmentation() }
      func train(_ pictures: [Image]) throws -> [UInt8] {
        try TrainingFixture.run(Fixture.trainer(Fixture.folder(pictures), options, preparation)).model.encoded()
      }
      let model = try train(pictures)
      #expect(try train(changed) == model)
      var inside = pictures
      inside[3].samples[10 * 44 + 12] ^= 0x80
      #expect(try train(inside) != model)
    }
  }

  @Test func `the calibration has one score a picture: that of all its windows`() throws {
    let folder = try Fixture.folder(Fixture.pictures(30))
    let options = Fixture.options {
      $0.length = LengthRule(epochCount: 1)
      $0.calibrationShare = 0.4
      $0.falsePositiveRate = 0.1
    }
    let trainer = try Fixture.trainer(folder, options)
    #expect(trainer.split.calibration.count == 12)
    let model = try TrainingFixture.run(trainer).model
    let calibration = try #require(model.calibration)
    let lane = Scorer(model: model).makePictureLane(preparation: model.preparation, maximumBatch: 3)
    let scores = try lane.scores(of: trainer.split.calibration.map { try trainer.set.picture($0) })
    #expect(calibration.scores.sorted() == scores.sorted())
    // The largest of many windows: no single window's score is above it.
    let windowLane = Scorer(model: model).makeLane(maximumBatch: 4)
    for (place, score) in zip(trainer.split.calibration, scores) {
      let geometry = trainer.set.entries[place].geometry
      let picture = try trainer.set.picture(place)
      let windows = model.preparation.grid(geometry).places.map { picture.window(at: $0, side: 16) }
      #expect(windows.count > 3)
      #expect(windowLane.scores(of: windows).max() == score)
    }
  }

  @Test func `statistics, losses and looks are taken on the same windows at every look`() throws {
    let folder = try Fixture.folder(Fixture.pictures(20))
    let options = Fixture.options { $0.scoreOptions = ScoreOptions(terms: [.latent, .local]) }
    let trainer = try Fixture.trainer(folder, options)
    #expect(trainer.validationInputs.count == 16 * trainer.split.validation.count)
    #expect(Set(trainer.validationInputs.map(\.picture)) == Set(trainer.split.validation))
    #expect(trainer.plan.windows?.validationCount == trainer.validationInputs.count)
    let result = try TrainingFixture.run(trainer)
    #expect(result.model.termStatistics?.pictureCount == trainer.validationInputs.count)
    let looks = result.events.compactMap { event -> [Image]? in
      if case .round(let round) = event { round.reconstructions.map(\.picture) } else { nil }
    }
    #expect(looks.count == 2 && looks[0] == looks[1])
    #expect(looks[0].count == 8 && looks[0].allSatisfy { $0.width == 16 && $0.height == 16 })
    let measured = try TermStatistics.measure(
      result.model, pictureCount: trainer.validationInputs.count, pool: ThreadPool(threadCount: 1)
    ) { try trainer.set.images(of: trainer.validationInputs[$0]) }
    #expect(measured == result.model.termStatistics)
  }

  @Test func `the record tells the options of the windows, and a training goes on with them`() throws {
    let box = PixelBox(x: 1, y: 2, width: 30, height: 28)
    let plan = WindowPlan(scale: 0.75, stride: 5, field: .region(box), smallPictures: .padded)
    let result = try TrainingFixture.run(
      Fixture.trainer(Fixture.folder(Fixture.pictures(8)), Fixture.options(), Fixture.preparation(plan)))
    let options = try #require(result.model.trainingRecord?.options)
    for (name, text) in [
      ("window", "16"), ("scale", "0.75"), ("stride", "5"), ("region", "1,2,30,28"), ("small-pictures", "pad"),
    ] { #expect(options[name] == text) }
    #expect(options["mask"] == nil)
    #expect(WindowPlan.optionNames.isSuperset(of: plan.optionTexts(side: 16).keys))
    let read = try Model(bytes: result.model.encoded(), name: "m")
    #expect(read.preparation.windows == plan)
  }

  @Test func `pictures that the windows do not fit are refused with file, expected and found`() throws {
    let pictures = Fixture.pictures(6)
    let folder = try Fixture.folder(pictures)
    func error(_ plan: WindowPlan) throws -> String {
      try #require(throws: TrainingError.self) {
        _ = try Fixture.trainer(folder, Fixture.options(), Fixture.preparation(plan))
      }.description
    }
    let region = try error(WindowPlan(stride: 8, field: .region(PixelBox(x: 20, y: 0, width: 30, height: 33))))
    #expect(
      region.hasPrefix(
        "cannot train on 'good': 4 of its 6 pictures do not fit, such as '\(folder.path("p100.png"))': the picture has "
          + "36x33 pixels, expected at least 50x33"), "\(region)")
    let mask = try Fixture.mask(width: 44, height: 40) { column, _ in column > 3 }
    let masked = try error(WindowPlan(stride: 8, field: .mask(mask)))
    #expect(masked.contains("5 of its 6 pictures do not fit") && masked.contains("expected 44x40"), "\(masked)")
    try folder.write(Image(width: 12, height: 40, channelCount: 1, level: 7), to: "small.png")
    let small = try error(Fixture.plan)
    #expect(small.contains("1 of its 7 pictures do") && small.contains("small.png"), "\(small)")
    #expect(small.contains("--small-pictures pad"), "\(small)")
    let padded = WindowPlan(stride: 8, smallPictures: .padded)
    let trainer = try Fixture.trainer(folder, Fixture.options(), Fixture.preparation(padded))
    #expect(trainer.set.entries.count == 7)
    _ = try TrainingFixture.run(trainer)
  }

  @Test func `a picture that is not what it was ends a training from files, which goes on once it is back`() throws {
    let pictures = Fixture.pictures(10)
    let folder = try Fixture.folder(pictures)
    let whole = try TrainingFixture.run(Fixture.trainer(folder, Fixture.options())).model
    let trainer = try Fixture.trainer(folder, Fixture.options(), memoryLimit: 0)
    let name = "p\(100 + trainer.split.training[0]).png"
    try folder.write(pictures[trainer.split.training[1]], to: name)
    var checkpoints: [[UInt8]] = []
    let error = try #require(throws: TrainingError.self) {
      _ = try trainer.run(report: { _ in }, shouldStop: { false }, save: { checkpoints.append($0.encoded()) })
    }
    #expect(error.description.hasPrefix("cannot go on with '\(folder.path(name))': "))
    try folder.write(pictures[trainer.split.training[0]], to: name)
    let last = try #require(checkpoints.last)
    let rest = try TrainingFixture.run(Fixture.trainer(folder, Fixture.options(), memoryLimit: 0, resuming: last))
    #expect(rest.model.encoded() == whole.encoded())
  }

  @Test func `the memory limit counts the bytes of planes`() throws {
    let pictures = Fixture.pictures(10)
    let folder = try Fixture.folder(pictures)
    let sizes = pictures.map(\.samples.count)
    for limit in [0, sizes.min()! - 1, 5000, 9000, sizes.reduce(0, +) - 1, sizes.reduce(0, +)] {
      let set = try Fixture.set(folder, memoryLimit: limit)
      #expect(set.keptBytes <= limit)
      // No picture that would have fitted was left out.
      let left = set.entries.indices.filter { !set.isKept($0) }
      #expect(left.allSatisfy { limit - set.keptBytes < sizes[$0] })
    }
  }
}

struct WindowSetWarningTests {
  private typealias Fixture = WindowFixture

  /// What is told besides that there are few.
  private func warnings(_ pictures: [Image], _ plan: WindowPlan = WindowFixture.plan) throws -> [SetWarning] {
    SetWarning.all(try Fixture.set(Fixture.folder(pictures), Fixture.preparation(plan)))
      .filter { $0 != .few(count: pictures.count) }
  }

  /// A surface of one brightness with a camera's noise.
  private func surface(_ seed: UInt64) -> Image {
    var random = SmallRandom(seed: seed)
    return Image(
      width: 128, height: 96, channelCount: 1,
      samples: (0..<128 * 96).map { _ in UInt8(118 + 24 * random.next()) })
  }

  @Test func `even surfaces that differ by their grain are no near copies, and a twin is one`() throws {
    let surfaces = (0..<20).map { surface($0) }
    #expect(try warnings(surfaces).isEmpty)
    var twin = surfaces[4]
    for index in twin.samples.indices where index % 3 == 0 { twin.samples[index] += 1 }
    let found = try warnings(surfaces + [twin])
    guard case .nearCopies(let count, 21, _, _)? = found.first, found.count == 1 else {
      Issue.record("\(found)")
      return
    }
    #expect(count == 2)
  }

  @Test func `pictures of one level where they are looked at are told, whatever lies outside`() throws {
    let mask = try Fixture.mask(width: 128, height: 96) { column, row in column < 60 && (row + column) % 9 != 0 }
    let pictures = (0..<12).map { index in
      var picture = surface(UInt64(index))
      if index < 3 {
        for pixel in picture.samples.indices where mask.samples[pixel] != 0 {
          picture.samples[pixel] = UInt8(40 + index)
        }
      }
      return picture
    }
    let found = try warnings(pictures, WindowPlan(stride: 8, field: .mask(mask)))
    guard case .constant(3, 12, _)? = found.first, found.count == 1 else {
      Issue.record("\(found)")
      return
    }
  }

  @Test func `with windows nothing is lost, however large pictures are`() throws {
    #expect(try warnings((0..<20).map { surface($0) }).isEmpty)
  }
}
