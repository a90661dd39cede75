import Imaging
import TestSupport
import Testing

@testable import GANomalyModel

/// Windows in the model file.
struct WindowFileTests {
  private static func mask() throws -> RegionMask {
    try #require(RegionMask(width: 40, height: 30, samples: (0..<1200).map { $0 % 40 > 3 && $0 / 40 < 25 ? 1 : 0 }))
  }

  private func model(_ plan: WindowPlan, pooling: WindowPooling = .maximum) -> Model {
    var model = SampleModel.make()
    model.preparation.windows = plan
    model.scoreOptions.windowPooling = pooling
    return model
  }

  @Test func `windows, mask and pooling survive writing and reading, and score the same`() throws {
    for plan in [
      WindowPlan(stride: 5),
      WindowPlan(scale: 0.5, stride: 8, field: .region(PixelBox(x: 1, y: 2, width: 33, height: 38))),
      WindowPlan(stride: 5, field: .mask(try Self.mask()), smallPictures: .padded),
    ] {
      for pooling in [WindowPooling.maximum, .meanOfTop(4), .quantile(0.95)] {
        let model = model(plan, pooling: pooling)
        let bytes = model.encoded()
        let read = try Model(bytes: bytes, name: "m")
        #expect(read.preparation == model.preparation)
        #expect(read.scoreOptions == model.scoreOptions)
        #expect(read.encoded() == bytes)
        let container = try SafeTensors(bytes: bytes)
        #expect(container.metadata["preparation.aspect"] == "windows")
        #expect(container.metadata["score.windows"] == (pooling == .maximum ? nil : pooling.text))
        #expect((container.tensors["preparation.mask"] != nil) == (plan.mask != nil))
        // A probe is one window.
        #expect(try Probe.test(read.probe, with: Scorer(model: read)) == .passed)
        let picture = SamplePicture.noise(width: 40, height: plan.mask == nil ? 44 : 30, seed: 3)
        let planes = [try model.preparation.plane(of: picture)]
        let scores = [model, read].map {
          Scorer(model: $0).makePictureLane(preparation: $0.preparation, maximumBatch: 4).scores(of: planes)
        }
        #expect(scores[0] == scores[1] && scores[0][0].isFinite)
      }
    }
  }

  @Test func `files of models that see pictures whole are as they were`() {
    let texts = SampleModel.make().safeTensors().metadata
    #expect(texts["preparation.aspect"] == "stretch")
    #expect(!texts.keys.contains { $0.contains("window") || $0.contains("mask") || $0.contains("region") })
  }

  @Test func `damaged masks and contradicting texts are refused by name`() throws {
    let good = model(WindowPlan(stride: 5, field: .mask(try Self.mask()), smallPictures: .padded)).safeTensors()
    let name = "preparation.mask"
    func refuse(_ words: String, _ change: (inout SafeTensors) -> Void) {
      var container = good
      change(&container)
      let error = #expect(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "none")")
    }
    let pixels = [UInt8](repeating: 1, count: 1200)
    refuse("'preparation.mask' tells of a mask") { $0.tensors[name] = nil }
    refuse("no 'preparation.mask'") { $0.metadata[name] = nil }
    refuse("'30,40'") { $0.tensors[name] = .init(shape: [40, 30], values: .bytes(pixels)) }
    refuse("1 inside and 0 outside") {
      $0.tensors[name] = .init(shape: [30, 40], values: .bytes(pixels.map { $0 * 255 }))
    }
    refuse("a pixel inside") { $0.tensors[name] = .init(shape: [30, 40], values: .bytes(pixels.map { $0 * 0 })) }
    refuse("of 'U8'") { $0.tensors[name] = .init(shape: [1200], values: .bytes(pixels)) }
    refuse("of 'U8'") { $0.tensors[name] = .init(shape: [30, 40], values: .floats(pixels.map(Float.init))) }
    refuse("of 'U8'") { $0.tensors[name] = .init(shape: [0, 40], values: .bytes([])) }
    refuse("preparation.region") { $0.metadata["preparation.region"] = "0,0,20,20" }
    refuse("preparation.aspect") { $0.metadata["preparation.aspect"] = "tiles" }
    // As an older program sees it, or a newer one that knows more.
    refuse("preparation.") { $0.metadata["preparation.aspect"] = "stretch" }
    refuse("unknown key 'preparation.window_overlap'") { $0.metadata["preparation.window_overlap"] = "3" }
    refuse("stride") { $0.metadata["preparation.window_stride"] = "17" }
    for text in ["maximum", "top-0", "mean", ""] { refuse("'score.windows'") { $0.metadata["score.windows"] = text } }
    var whole = SampleModel.make().safeTensors()
    whole.metadata["score.windows"] = "top-3"
    let error = #expect(throws: ModelFileError.self) { try Model(bytes: whole.encoded(), name: "m") }
    #expect(error?.description.contains("the model sees pictures whole") == true)
  }

  @Test func `windows that leave pixels between them which the score never sees are refused`() throws {
    var model = model(WindowPlan(stride: 12))
    let margin = ScoreOptions(terms: [.local], localSide: 3, margin: 2)
    try model.setScore(margin)
    let read = try Model(bytes: model.encoded(), name: "m")
    #expect(read.scoreOptions == margin)
    #expect(try Probe.test(read.probe, with: Scorer(model: read)) == .passed)
    var container = model.safeTensors()
    container.metadata["preparation.window_stride"] = "13"
    let error = #expect(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect(error?.description.contains("windows 13 pixels apart") == true, "\(error?.description ?? "none")")
    #expect(error?.description.contains("at most 12") == true)
    var wide = self.model(WindowPlan(stride: 13))
    #expect(throws: ScoreOptionsError.stride(found: 13, margin: 2, largest: 12)) { try wide.setScore(margin) }
    #expect(wide.scoreOptions == ScoreOptions())
    // A picture that is seen whole has no windows apart.
    var whole = SampleModel.make()
    try whole.setScore(margin)
  }

  @Test func `another pooling removes the calibration, the same keeps it`() throws {
    var model = model(WindowPlan(stride: 5))
    model.calibration = try .fit(scores: [3, 1, 2, 0.1], falsePositiveRate: 0.3)
    try model.setScore(model.scoreOptions)
    #expect(model.calibration != nil)
    var options = model.scoreOptions
    options.windowPooling = .meanOfTop(3)
    try model.setScore(options)
    #expect(model.calibration == nil && model.scoreOptions.windowPooling == .meanOfTop(3))
    options.windowPooling = .meanOfTop(0)
    #expect(throws: ScoreOptionsError.pooling(.meanOfTop(0))) { try model.setScore(options) }
    var whole = SampleModel.make()
    options.windowPooling = .quantile(0.5)
    #expect(throws: ScoreOptionsError.noWindows) { try whole.setScore(options) }
  }
}
