import Evaluation
import GANomalyModel
import TestSupport
import Testing

/// What counted false alarms say of a promise.
@Suite struct PromiseCheckTests {
  @Test func `hits under a uniform chance are all equally likely`() {
    let law = BetaBinomial(alpha: 1, beta: 1, count: 9)
    for hits in 0...9 { #expect(abs(law.atLeast(hits) - Double(10 - hits) / 10) < 1e-12) }
    #expect(law.atLeast(10) == 0)
    #expect(BetaBinomial(alpha: 2, beta: 3, count: 0).atLeast(0) == 1)
    // One picture is hit with the chance's mean.
    #expect(abs(BetaBinomial(alpha: 4, beta: 37, count: 1).atLeast(1) - 4.0 / 41) < 1e-12)
  }

  @Test func `very many pictures have a law too, where the chance of none is no number above 0`() {
    let law = BetaBinomial(alpha: 1000, beta: 1001, count: 100_000)
    #expect(abs(law.atLeast(49_975) - 0.5) < 0.01)
    #expect(law.atLeast(60_000) < 1e-6 && law.atLeast(40_000) > 1 - 1e-6)
  }

  /// What is found of calibrations with 40 pictures at 10 %, each judged on 1,000 others.
  private func findings(_ draws: Int, change: Float) throws -> [PromiseCheck.Finding] {
    var random = SmallRandom(seed: 11)
    return try (0..<draws).map { _ in
      let calibration = try Calibration.fit(scores: (0..<40).map { _ in random.next() }, falsePositiveRate: 0.1)
      let flagged = (0..<1000).count { _ in calibration.isAnomalous(random.next() + change) }
      let confusion = Confusion(
        truePositives: 0, falsePositives: flagged, trueNegatives: 1000 - flagged, falseNegatives: 0)
      return try #require(PromiseCheck(of: calibration, by: confusion)).finding
    }
  }

  @Test func `of pictures like the calibration's the promise is called broken in one of twenty at most`() throws {
    let draws = 800
    let found = try findings(draws, change: 0)
    let deviation = (Double(draws) * 0.05 * 0.95).squareRoot()
    let broken = Double(found.count { $0 == .broken })
    #expect(abs(broken - 0.05 * Double(draws)) < 4 * deviation, "\(broken) of \(draws)")
    #expect(found.count { $0 == .withinChance } > draws / 5, "more than was promised, and no wonder")
    #expect(found.count { $0 == .kept } > draws / 3)
  }

  @Test func `pictures that score higher break it`() throws {
    let found = try findings(100, change: 0.3)
    #expect(found.count { $0 == .broken } > 95)
  }

  @Test func `where nothing is promised or counted there is nothing to check`() throws {
    let some = Confusion(truePositives: 0, falsePositives: 1, trueNegatives: 1, falseNegatives: 0)
    let none = Confusion(truePositives: 1, falsePositives: 0, trueNegatives: 0, falseNegatives: 0)
    #expect(PromiseCheck(of: try .manual(threshold: 0.5), by: some) == nil)
    let scores = (0..<600).map { Float($0) * Float($0) / 360_000 }
    let tail = try Calibration.fit(.pot(rate: 0.01), to: CalibrationSet(normal: scores))
    #expect(PromiseCheck(of: tail, by: some) == nil)
    let promising = try Calibration.fit(scores: scores, falsePositiveRate: 0.01)
    #expect(PromiseCheck(of: promising, by: none) == nil)
    #expect(PromiseCheck(of: promising, by: some)?.rate == 0.01)
  }
}
