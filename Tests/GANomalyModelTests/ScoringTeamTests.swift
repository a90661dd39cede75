import GANomalyModel
import Imaging
import Synchronization
import Tensors
import TestSupport
import Testing

/// Threads that help with a picture that waits alone.
@Suite struct ScoringTeamTests {
  @Test(arguments: [(16, 4), (32, 16), (64, 16), (64, 20)], [2, 3, 8])
  func `a picture alone has the same bits with and without help`(network: (size: Int, features: Int), threads: Int) {
    let parameters = Hyperparameters(size: network.size, latentCount: 5, featureCount: network.features)
    let model = SampleModel.make(parameters)
    let scorer = Scorer(model: model)
    let pictures = (0..<3).map { model.preparation.prepare(SamplePicture.noise(seed: UInt64($0))) }
    let alone = scorer.makeLane(maximumBatch: 8)
    let helped = scorer.makeLane(maximumBatch: 8, team: ScoringTeam(threadCount: threads))
    let expected = alone.scores(of: pictures)
    #expect(Set(expected).count == 3)
    for (picture, score) in zip(pictures, expected) {
      #expect(helped.scores(of: [picture])[0].bitPattern == score.bitPattern)
    }
    // Several at once need no help.
    #expect(helped.scores(of: pictures) == expected)
  }

  @Test func `lanes that share a team do not wait for it, and agree`() {
    let model = SampleModel.make(Hyperparameters(size: 32, latentCount: 5, featureCount: 16))
    let scorer = Scorer(model: model)
    let team = ScoringTeam(threadCount: 2)
    let pictures = (0..<6).map { model.preparation.prepare(SamplePicture.noise(seed: UInt64($0))) }
    let expected = scorer.makeLane(maximumBatch: 6).scores(of: pictures)
    let differing = Mutex(0)
    ThreadPool(threadCount: 3).run(3) { _, _ in
      let lane = scorer.makeLane(maximumBatch: 1, team: team)
      for _ in 0..<40 where pictures.map({ lane.scores(of: [$0])[0] }) != expected {
        differing.withLock { $0 += 1 }
      }
    }
    #expect(differing.withLock { $0 } == 0)
  }
}
