import Imaging
import Layers
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import GANomalyModel

/// Threads that help with a picture alone.
@Suite struct ScoringTeamTests {
  /// Networks whose layers take all forms: Winograd with either tile, with many and with few rows, whole maps, patches.
  static let networks = [
    Hyperparameters(size: 32, latentCount: 20, featureCount: 16),
    Hyperparameters(size: 64, channelCount: 3, latentCount: 50, featureCount: 20),
    Hyperparameters.keras(size: 32, channelCount: 1, featureCount: 16),
  ]

  @Test(arguments: networks)
  func `scores are the same to the last bit alone, among others, and with any number of helping threads`(
    network: Hyperparameters
  ) throws {
    let model = SampleModel.make(network)
    let scorer = Scorer(model: model, servesSinglePictures: true)
    let pictures = (0..<6).map {
      SamplePicture.noise(
        width: network.size, height: network.size, channelCount: network.channelCount, seed: UInt64($0))
    }
    let among = scorer.makeLane(maximumBatch: 6).scores(of: pictures)
    #expect(Scorer(model: model).makeLane(maximumBatch: 1).scores(of: pictures) == among, "of packed factors alone")
    #expect(Set(among).count == 6)
    for batch in [1, 2, 4] {
      let lane = scorer.makeLane(maximumBatch: batch)
      #expect(lane.scores(of: pictures) == among, "batches of \(batch)")
      #expect(pictures.map { lane.scores(of: [$0])[0] } == among, "alone")
    }
    for threadCount in [1, 2, 3, 4] {
      let team = ScoringTeam(threadCount: threadCount)
      let lane = scorer.makeLane(maximumBatch: 4, team: team)
      for _ in 0..<3 {
        #expect(pictures.map { lane.scores(of: [$0])[0] } == among, "\(threadCount) threads")
        #expect(lane.scores(of: pictures) == among, "\(threadCount) threads")
      }
    }
  }

  @Test func `lanes that ask for the team at once all score right`() throws {
    let network = Self.networks[0]
    let scorer = Scorer(model: SampleModel.make(network), servesSinglePictures: true)
    let pictures = (0..<4).map { SamplePicture.noise(width: 32, height: 32, seed: UInt64($0)) }
    let expected = scorer.makeLane(maximumBatch: 4).scores(of: pictures)
    let team = ScoringTeam(threadCount: 3)
    let wrong = Mutex(0)
    ThreadPool(threadCount: 3).run(3) { number, _ in
      let lane = scorer.makeLane(maximumBatch: 4, team: team)
      for round in 0..<60 {
        let index = (round + number) % 4
        func score() {
          let found = lane.scores(of: [pictures[index]])[0]
          if found != expected[index] { wrong.withLock { $0 += 1 } }
        }
        // Sometimes said to be at work, sometimes not: whoever gets the team has it alone.
        if round % 3 == 0 { team.whileWorking(score) } else { score() }
      }
    }
    #expect(wrong.withLock { $0 } == 0)
  }

  @Test func `the team is lent to one lane, and only while no other works`() {
    let team = ScoringTeam(threadCount: 2)
    var isLent: [Bool] = []
    isLent.append(team.threads.lend { _ in isLent.append(team.threads.lend { _ in }) })
    team.whileWorking {
      isLent.append(team.threads.lend { _ in })
      team.whileWorking { isLent.append(team.threads.lend { _ in }) }
    }
    isLent.append(team.threads.lend { _ in })
    // Inside of another's, alone, by a lane that works, by one of two, and again.
    #expect(isLent == [false, true, true, false, true])
  }

  @Test func `a lane that gets work while another is helped ends the help, and changes no bit`() {
    let network = Self.networks[0]
    let scorer = Scorer(model: SampleModel.make(network), servesSinglePictures: true)
    let picture = SamplePicture.noise(width: 32, height: 32, seed: 5)
    let expected = scorer.makeLane(maximumBatch: 1).scores(of: [picture])
    let team = ScoringTeam(threadCount: 2)
    let lane = scorer.makeLane(maximumBatch: 1, team: team)
    #expect(lane.scores(of: [picture]) == expected)
    team.returnMemory()
    ThreadPool(threadCount: 2).run(2) { task, _ in
      for _ in 0..<100 {
        if task == 0 {
          let scores = lane.scores(of: [picture])
          #expect(scores == expected)
        } else {
          team.whileWorking { team.whileWorking {} }
        }
      }
    }
  }
}
