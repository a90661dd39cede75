import GANomalyModel
import Imaging
import Linux
import TestSupport
import Testing

@testable import Evaluation

struct PictureScoringTests {
  @Test(arguments: [(1, 16), (2, 3), (7, 1), (3, 100)])
  func `results come in the files' order with the library's scores`(threadCount: Int, batchSize: Int) throws {
    let folder = try TemporaryFolder()
    let model = SampleModel.make()
    let lane = Scorer(model: model).makeLane(maximumBatch: 1)
    var expected: [PictureOutcome] = []
    for index in 0..<25 {
      let name = "\(100 + index).png"
      if index % 7 == 3 {
        try folder.write([0], to: name)
        continue
      }
      let picture = SamplePicture.noise(seed: UInt64(index))
      try folder.write(picture, to: name)
      let prepared = model.preparation.prepare(picture)
      expected.append(.scored(lane.scores(of: [prepared])[0], digest: PictureDigest(of: prepared)))
    }
    let items = try PictureItem.items(below: BytePath(folder.path))
    var results: [PictureScoring.Result] = []
    PictureScoring(model: model, threadCount: threadCount, batchSize: batchSize).run(items) { results.append($0) }
    #expect(results.map(\.item) == items)
    #expect(results.filter { $0.outcome.failure == nil }.map(\.outcome) == expected)
    #expect(results.compactMap(\.outcome.failure).map(\.kind) == Array(repeating: .unreadable, count: 4))
  }

  @Test func `a caller that stops early is obeyed`() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    for index in 0..<200 { try folder.write([0], to: "\(1000 + index).png") }
    let items = try PictureItem.items(below: BytePath(folder.path))
    var count = 0
    #expect(throws: Stop.self) {
      try PictureScoring(model: SampleModel.make(), threadCount: 4, batchSize: 2).run(items) { _ in
        count += 1
        if count == 5 { throw Stop() }
      }
    }
    #expect(count == 5)
  }

  @Test func `a score that is no number is an error and never a verdict`() throws {
    let folder = try TemporaryFolder()
    var model = SampleModel.make()
    let name = try #require(model.state.keys.first { $0.hasPrefix("netg.encoder2") && $0.contains("final") })
    // Finite weights whose products overflow.
    let shape = try #require(model.state[name]).shape
    model.state[name] = StateTensor(
      shape: shape, values: [Float](repeating: .greatestFiniteMagnitude, count: shape.reduce(1, *)))
    try folder.write(SamplePicture.noise(seed: 1), to: "a.png")
    var results: [PictureScoring.Result] = []
    PictureScoring(model: model, threadCount: 1).run(try PictureItem.items(below: BytePath(folder.path))) {
      results.append($0)
    }
    #expect(results.map(\.outcome.failure?.kind) == [.error])
    #expect(results[0].outcome.failure?.reason.contains("finite number") == true)
  }

  @Test func `no files give no results`() {
    PictureScoring(model: SampleModel.make(), threadCount: 2).run([]) { _ in Issue.record("a result of nothing") }
  }
}
