import Imaging
import Layers
import TestSupport
import Testing

@testable import GANomalyModel

@Suite("windows of a picture, dealt to idle threads") struct WindowTeamTests {
  private static let network = Hyperparameters(size: 16, latentCount: 6, featureCount: 4)

  private func setting(_ windows: WindowPlan) -> (Scorer, Preparation) {
    var model = SampleModel.make(Self.network)
    model.preparation.windows = windows
    return (Scorer(model: model, servesSinglePictures: true), model.preparation)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `scores, maps and terms are the same to the last bit, whoever computes a window`(threadCount: Int) throws {
    let (scorer, preparation) = setting(WindowPlan(stride: 3))
    let pictures = (0..<3).map { SamplePicture.noise(width: 50 + 7 * $0, height: 41, seed: UInt64($0)) }
    let alone = scorer.makePictureLane(preparation: preparation, maximumBatch: 1)
    let expected = alone.scores(of: pictures, explaining: { _ in true })
    let terms = alone.windowTerms(of: pictures)
    // More windows than a round has.
    #expect(terms[0].count > 8 * PictureLane.windowBatch / 2 && Set(expected.map(\.score)).count == 3)
    let team = ScoringTeam(threadCount: threadCount)
    let lane = scorer.makePictureLane(preparation: preparation, maximumBatch: 1, team: team)
    for _ in 0..<3 {
      #expect(lane.scores(of: pictures, explaining: { _ in true }) == expected)
      #expect(lane.scores(of: pictures) == expected.map(\.score))
      #expect(lane.windowTerms(of: pictures) == terms)
    }
    // While other lanes work it is alone, and gives the same.
    team.whileWorking { team.whileWorking { #expect(lane.scores(of: pictures) == expected.map(\.score)) } }
  }

  @Test func `idle threads do take windows, and none does while other lanes work`() throws {
    let (scorer, preparation) = setting(WindowPlan(stride: 1))
    let picture = SamplePicture.noise(width: 60, height: 50, seed: 4)
    let team = ScoringTeam(threadCount: 2)
    let lane = scorer.makePictureLane(preparation: preparation, maximumBatch: 1, team: team)
    var pieces = 0
    _ = lane.scores(of: [picture], progress: { pieces += 1 })
    let windows = 45 * 35
    // A sign of life a round of four batches where somebody helps, one a batch where nobody does.
    #expect(pieces >= (windows + 63) / 64 && pieces < (windows + 15) / 16, "\(pieces)")
    pieces = 0
    team.whileWorking { team.whileWorking { _ = lane.scores(of: [picture], progress: { pieces += 1 }) } }
    #expect(pieces == (windows + 15) / 16)
  }

  @Test func `what is given up leaves nothing behind`() throws {
    let (scorer, preparation) = setting(WindowPlan(stride: 2))
    let picture = SamplePicture.noise(width: 60, height: 50, seed: 5)
    let lane = scorer.makePictureLane(preparation: preparation, maximumBatch: 1, team: ScoringTeam(threadCount: 2))
    let whole = lane.scores(of: [picture], explaining: { _ in true })
    #expect(lane.scores(of: [picture], explaining: { _ in true }, goesOn: { false }).isEmpty)
    #expect(lane.scores(of: [picture], explaining: { _ in true }) == whole)
  }
}
