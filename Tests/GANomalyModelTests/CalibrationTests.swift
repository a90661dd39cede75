import TestSupport
import Testing

@testable import GANomalyModel

struct CalibrationTests {
  let hundred = (1...100).map(Float.init)

  @Test(arguments: [
    (count: 99, rate: 0.01, rank: 1), (100, 0.01, 1), (199, 0.01, 2), (200, 0.01, 2), (298, 0.01, 2), (299, 0.01, 3),
    (9, 0.3, 3), (99, 0.07, 7), (99, 0.29, 29), (19, 0.05, 1), (10, 0.999, 10),
  ])
  func `the threshold is the order statistic that the rate allows`(count: Int, rate: Double, rank: Int) throws {
    let scores = (1...count).map(Float.init)
    for rule in [CalibrationRule.conformal(rate: rate), .quantile(rate: rate)] {
      let calibration = try Calibration.fit(rule, to: CalibrationSet(normal: scores.reversed()))
      #expect(calibration.threshold == Float(count + 1 - rank))
      #expect(calibration.scores == scores)
      #expect(calibration.alarmRank == rank)
    }
  }

  @Test func `a score is anomalous exactly where its p-value is at most the rate, ties included`() throws {
    var random = SmallRandom(seed: 5)
    for rate in [0.01, 0.05, 0.1, 0.29, 0.5, 0.9] {
      for levels in [2, 7, 1000] as [Float] {
        let scores = (0..<157).map { _ in (random.next() * levels).rounded(.down) / levels }
        let calibration = try Calibration.fit(scores: scores, falsePositiveRate: rate)
        for score in scores + scores.flatMap({ [$0.nextUp, $0.nextDown] }) + [-1, 2] {
          let p = try #require(calibration.pValue(of: score))
          #expect(calibration.isAnomalous(score) == (p <= rate), "score \(score), p \(p), rate \(rate)")
        }
      }
    }
  }

  @Test func `constant scores flag nothing but what lies above them`() throws {
    let calibration = try Calibration.fit(scores: [Float](repeating: 0.25, count: 200), falsePositiveRate: 0.01)
    #expect(!calibration.isAnomalous(0.25))
    #expect(calibration.isAnomalous(Float(0.25).nextUp))
    #expect(calibration.pValue(of: 0.25) == 1)
    #expect(calibration.pValue(of: Float(0.25).nextUp) == 1.0 / 201)
  }

  @Test func `the promise holds on average over calibration sets`() throws {
    // Exchangeable scores: the rate of flagged new ones, over many sets, must not exceed the promised rate.
    var random = SmallRandom(seed: 11)
    var flagged = 0
    let (sets, news) = (400, 50)
    for _ in 0..<sets {
      let calibration = try Calibration.fit(
        scores: (0..<59).map { _ in random.next() }, falsePositiveRate: 0.05)
      flagged += (0..<news).count { _ in calibration.isAnomalous(random.next()) }
    }
    let rate = Double(flagged) / Double(sets * news)
    // l = 3 of 60: exactly 0.05 in the mean; its standard deviation over 400 sets is 0.0021.
    #expect(abs(rate - 0.05) < 0.0085)
  }

  @Test(arguments: [(0.01, 99), (0.05, 19), (0.1, 9), (0.001, 999), (0.3, 3), (0.5, 1)])
  func `too few pictures are refused with the number needed`(rate: Double, needed: Int) throws {
    #expect(Calibration.neededCount(falsePositiveRate: rate) == needed)
    #expect(throws: CalibrationError.tooFew(found: needed - 1, needed: needed, rate: rate)) {
      try Calibration.fit(scores: [Float](repeating: 1, count: needed - 1), falsePositiveRate: rate)
    }
    #expect(throws: Never.self) {
      try Calibration.fit(scores: [Float](repeating: 1, count: needed), falsePositiveRate: rate)
    }
  }

  @Test func `the sentence for too few pictures names both numbers and the remedy`() {
    let error = CalibrationError.tooFew(found: 40, needed: 99, rate: 0.01)
    #expect(
      "\(error)" == "a false-positive rate of 0.01 needs at least 99 normal pictures, found 40: "
        + "add pictures or choose a higher rate")
  }

  @Test(arguments: [0, 1, -0.1, 1.5, Double.nan, .infinity])
  func `a rate outside its range is refused`(rate: Double) {
    #expect(throws: CalibrationError.self) { try Calibration.fit(scores: hundred, falsePositiveRate: rate) }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `a score that is no finite number is refused with the picture's name`(score: Float) throws {
    let error = try #require(throws: CalibrationError.self) {
      try Calibration.fit(scores: [1, score, 2], names: ["a.png", "b.png", "c.png"], falsePositiveRate: 0.5)
    }
    #expect("\(error)".contains("'b.png'"))
  }

  @Test func `a manual threshold promises nothing and needs no scores`() throws {
    let calibration = try Calibration.manual(threshold: 0.2)
    #expect(!calibration.isAnomalous(0.2))
    #expect(calibration.isAnomalous(Float(0.2).nextUp))
    #expect(calibration.pValue(of: 0.2) == nil)
    #expect(calibration.rateBound == nil)
    #expect(throws: CalibrationError.self) { try Calibration.manual(threshold: .nan) }
  }

  @Test func `a NaN is neither anomalous nor has it a p-value`() throws {
    let calibration = try Calibration.fit(scores: hundred, falsePositiveRate: 0.05)
    #expect(!calibration.isAnomalous(.nan))
    #expect(calibration.pValue(of: .nan) == nil)
  }

  @Test func `the bound for 200 pictures and one percent is 2.35 percent`() throws {
    let calibration = try Calibration.fit(scores: (0..<200).map(Float.init), falsePositiveRate: 0.01)
    let bound = try #require(calibration.rateBound)
    #expect(abs(bound - 0.0235) < 0.00005)
  }

  @Test(arguments: [59: 0.05, 299: 0.01, 2995: 0.001])
  func `the largest score of n promises its rate with 95 percent confidence`(count: Int, rate: Double) {
    // Beta(1, n): 1 - (1 - x)^n = 0.95; n is the smallest for which the bound is at most the rate.
    #expect(BetaDistribution(alpha: 1, beta: Double(count)).quantile(0.95) <= rate)
    #expect(BetaDistribution(alpha: 1, beta: Double(count - 1)).quantile(0.95) > rate)
  }

  @Test func `the display scale rises with the score and has the threshold at one half`() throws {
    for threshold in [Float(0.02), 3, 0, -1] {
      let calibration = try Calibration.manual(threshold: threshold)
      #expect(calibration.displayScore(of: threshold) == 0.5)
      let scores: [Float] = [0, 0.001, 0.01, 0.02, 0.03, 1, 3, 4, 1000, .greatestFiniteMagnitude, .infinity]
      let shown = scores.map(calibration.displayScore)
      #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(shown.allSatisfy { (0...1).contains($0) })
      #expect(calibration.displayScore(of: threshold - 0.001) < 0.5)
      #expect(calibration.displayScore(of: threshold + 0.001) > 0.5)
    }
  }

  @Test func `the display scale rises with scores of both signs, as combinations of terms have them`() throws {
    for scores in [[-2, -1, 0, 1, 3], [0.1, 0.2, 0.3, 0.4, 0.5]] as [[Float]] {
      let calibration = try Calibration.fit(scores: scores, falsePositiveRate: 0.3)
      let shown = ([-.infinity, -5, -2, -1, -0.5, 0, 0.1, 0.3, 1, 2, 3, 9, .infinity] as [Float])
        .map(calibration.displayScore)
      #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 <= $1 }, "\(shown)")
      #expect(shown.allSatisfy { (0...1).contains($0) })
      #expect(calibration.displayScore(of: calibration.threshold) == 0.5)
    }
  }

  @Test func `the identifier names the rule and not the day`() throws {
    let first = try Calibration.fit(scores: hundred, falsePositiveRate: 0.05, date: "2026-01-01T00:00:00Z")
    let again = try Calibration.fit(scores: hundred, falsePositiveRate: 0.05, date: "2026-02-01T00:00:00Z")
    let other = try Calibration.fit(scores: hundred, falsePositiveRate: 0.06)
    let quantile = try Calibration.fit(.quantile(rate: 0.05), to: CalibrationSet(normal: hundred))
    #expect(first.identifier == again.identifier)
    #expect(Set([first, other, quantile].map(\.identifier)).count == 3)
    #expect(first.identifier.count == 12)
    #expect(first.identifier.allSatisfy { $0.isHexDigit && !$0.isUppercase })
  }
}

struct CalibrationConfidenceTests {
  @Test(arguments: [(0.05, 59), (0.01, 299), (0.001, 2995), (0.0001, 29_956)])
  func `a rate with 95 percent confidence needs so many pictures, and is refused with fewer`(
    rate: Double, needed: Int
  ) throws {
    #expect(Calibration.neededCount(falsePositiveRate: rate, confidence: 0.95) == needed)
    for rule in [CalibrationRule.conformal(rate: rate, confidence: 0.95), .quantile(rate: rate, confidence: 0.95)] {
      let scores = (0..<needed).map(Float.init)
      #expect(
        throws: CalibrationError.tooFewForConfidence(found: needed - 1, needed: needed, rate: rate, confidence: 0.95)
      ) { try Calibration.fit(rule, to: CalibrationSet(normal: Array(scores.dropLast()))) }
      let calibration = try Calibration.fit(rule, to: CalibrationSet(normal: scores))
      #expect(calibration.threshold == Float(needed - 1))
      #expect(try #require(calibration.rateBound) <= rate)
    }
  }

  @Test func `the rank is the largest whose rate stays at or below the promise with the confidence`() throws {
    for count in [59, 200, 1000, 4877] {
      for rate in [0.05, 0.1, 0.3] {
        for confidence in [0.3, 0.9, 0.95, 0.999] {
          let rank = Calibration.alarmRank(count: count, falsePositiveRate: rate, confidence: confidence)
          func quantile(_ rank: Int) -> Double {
            BetaDistribution(alpha: Double(rank), beta: Double(count + 1 - rank)).quantile(confidence)
          }
          if rank > 0 { #expect(quantile(rank) <= rate) }
          if rank < count { #expect(quantile(rank + 1) > rate) }
        }
      }
    }
  }

  @Test func `the sentence names the number, the rate and the confidence`() {
    let error = CalibrationError.tooFewForConfidence(found: 100, needed: 299, rate: 0.01, confidence: 0.95)
    #expect(
      "\(error)" == "a false-positive rate of 0.01 with a confidence of 0.95 needs at least 299 normal pictures, found "
        + "100: add pictures, or choose a higher rate or a lower confidence")
  }

  @Test(arguments: [0, 1, -1, Double.nan, .infinity])
  func `a confidence outside its range is refused`(confidence: Double) {
    #expect(throws: CalibrationError.self) {
      try Calibration.fit(
        .quantile(rate: 0.1, confidence: confidence), to: CalibrationSet(normal: (0..<100).map(Float.init)))
    }
  }

  @Test(arguments: [(0.5, 1), (0.75, 2), (0.875, 3), (0.9375, 4)])
  func `a confidence that a number of pictures reaches exactly needs no more`(confidence: Double, needed: Int) {
    #expect(Calibration.neededCount(falsePositiveRate: 0.5, confidence: confidence) == needed)
    #expect(Calibration.alarmRank(count: needed - 1, falsePositiveRate: 0.5, confidence: confidence) == 0)
  }

  @Test func `no number of pictures that fits a file is found for tiny rates`() {
    #expect(Calibration.neededCount(falsePositiveRate: 1e-10, confidence: 0.95) == nil)
    #expect(Calibration.neededCount(falsePositiveRate: 2e-9, confidence: 0.99) == nil)
  }
}

struct LabelledCalibrationTests {
  @Test func `F1 and Youden's index have their thresholds midway between neighbouring scores`() throws {
    let set = CalibrationSet(normal: [3, 1, 2], anomalous: [6, 4])
    for rule in [CalibrationRule.f1, .youden()] {
      let calibration = try Calibration.fit(rule, to: set)
      #expect(calibration.threshold == 3.5)
      #expect(calibration.reached == 1)
      #expect(calibration.scores == [1, 2, 3])
      #expect(calibration.anomalousScores == [4, 6])
      #expect(calibration.rateBound == nil)
      #expect(calibration.falsePositiveRate == nil)
    }
  }

  @Test func `the best of all cuts is found, by trying all of them`() throws {
    var random = SmallRandom(seed: 12)
    for trial in 0..<60 {
      func scores(_ shift: Float) -> [Float] {
        (0..<(1 + Int(random.next() * 30))).map { _ in (random.next() * 12).rounded(.down) + shift }
      }
      let set = CalibrationSet(normal: scores(0), anomalous: scores(3))
      let costs = CalibrationRule.Costs(falseAlarm: 1 + Double(trial % 3), miss: 1 + Double(trial % 5))
      func counts(_ threshold: Float) -> (detected: Double, alarms: Double) {
        (Double(set.anomalous.count { $0 > threshold }), Double(set.normal.count { $0 > threshold }))
      }
      func f1(_ threshold: Float) -> Double {
        let (detected, alarms) = counts(threshold)
        return 2 * detected / (detected + alarms + Double(set.anomalous.count))
      }
      func weighed(_ threshold: Float) -> Double {
        let (detected, alarms) = counts(threshold)
        let value =
          costs.miss * detected / Double(set.anomalous.count)
          - costs.falseAlarm * alarms / Double(set.normal.count)
        return value / max(costs.miss, costs.falseAlarm)
      }
      let cuts = (set.normal + set.anomalous).flatMap { [$0, $0 - 0.5] }
      let best = try Calibration.fit(.f1, to: set)
      #expect(abs(f1(best.threshold) - (cuts.map(f1).max() ?? 0)) < 1e-12)
      #expect(abs((best.reached ?? 0) - f1(best.threshold)) < 1e-12)
      let cheapest = try Calibration.fit(.youden(costs: costs), to: set)
      #expect(abs(weighed(cheapest.threshold) - (cuts.map(weighed).max() ?? 0)) < 1e-12)
      #expect(abs((cheapest.reached ?? 0) - weighed(cheapest.threshold)) < 1e-12)
    }
  }

  @Test(arguments: [1.0, 2, 0.1]) func `of equally good thresholds the highest is taken, whatever rounding says`(
    miss: Double
  ) throws {
    // From the highest score on: the cuts below them find and flag equal shares, in sevenths of ten.
    let anomalous: [Float] = [9] + Array(repeating: 7, count: 7) + [1, 1]
    let normal: [Float] = Array(repeating: 8, count: 7) + [2, 2, 2]
    let even = try Calibration.fit(.youden(), to: CalibrationSet(normal: normal, anomalous: anomalous))
    #expect(even.threshold == 8.5)
    #expect(even.flaggedCount == 0)
    #expect(even.reached == 0.1)
    // Cheap or dear: costs and shares whose products are equal but for rounding.
    let costs = CalibrationRule.Costs(falseAlarm: miss * 3, miss: miss)
    let many: [Float] = Array(repeating: 8, count: 7) + Array(repeating: 2, count: 23)
    let weighed = try Calibration.fit(.youden(costs: costs), to: CalibrationSet(normal: many, anomalous: anomalous))
    #expect(weighed.threshold == 8.5)
    #expect(weighed.flaggedCount == 0)
  }

  @Test func `costs move the threshold, and only their ratio counts`() throws {
    let set = CalibrationSet(normal: [1, 2, 3, 4, 6], anomalous: [3.5, 5, 7])
    func threshold(_ falseAlarm: Double, _ miss: Double) throws -> Float {
      try Calibration.fit(.youden(costs: .init(falseAlarm: falseAlarm, miss: miss)), to: set).threshold
    }
    // Cheap misses: only what lies above every normal score; dear ones: everything from the lowest anomaly on.
    #expect(try threshold(100, 1) == 6.5)
    #expect(try threshold(1, 100) == 3.25)
    #expect(try threshold(2, 1) == threshold(200, 100))
  }

  @Test func `where nothing tells the two apart, nothing is flagged by Youden's index and everything by F1`() throws {
    let set = CalibrationSet(normal: [2, 2, 2], anomalous: [2, 2])
    let youden = try Calibration.fit(.youden(), to: set)
    #expect(!youden.isAnomalous(2))
    #expect(youden.reached == 0)
    let f1 = try Calibration.fit(.f1, to: set)
    #expect(f1.isAnomalous(2))
    #expect(f1.reached == 2.0 * 2 / 7)
    let reversed = try Calibration.fit(.youden(), to: CalibrationSet(normal: [5, 6], anomalous: [1, 2]))
    #expect(!reversed.isAnomalous(6))
  }

  @Test func `neighbouring floats and the largest ones still get a threshold that divides them`() throws {
    for (low, high) in [
      (Float(0.3), Float(0.3).nextUp), (-.greatestFiniteMagnitude, .greatestFiniteMagnitude),
      (0, .leastNonzeroMagnitude),
    ] {
      let calibration = try Calibration.fit(.f1, to: CalibrationSet(normal: [low], anomalous: [high]))
      #expect(calibration.isAnomalous(high))
      #expect(!calibration.isAnomalous(low))
      #expect(calibration.threshold.isFinite)
    }
  }

  @Test func `one list alone is refused with both numbers`() {
    for rule in [CalibrationRule.f1, .youden()] {
      #expect(throws: CalibrationError.labels(rule.method, normal: 2, anomalous: 0)) {
        try Calibration.fit(rule, to: CalibrationSet(normal: [1, 2]))
      }
      #expect(throws: CalibrationError.labels(rule.method, normal: 0, anomalous: 1)) {
        try Calibration.fit(rule, to: CalibrationSet(normal: [], anomalous: [1]))
      }
    }
  }

  @Test(arguments: [(0, 1), (1, 0), (-1, 1), (1, Double.nan), (.infinity, 1)])
  func `costs that are not above zero are refused`(falseAlarm: Double, miss: Double) {
    #expect(throws: CalibrationError.self) {
      try Calibration.fit(
        .youden(costs: .init(falseAlarm: falseAlarm, miss: miss)), to: CalibrationSet(normal: [1], anomalous: [2]))
    }
  }

  @Test func `a score of an anomaly that is no number is refused with its name`() throws {
    let error = try #require(throws: CalibrationError.self) {
      try Calibration.fit(
        .f1, to: CalibrationSet(normal: [1], anomalous: [2, .nan], anomalousNames: ["bad/a.png", "bad/b.png"]))
    }
    #expect("\(error)".contains("'bad/b.png'"))
  }
}

struct BetaDistributionTests {
  /// P(Beta(a, b) <= x) for whole numbers is a binomial tail, summed here directly.
  @Test(arguments: [(1, 1), (2, 199), (1, 59), (3, 7), (50, 51), (12, 3)])
  func `the cumulative probability is the binomial tail`(a: Int, b: Int) {
    let count = a + b - 1
    let distribution = BetaDistribution(alpha: Double(a), beta: Double(b))
    for x in [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.95, 0.999] {
      var term = 1.0
      for _ in 0..<count { term *= 1 - x }
      var below = 0.0
      for hits in 0..<a {
        below += term
        term *= Double(count - hits) / Double(hits + 1) * x / (1 - x)
      }
      #expect(abs(distribution.cumulative(x) - (1 - below)) < 1e-10, "a \(a), b \(b), x \(x)")
    }
  }

  @Test func `quantiles invert the cumulative probability`() {
    for (a, b) in [(0.5, 0.5), (2, 199), (30, 4)] {
      let distribution = BetaDistribution(alpha: a, beta: b)
      for probability in [0.025, 0.5, 0.95, 0.975] {
        #expect(abs(distribution.cumulative(distribution.quantile(probability)) - probability) < 1e-9)
      }
    }
  }

  @Test func `the closed form of the arcsine distribution is met`() {
    // Beta(1/2, 1/2): its quantile is sin^2(pi p / 2); at p = 1/3 that is 1/4.
    #expect(abs(BetaDistribution(alpha: 0.5, beta: 0.5).quantile(1.0 / 3) - 0.25) < 1e-12)
  }
}
