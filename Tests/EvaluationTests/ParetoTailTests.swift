import TestSupport
import Testing

@testable import GANomalyModel

/// Tails against scipy's, made by `Goldens/make_statistics.py`, and against the distribution that the samples are of.
struct ParetoTailTests {
  @Test func `fits are scipy's maxima of the likelihood, and quantiles follow`() throws {
    let rows = try GoldenTable("pareto").rows
    #expect(rows.count == 24)
    for row in rows {
      let excesses = try GoldenTable.numbers(row[6])
      let (shape, scale) = try ParetoTail.fit(excesses)
      let (goldenShape, goldenScale) = (try #require(Double(row[3])), try #require(Double(row[4])))
      // scipy searches with a simplex, which ends where the likelihood changes by 1e-12: shapes are good to some 1e-6.
      #expect(abs(shape - goldenShape) < 1e-5, "\(row[0...3]): \(shape)")
      #expect(abs(scale / goldenScale - 1) < 1e-5, "\(row[0...3]): \(scale)")
      let tail = ParetoTail(level: 0, excessCount: 10, count: 10, shape: shape, scale: scale)
      for (rate, golden) in zip([0.1, 0.01, 0.001], try GoldenTable.numbers(row[5])) {
        #expect(abs(tail.quantile(rate: rate) / golden - 1) < 1e-4, "\(row[0...3]) at \(rate)")
      }
    }
  }

  @Test(arguments: [-0.4, -0.2, 0, 0.1, 0.3, 0.7])
  func `samples of a known tail give back its shape, scale and quantiles`(shape: Double) throws {
    // Four standard deviations of the estimates at 5,000 excesses, by the inverse of Fisher's information.
    let count = 5000.0
    let shapeError = 4 * (1 + shape) / count.squareRoot()
    let scaleError = 4 * (2 * (1 + shape) / count).squareRoot()
    for seed in 1...3 {
      var random = SmallRandom(seed: UInt64(seed))
      let truth = ParetoTail(level: 0, excessCount: 1, count: 1, shape: shape, scale: 0.02)
      let excesses = (0..<Int(count)).map { _ in truth.quantile(rate: max(Double(random.next()), 1e-9)) }
        .filter { $0 > 0 }
      let found = try ParetoTail.fit(excesses)
      #expect(abs(found.shape - shape) < shapeError, "shape \(shape): \(found)")
      #expect(abs(found.scale / 0.02 - 1) < scaleError, "shape \(shape): \(found)")
      let tail = ParetoTail(level: 0, excessCount: 1, count: 1, shape: found.shape, scale: found.scale)
      // The quantile passed once in 100: its error by the same information is below 12 % for these shapes.
      #expect(abs(tail.quantile(rate: 0.01) / truth.quantile(rate: 0.01) - 1) < 0.25, "shape \(shape)")
    }
  }

  @Test func `scores above a level give the rate that was asked for, well below one over their number`() throws {
    // An exponential tail: the true threshold for 1 in 100,000 is ln(100,000). The shape of 2,000 excesses has a standard
    // deviation of 0.022, which the way from 1 in 50 makes 6 % of the threshold.
    var random = SmallRandom(seed: 4)
    let truth = ParetoTail(level: 0, excessCount: 1, count: 1, shape: 0, scale: 1)
    let scores = (0..<100_000).map { _ in Float(truth.quantile(rate: max(Double(random.next()), 1e-9))) }
    let calibration = try Calibration.fit(.pot(rate: 1e-5), to: CalibrationSet(normal: scores))
    #expect(abs(Double(calibration.threshold) / 11.51 - 1) < 0.2, "\(calibration.threshold)")
    #expect(calibration.alarmRank == nil)
    #expect(calibration.rateBound == nil)
    let tail = try #require(calibration.tail)
    #expect(tail.excessCount == 2000)
    #expect(abs(tail.shape) < 4 * 0.0224)
    #expect(abs(try #require(tail.shapeDeviation) - (1 + tail.shape) / Double(2000).squareRoot()) < 1e-12)
  }

  @Test func `too few scores above the level are refused with the number that would do`() throws {
    let scores = (0..<499).map(Float.init)
    #expect(
      throws: CalibrationError.tooFewExcesses(found: 9, count: 499, needed: 500, initialQuantile: 0.98)
    ) { try Calibration.fit(.pot(rate: 0.001), to: CalibrationSet(normal: scores)) }
    #expect(throws: Never.self) {
      try Calibration.fit(.pot(rate: 0.001), to: CalibrationSet(normal: scores + [499]))
    }
    for quantile in [0.01, 0.5, 0.9, 0.975, 0.98, 0.999] {
      let needed = try #require(ParetoTail.neededCount(initialQuantile: quantile))
      let enough = (0..<needed).map(Float.init)
      #expect(throws: Never.self) { try ParetoTail(scores: enough, initialQuantile: quantile) }
      #expect(throws: CalibrationError.self) {
        try ParetoTail(scores: Array(enough.dropLast()), initialQuantile: quantile)
      }
    }
    #expect(ParetoTail.neededCount(initialQuantile: 1 - 1e-12) == nil)
    #expect(throws: CalibrationError.self) { try ParetoTail(scores: [], initialQuantile: 0.98) }
  }

  @Test func `more scores than a tail is fitted to are refused, so that a file is read in time`() throws {
    let scores = (0..<60_000).map(Float.init)
    #expect(throws: CalibrationError.tooManyExcesses(found: 54_000, initialQuantile: 0.1)) {
      try Calibration.fit(.pot(rate: 0.001, initialQuantile: 0.1), to: CalibrationSet(normal: scores))
    }
  }

  @Test func `constant and coarse scores have no tail, and are refused rather than flagged`() throws {
    let constant = [Float](repeating: 0.25, count: 1000)
    #expect(
      throws: CalibrationError.tooFewExcesses(found: 0, count: 1000, needed: 500, initialQuantile: 0.98)
    ) { try Calibration.fit(.pot(rate: 0.001), to: CalibrationSet(normal: constant)) }
    // Twenty equal scores at the top: a tail that ends below them would flag them all.
    let coarse = [Float](repeating: 1, count: 980) + [Float](repeating: 2, count: 20)
    let error = try #require(throws: CalibrationError.self) {
      try Calibration.fit(.pot(rate: 0.001), to: CalibrationSet(normal: coarse))
    }
    #expect(error == .tail(.misfit(above: 20, count: 1000, rate: 0.001)))
    #expect("\(error)".contains("few different values, or with many near the highest"))
    #expect("\(error)".contains("20 of 1000 lie above its threshold, expected about 1"))
  }

  @Test func `values that end abruptly have the tail that ends where they do`() throws {
    // Equally spread up to 1: a shape of -1, whose scale is the highest value.
    let found = try ParetoTail.fit((1...50).map { Double($0) / 50 })
    #expect(found.shape == -1)
    #expect(abs(found.scale - 1) < 1e-12)
  }

  @Test func `a rate inside the scores is refused with the share that it must be below`() throws {
    let scores = (0..<1000).map(Float.init)
    #expect(throws: CalibrationError.rateAboveTail(rate: 0.02, share: 0.02, initialQuantile: 0.98)) {
      try Calibration.fit(.pot(rate: 0.02), to: CalibrationSet(normal: scores))
    }
    #expect(throws: Never.self) {
      try Calibration.fit(.pot(rate: 0.02, initialQuantile: 0.9), to: CalibrationSet(normal: scores))
    }
  }

  @Test func `a tail without a mean has a threshold, one without any end is refused`() throws {
    var random = SmallRandom(seed: 8)
    let heavy = ParetoTail(level: 0, excessCount: 1, count: 1, shape: 1.5, scale: 1)
    let scores = (0..<2000).map { _ in Float(heavy.quantile(rate: max(Double(random.next()), 1e-9))) }
    #expect(try Calibration.fit(.pot(rate: 0.001), to: CalibrationSet(normal: scores)).threshold.isFinite)
    let endless = (0..<1000).map { _ in Float(1) } + (0..<30).map { powerOfTen($0) }
    #expect(throws: CalibrationError.self) {
      try Calibration.fit(.pot(rate: 1e-6), to: CalibrationSet(normal: endless))
    }
  }

  private func powerOfTen(_ exponent: Int) -> Float { (0...exponent).reduce(1) { value, _ in value * 10 } }
}
