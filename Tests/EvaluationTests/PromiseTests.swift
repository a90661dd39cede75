import Foundation
import Testing

@testable import Evaluation
@testable import GANomalyModel

/// The promise on real scores, in short; in full it is Documentation/Results/calibration.md.
struct PromiseTests {
  /// Real scores of pictures that training never saw: MNIST ones and magnetic tiles.
  private static func scores(_ name: String) throws -> PromiseMeasurement.Scores {
    let path = try #require(Bundle.module.path(forResource: "scores-\(name)", ofType: "txt", inDirectory: "Goldens"))
    var lists: [Substring: [Float]] = [:]
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      lists[words[0], default: []].append(try #require(Float(words[1])))
    }
    #expect(Set(lists.keys) == ["normal", "anomaly"])
    return .init(normal: lists["normal"] ?? [], anomalous: lists["anomaly"] ?? [])
  }

  @Test(arguments: ["ones", "tiles"], [(30, 0.1), (100, 0.1), (100, 0.01), (1000, 0.01)])
  func `on average the rate is what was promised, and single calibrations keep their bound`(
    name: String, cell: (count: Int, rate: Double)
  ) throws {
    let splits = 300
    for rule in [CalibrationRule.conformal(rate: cell.rate), .quantile(rate: cell.rate)] {
      let found = PromiseMeasurement(of: rule, on: try Self.scores(name), count: cell.count, splits: splits)
      #expect(found.refusedCount == 0)
      let mean = try #require(found.meanRate)
      let error = try #require(found.rateDeviation) / Double(splits).squareRoot()
      let rank = Double(Calibration.alarmRank(count: cell.count, falsePositiveRate: cell.rate))
      // Without ties the mean is exactly l / (n + 1); four standard errors of it are allowed.
      let promised = rank / Double(cell.count + 1)
      #expect(promised <= cell.rate)
      #expect(abs(mean - promised) < 4 * error, "\(mean) for \(promised)")
      // One in twenty, and more where the judged part is small; four standard errors of a share of the splits.
      for (share, expected) in [
        (found.shareAboveBound, found.expectedShareAboveBound), (found.shareAboveRate, found.expectedShareAboveRate),
      ] {
        let expected = try #require(expected)
        let deviation = (expected * (1 - expected) / Double(splits)).squareRoot()
        #expect(abs(try #require(share) - expected) < 4 * deviation, "\(rule)")
      }
    }
  }

  @Test(arguments: ["ones", "tiles"])
  func `with a confidence single calibrations keep the rate itself, and too few pictures are refused`(
    name: String
  ) throws {
    let scores = try Self.scores(name)
    let found = PromiseMeasurement(
      of: .quantile(rate: 0.1, confidence: 0.95), on: scores, count: 100, splits: 300)
    #expect(try #require(found.shareAboveRate) < 0.05 + 4 * 0.0126)
    let refused = PromiseMeasurement(of: .quantile(rate: 0.01, confidence: 0.95), on: scores, count: 100, splits: 3)
    #expect(refused.meanRate == nil)
    #expect(refused.refusal == .tooFewForConfidence(found: 100, needed: 299, rate: 0.01, confidence: 0.95))
    let few = PromiseMeasurement(of: .conformal(rate: 0.01), on: scores, count: 30, splits: 3)
    #expect(few.refusal == .tooFew(found: 30, needed: 99, rate: 0.01))
    let tail = PromiseMeasurement(of: .pot(rate: 0.01), on: scores, count: 100, splits: 3)
    #expect(tail.refusal == .tooFewExcesses(found: 2, count: 100, needed: 500, initialQuantile: 0.98))
  }

  @Test(arguments: ["ones", "tiles"])
  func `ties only lower the rate`(name: String) throws {
    let scores = try Self.scores(name)
    let highest = try #require(scores.normal.last)
    func coarse(_ score: Float) -> Float { (score / highest * 20).rounded() }
    let tied = PromiseMeasurement.Scores(normal: scores.normal.map(coarse), anomalous: scores.anomalous.map(coarse))
    let found = PromiseMeasurement(of: .conformal(rate: 0.1), on: tied, count: 100, splits: 300)
    let error = try #require(found.rateDeviation) / Double(300).squareRoot()
    #expect(try #require(found.meanRate) < 10.0 / 101 + 4 * error)
    let constant = PromiseMeasurement.Scores(normal: [Float](repeating: 1, count: 200), anomalous: [])
    #expect(PromiseMeasurement(of: .conformal(rate: 0.1), on: constant, count: 100, splits: 5).meanRate == 0)
  }

  @Test func `a tail of a thousand real scores comes near a rate below one in a hundred`() throws {
    // No promise at finite n: within a factor of two in the mean on these scores is what was measured.
    for name in ["ones", "tiles"] {
      let found = PromiseMeasurement(of: .pot(rate: 0.005), on: try Self.scores(name), count: 1000, splits: 60)
      let mean = try #require(found.meanRate)
      #expect(0.0025 < mean && mean < 0.01, "\(name): \(mean)")
      #expect(found.shareAboveBound == nil)
    }
  }

  @Test func `labelled methods find the anomalies that did not choose the threshold`() throws {
    for rule in [CalibrationRule.f1, .youden()] {
      let found = PromiseMeasurement(of: rule, on: try Self.scores("ones"), count: 1000, splits: 20)
      #expect(try #require(found.meanDetectionRate) > 0.9)
      #expect(found.shareAboveRate == nil)
    }
  }

  @Test func `the chance that a judged part passes a limit is summed from the ranks themselves`() {
    // One calibration score, two judged ones: of the three ranks each is as likely; above the lowest lie two.
    #expect(abs(PromiseMeasurement.chance(of: 1, 1, judgedCount: 2, above: 0.4) - 2.0 / 3) < 1e-12)
    #expect(abs(PromiseMeasurement.chance(of: 1, 1, judgedCount: 2, above: 0.5) - 1.0 / 3) < 1e-12)
    // Very many judged ones: the beta distribution itself.
    let beta = BetaDistribution(alpha: 10, beta: 91)
    #expect(
      abs(PromiseMeasurement.chance(of: 10, 100, judgedCount: 200_000, above: 0.12) - (1 - beta.cumulative(0.12)))
        < 1e-4)
  }

  @Test func `the same seed deals alike, and every score is dealt as often as any other`() throws {
    let scores = PromiseMeasurement.Scores(normal: (0..<10).map(Float.init), anomalous: [])
    let rule = CalibrationRule.conformal(rate: 0.5)
    #expect(
      PromiseMeasurement(of: rule, on: scores, count: 3, splits: 50, seed: 7)
        == PromiseMeasurement(of: rule, on: scores, count: 3, splits: 50, seed: 7))
    // l = 2 of 4: on average half of the others lie above, which no unfair dealing gives.
    let found = PromiseMeasurement(of: rule, on: scores, count: 3, splits: 5000)
    #expect(abs(try #require(found.meanRate) - 0.5) < 4 * (try #require(found.rateDeviation)) / 70)
  }
}
