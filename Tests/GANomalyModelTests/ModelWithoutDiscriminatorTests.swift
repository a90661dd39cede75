import Imaging
import TestSupport
import Testing

@testable import GANomalyModel

/// The discriminator's tensors are all there, or the file says that there are none.
struct ModelWithoutDiscriminatorTests {
  func model() -> Model {
    var model = SampleModel.make()
    for (name, _) in model.hyperparameters.discriminatorShapes { model.state[name] = nil }
    return model
  }

  @Test func `it survives writing and reading, and scores as with one`() throws {
    let read = try Model(bytes: model().encoded(), name: "m")
    #expect(!read.hasDiscriminator && SampleModel.make().hasDiscriminator)
    #expect(read.state == model().state)
    #expect(read.encoded() == model().encoded())
    let picture = read.preparation.prepare(SamplePicture.noise(seed: 3))
    let scores = [read, SampleModel.make()].map { Scorer(model: $0).makeLane(maximumBatch: 1).scores(of: [picture]) }
    #expect(scores[0] == scores[1])
  }

  @Test func `missing tensors without the mark, and the mark beside tensors, are refused`() throws {
    var unmarked = model().safeTensors()
    unmarked.metadata["discriminator"] = nil
    var marked = SampleModel.make().safeTensors()
    marked.metadata["discriminator"] = "none"
    var strange = marked
    strange.metadata["discriminator"] = "some"
    var partial = model().safeTensors()
    partial.tensors["netd.classifier.0.weight"] = marked.tensors["netd.classifier.0.weight"]
    for (container, words) in [
      (unmarked, "is missing"), (marked, "does not belong"), (strange, "expected 'none'"),
      (partial, "'netd.classifier.0.weight' does not belong"),
    ] {
      let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  @Test func `no score has its features, and no table measures them`() throws {
    var model = model()
    #expect(throws: ScoreOptionsError.noDiscriminator) { try model.setScore(ScoreOptions(terms: [.features])) }
    #expect(!TermMeasure.all(of: model).contains(.features(block: nil)))
    #expect(TermMeasure.all(of: SampleModel.make()).contains(.features(block: nil)))
    model.scoreOptions = ScoreOptions(terms: [.features])
    let bytes = model.encoded()
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: bytes, name: "m") }
    #expect(error.cause == .score(.noDiscriminator))
  }
}
