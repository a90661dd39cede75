import TestSupport
import Testing

@testable import GANomalyModel

struct CalibrationFileTests {
  /// A thousand scores with an exponential tail.
  private static let scores: [Float] = {
    var random = SmallRandom(seed: 3)
    return (0..<1000).map { _ in Float(ParetoTail.exponential(max(Double(random.next()), 1e-9))) }
  }()
  private static let anomalous: [Float] = [2, 5, 9, 12]
  private static let rules: [CalibrationRule] = [
    .conformal(rate: 0.01), .conformal(rate: 0.01, confidence: 0.9), .quantile(rate: 0.02, confidence: 0.95),
    .pot(rate: 0.0001, initialQuantile: 0.95), .f1, .youden(costs: .init(falseAlarm: 2, miss: 5)),
    .manual(threshold: 3),
  ]

  private static func set(withDigests: Bool = true) -> CalibrationSet {
    var set = CalibrationSet(normal: scores, anomalous: anomalous)
    if withDigests {
      (set.digest, set.anomalousDigest) = (String(repeating: "ab", count: 32), String(repeating: "cd", count: 32))
    }
    (set.date, set.ledgerSince) = ("2026-11-22T15:00:00.000Z", "2026-11-21T00:00:00.000Z")
    return set
  }

  private func model(_ rule: CalibrationRule) throws -> Model {
    var model = SampleModel.make()
    model.calibration = try .fit(rule, to: Self.set())
    return model
  }

  @Test(arguments: rules)
  func `a calibration by any method survives writing and reading, and has its name`(rule: CalibrationRule) throws {
    let model = try model(rule)
    let read = try Model(bytes: model.encoded(), name: "m")
    #expect(read.calibration == model.calibration)
    #expect(read.calibration?.rule == rule)
    #expect(read.calibration?.identifier == model.calibration?.identifier)
    #expect(read.encoded() == model.encoded())
    let isLabelled = rule.method == .f1 || rule.method == .youden
    #expect(read.calibration?.anomalousScores == (isLabelled ? Self.anomalous : []))
    #expect((read.calibration?.anomalousSetDigest == nil) != isLabelled)
  }

  @Test func `the name depends on every number of the rule, not on date, origin or other files`() throws {
    var names: Set<String> = []
    let others: [CalibrationRule] = [
      .pot(rate: 0.0001, initialQuantile: 0.96), .pot(rate: 0.0002, initialQuantile: 0.95), .youden(),
    ]
    for rule in Self.rules + others {
      names.insert(try Calibration.fit(rule, to: Self.set()).identifier)
    }
    #expect(names.count == Self.rules.count + others.count)
    var other = Self.set()
    (other.date, other.ledgerSince) = (nil, nil)
    var calibration = try Calibration.fit(.f1, to: other)
    calibration.sameScores = [String(repeating: "12", count: 32)]
    #expect(calibration.identifier == (try Calibration.fit(.f1, to: Self.set()).identifier))
    other.anomalous[0] += 0.5
    #expect(calibration.identifier != (try Calibration.fit(.f1, to: other).identifier))
  }

  @Test(
    arguments: [
      (3, "calibration.threshold", "7", "give"), (3, "calibration.initial_quantile", "0.999", "needs at least 10"),
      (3, "calibration.initial_quantile", "1.5", "above 0 and below 1"),
      (3, "calibration.false_positive_rate", "0.06", "must be below"),
      (3, "calibration.initial_quantile", nil, "has no"),
      (3, "calibration.confidence", "0.95", "expected none"), (2, "calibration.confidence", "0.5", "give"),
      (2, "calibration.confidence", "2", "above 0 and below 1"), (2, "calibration.confidence", nil, "give"),
      (4, "calibration.threshold", "3", "give"), (4, "calibration.false_positive_rate", "0.01", "expected none"),
      (4, "calibration.anomalous_count", "3", "expected '4'"), (4, "calibration.anomalous_count", nil, "has no"),
      (4, "calibration.anomalous_set_digest", "x", "64 hexadecimal"),
      (5, "calibration.cost_miss", "-5", "above 0"), (5, "calibration.cost_miss", nil, "has no"),
      (5, "calibration.cost_false_alarm", "100", "give"), (0, "calibration.cost_miss", "1", "expected none"),
      (0, "calibration.anomalous_count", "0", "expected none"),
      (0, "calibration.initial_quantile", "0.9", "expected none"),
      (6, "calibration.confidence", "0.95", "expected none"),
      (0, "calibration.date", "\u{1b}]0;x\u{7}", "a time such as"), (0, "calibration.date", "", "a time such as"),
      (0, "calibration.date", "2026-11-22T15:00:00.\u{1b}Z", "a time such as"),
      (0, "calibration.ledger_since", "2026-11-22T15:00:00Z\n", "a time such as"),
      (0, "calibration.ledger_since", "2026-11-22T15:00:00.Z", "a time such as"),
      (0, "calibration.arithmetic", "1\u{1b}[2J", "letters, digits"), (0, "calibration.arithmetic", "", "letters"),
      (0, "calibration.arithmetic", String(repeating: "1", count: 33), "1 to 32 letters"),
      (0, "calibration.same_scores", "abc", "64 hexadecimal"), (0, "calibration.same_scores", "", "64 hexadecimal"),
    ] as [(Int, String, String?, String)])
  func `a calibration that was tampered with is refused`(
    place: Int, key: String, text: String?, words: String
  ) throws {
    var container = try model(Self.rules[place]).safeTensors()
    container.metadata[key] = text
    let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test func `scores that were exchanged, or belong to another method, are refused`() throws {
    for place in [0, 3, 4] {
      var container = try model(Self.rules[place]).safeTensors()
      let values = try #require(container.tensors["calibration.scores"])
      guard case .floats(let scores) = values.values else { throw CalibrationError.rate(found: 0) }
      container.tensors["calibration.scores"] = .init(shape: [1000], values: .floats(scores.map { $0 / 2 }))
      #expect(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
      container.tensors["calibration.scores"] = .init(shape: [1000], values: .floats(scores.reversed()))
      #expect(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    }
    for values in [[], [1, 2]] as [[Float]] {
      var container = try model(.conformal(rate: 0.01)).safeTensors()
      container.tensors["calibration.anomalous_scores"] = .init(shape: [values.count], values: .floats(values))
      let error = try #require(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
      #expect("\(error)".contains("calibration.anomalous_scores"))
    }
    var container = SampleModel.make().safeTensors()
    container.tensors["calibration.anomalous_scores"] = .init(shape: [1], values: .floats([1]))
    #expect(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
  }

  @Test func `a tail's threshold may differ in its last bits, as other machines compute it, and stays as it is`() throws
  {
    let model = try model(Self.rules[3])
    let threshold = try #require(model.calibration).threshold
    for other in [threshold.nextUp, threshold.nextDown] {
      var container = model.safeTensors()
      container.metadata["calibration.threshold"] = "\(other)"
      #expect(try Model(bytes: container.encoded(), name: "m").calibration?.threshold == other)
    }
    var container = model.safeTensors()
    container.metadata["calibration.threshold"] = "\(threshold * 1.0001)"
    #expect(throws: ModelFileError.self) { try Model(bytes: container.encoded(), name: "m") }
    // Order statistics are exact: not a bit is given away.
    let exact = try self.model(.conformal(rate: 0.01))
    var changed = exact.safeTensors()
    let exactThreshold = try #require(exact.calibration).threshold
    changed.metadata["calibration.threshold"] = "\(exactThreshold.nextUp)"
    #expect(throws: ModelFileError.self) { try Model(bytes: changed.encoded(), name: "m") }
  }

  @Test func `a model remembers the files that gave the same scores, until its score changes`() throws {
    var model = try Model(bytes: SampleModel.make().encoded(), name: "m")
    #expect(model.sameScores == [model.sha256!])
    var names: [String] = []
    for number in 1...40 {
      names.append(model.sha256!)
      model.calibrate(try .manual(threshold: Float(number)))
      model = try Model(bytes: model.encoded(), name: "m")
      #expect(model.sameScores.first == model.sha256)
    }
    #expect(model.calibration?.sameScores == Array(names.suffix(32)))
    #expect(Set(model.sameScores).count == 33)
    try model.setScore(ScoreOptions(distance: .meanAbsolute, secondEncoder: .own))
    #expect(model.calibration == nil)
  }
}

extension ParetoTail {
  /// A sample of the exponential distribution from one between 0 and 1.
  fileprivate static func exponential(_ share: Double) -> Double {
    ParetoTail(level: 0, excessCount: 1, count: 1, shape: 0, scale: 1).quantile(rate: share)
  }
}
