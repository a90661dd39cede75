import TestSupport
import Testing

@testable import Evaluation

struct EvaluationTests {
  @Test func `separated scores have an area of one, reversed ones of zero, equal ones of one half`() {
    #expect(Evaluation(normal: [1, 2], anomalous: [3, 4]).areaUnderROC == 1)
    #expect(Evaluation(normal: [3, 4], anomalous: [1, 2]).areaUnderROC == 0)
    #expect(Evaluation(normal: [1, 1, 1], anomalous: [1, 1]).areaUnderROC == 0.5)
  }

  @Test func `ties count half`() {
    // The pairs of 2 with 1, 2 and 2, and of 3 with all three.
    let evaluation = Evaluation(normal: [1, 2, 2], anomalous: [2, 3])
    #expect(evaluation.areaUnderROC == (1 + 0.5 + 0.5 + 3) / 6)
  }

  @Test func `empty lists have no area, no precision and no rates`() {
    let empty = Evaluation(normal: [], anomalous: [])
    #expect(empty.areaUnderROC == nil)
    #expect(empty.averagePrecision == nil)
    #expect(empty.bestF1 == nil)
    #expect(Evaluation(normal: [1], anomalous: []).areaUnderROC == nil)
    #expect(Evaluation(normal: [1], anomalous: []).bestF1 == nil)
    let confusion = empty.confusion(threshold: 0)
    #expect(confusion.precision == nil)
    #expect(confusion.detectionRate == nil)
    #expect(confusion.falsePositiveRate == nil)
    #expect(confusion.f1 == nil)
    #expect(confusion.detectionInterval == nil)
  }

  @Test func `the area equals the count over all pairs on random tied scores`() {
    var random = SmallRandom(seed: 9)
    func scores(_ levels: ClosedRange<Int>) -> [Float] {
      let count = 1 + Int(random.next() * 40)
      return (0..<count).map { _ in Float(levels.lowerBound) + (random.next() * Float(levels.count)).rounded(.down) }
    }
    for _ in 0..<50 {
      let normal = scores(0...9)
      let anomalous = scores(3...12)
      var sum = 0.0
      for high in anomalous {
        for low in normal { sum += high > low ? 1 : high == low ? 0.5 : 0 }
      }
      let area = Evaluation(normal: normal, anomalous: anomalous).areaUnderROC
      #expect(area == sum / Double(normal.count * anomalous.count))
    }
  }

  @Test func `a threshold divides strictly`() {
    let confusion = Evaluation(normal: [0.1, 0.2, 0.3], anomalous: [0.2, 0.25, 0.4]).confusion(threshold: 0.2)
    #expect(
      confusion == Confusion(truePositives: 2, falsePositives: 1, trueNegatives: 2, falseNegatives: 1))
    #expect(confusion.precision == 2.0 / 3)
    #expect(confusion.detectionRate == 2.0 / 3)
    #expect(confusion.falsePositiveRate == 1.0 / 3)
    #expect(confusion.f1 == 2.0 / 3)
  }

  @Test func `the best F1 has its threshold midway between neighbouring scores`() throws {
    let best = try #require(Evaluation(normal: [1, 2, 3], anomalous: [4, 6]).bestF1)
    #expect(best.value == 1)
    #expect(best.threshold == 3.5)
    let low = Evaluation(normal: [5, 6], anomalous: [1])
    let confusion = low.confusion(threshold: try #require(low.bestF1).threshold)
    #expect(confusion.f1 == low.bestF1?.value)
    #expect(confusion.truePositives == 1)
  }

  @Test func `neighbouring floats still get a threshold that divides them`() throws {
    let score = Float(0.3)
    let evaluation = Evaluation(normal: [score], anomalous: [score.nextUp])
    let best = try #require(evaluation.bestF1)
    #expect(evaluation.confusion(threshold: best.threshold).f1 == 1)
  }
}

struct BinomialIntervalTests {
  /// Closed forms: 0 of n gives 1 - 0.025^(1/n); 5 of 10 is R's binom.test.
  @Test func `exact intervals match closed forms and published values`() throws {
    let none = try #require(BinomialInterval.exact(hits: 0, count: 10))
    #expect(none.lowerBound == 0)
    #expect(abs(none.upperBound - 0.3084971) < 1e-6)
    let all = try #require(BinomialInterval.exact(hits: 10, count: 10))
    #expect(abs(all.lowerBound - 0.6915029) < 1e-6)
    #expect(all.upperBound == 1)
    let half = try #require(BinomialInterval.exact(hits: 5, count: 10))
    #expect(abs(half.lowerBound - 0.1870860) < 1e-6)
    #expect(abs(half.upperBound - 0.8129140) < 1e-6)
    #expect(BinomialInterval.exact(hits: 0, count: 0) == nil)
  }
}
