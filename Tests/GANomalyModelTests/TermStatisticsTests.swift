import Glibc
import Imaging
import Tensors
import TestSupport
import Testing

@testable import GANomalyModel

/// Mean and deviation of the terms.
struct TermStatisticsTests {
  @Test func `mean and deviation are those of the textbook`() throws {
    let values: [[Float]] = [[1, 5], [2, 5], [4, 5], [9, 5]]
    let statistics = try #require(TermStatistics(of: values, measures: [.reconstruction, .features(block: 1)]))
    #expect(statistics.pictureCount == 4)
    let found = try #require(statistics.moments[.reconstruction])
    #expect(found.pair == .init(mean: 4, deviation: Float((38.0 / 3).squareRoot())))
    let numbers: [Double] = [1, 2, 4, 9]
    let logarithms: [Double] = numbers.map { log($0) }
    let mean: Double = logarithms.reduce(0, +) / 4
    let squares: [Double] = logarithms.map { ($0 - mean) * ($0 - mean) }
    let variance: Double = squares.reduce(0, +) / 3
    let logarithm = try #require(found.logarithm)
    #expect(abs(Double(logarithm.mean) - mean) < 1e-6)
    #expect(abs(Double(logarithm.deviation) - variance.squareRoot()) < 1e-6)
    #expect(statistics.moments[.features(block: 1)]?.pair == .init(mean: 5, deviation: 0))
    let zero = try #require(TermStatistics(of: [[0], [1]], measures: [.reconstruction]))
    #expect(zero.moments[.reconstruction]?.logarithm == nil && zero.moments[.reconstruction]?.mean == 0.5)
    #expect(TermStatistics(of: [[1]], measures: [.reconstruction]) == nil)
    #expect(TermStatistics(of: [], measures: [.reconstruction]) == nil)
  }

  @Test func `a term that is no finite number somewhere has no moments, the others have`() throws {
    let statistics = try #require(
      TermStatistics(
        of: [[1, .nan, .infinity], [2, 1, 1]],
        measures: [.reconstruction, .features(block: nil), .local(side: 3, rule: .smoothedAbsolute, margin: 0)]))
    #expect(statistics.moments.keys.map(\.name) == ["reconstruction"])
  }

  @Test func `every term and the score's own box are measured, and an error of the pictures is handed on`() throws {
    struct Stop: Error {}
    var model = SampleModel.make()
    model.scoreOptions = ScoreOptions(terms: [.local], localSide: 15)
    let pictures = (0..<40).map { SamplePicture.noise(width: 16, height: 16, seed: UInt64($0)) }
    let pool = ThreadPool(threadCount: 2)
    let statistics = try #require(
      try TermStatistics.measure(model, pictureCount: 40, pool: pool) { $0.map { pictures[$0] } })
    #expect(Set(statistics.moments.keys) == Set(TermMeasure.all(for: model.hyperparameters)))
    #expect(throws: Stop.self) {
      _ = try TermStatistics.measure(model, pictureCount: 40, pool: pool) { _ in throw Stop() }
    }
    let none = try TermStatistics.measure(model, pictureCount: 1, pool: pool) { _ in throw Stop() }
    #expect(none == nil)
    #expect(throws: ScoreOptionsError.tooFewPictures(found: 1)) {
      try model.measureScore(ScoreOptions(terms: [.latent, .local]), pictureCount: 1, pool: pool) { _ in [] }
    }
    // The same picture again and again: nothing to standardise by.
    #expect(throws: ScoreOptionsError.constant(.latent(.meanSquare, .own))) {
      try model.measureScore(ScoreOptions(terms: [.latent, .local]), pictureCount: 3, pool: pool) { range in
        range.map { _ in pictures[0] }
      }
    }
  }

  @Test func `another score takes the calibration with it, the same one does not`() throws {
    var model = SampleModel.make()
    model.calibration = try .fit(scores: [1, 2, 3], falsePositiveRate: 0.3)
    #expect(throws: ScoreOptionsError.self) { try model.setScore(ScoreOptions(terms: [.latent, .local])) }
    try model.setScore(ScoreOptions())
    #expect(model.calibration != nil)
    try model.setScore(ScoreOptions(terms: [.local]))
    #expect(model.calibration == nil)
    #expect(model.scoreOptions.terms == [.local])
  }
}
