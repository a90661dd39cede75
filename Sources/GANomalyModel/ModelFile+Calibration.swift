extension Calibration {
  private static let prefix = "calibration."
  private static let methodKey = prefix + "method"
  private static let rateKey = prefix + "false_positive_rate"
  private static let confidenceKey = prefix + "confidence"
  private static let initialQuantileKey = prefix + "initial_quantile"
  private static let falseAlarmCostKey = prefix + "cost_false_alarm"
  private static let missCostKey = prefix + "cost_miss"
  private static let thresholdKey = prefix + "threshold"
  private static let anomalousCountKey = prefix + "anomalous_count"
  private static let anomalousDigestKey = prefix + "anomalous_set_digest"
  private static let ledgerKey = prefix + "ledger_since"
  private static let sameScoresKey = prefix + "same_scores"
  /// How far a tail's threshold may lie off when it is fitted again, relative to its distance from 0 and from its level:
  /// the logarithms of another machine may differ in their last bits.
  private static let tailTolerance: Float = 1e-5

  /// The calibration as texts of the header; its scores are tensors.
  ///
  /// - Parameter withDate: whether with what is for the reader alone: the rule does not depend on it.
  func metadata(withDate: Bool) -> [String: String] {
    var texts = [
      Self.methodKey: method.rawValue,
      Self.thresholdKey: "\(threshold)",
      "calibration.count": "\(scores.count)",
      "calibration.arithmetic": arithmeticVersion,
    ]
    texts[Self.rateKey] = falsePositiveRate.map { "\($0)" }
    texts[Self.confidenceKey] = confidence.map { "\($0)" }
    texts[Self.initialQuantileKey] = rule.initialQuantile.map { "\($0)" }
    texts[Self.falseAlarmCostKey] = rule.costs.map { "\($0.falseAlarm)" }
    texts[Self.missCostKey] = rule.costs.map { "\($0.miss)" }
    texts["calibration.set_digest"] = setDigest
    if !anomalousScores.isEmpty { texts[Self.anomalousCountKey] = "\(anomalousScores.count)" }
    texts[Self.anomalousDigestKey] = anomalousSetDigest
    if withDate {
      texts["calibration.date"] = date
      texts[Self.ledgerKey] = ledgerSince
      if !sameScores.isEmpty { texts[Self.sameScoresKey] = sameScores.joined(separator: " ") }
    }
    return texts
  }

  /// The scores as tensors of the file.
  var tensors: [String: SafeTensors.Tensor] {
    var tensors = [ModelFile.scoresName: SafeTensors.Tensor(shape: [scores.count], values: .floats(scores))]
    if !anomalousScores.isEmpty {
      tensors[ModelFile.anomalousScoresName] = SafeTensors.Tensor(
        shape: [anomalousScores.count], values: .floats(anomalousScores))
    }
    return tensors
  }

  /// A calibration from the header's texts and the scores; nil where there is none.
  ///
  /// It is fitted anew: a threshold that does not follow from the scores is refused, it would promise what is not so.
  init?(
    _ header: ModelHeader, scores: SafeTensors.Tensor?, anomalousScores: SafeTensors.Tensor?
  ) throws(ModelFileError.Cause) {
    let normal = try Self.scores(scores, ModelFile.scoresName)
    let anomalous = try Self.scores(anomalousScores, ModelFile.anomalousScoresName)
    guard header.has(Self.methodKey) else {
      if normal != nil || anomalous != nil { throw .calibration("has scores but no method") }
      if header.hasKeys(withPrefix: Self.prefix) { throw .missingText(key: Self.methodKey) }
      return nil
    }
    var set = CalibrationSet(normal: normal ?? [], anomalous: anomalous ?? [])
    let threshold: Float = try header.number(Self.thresholdKey)
    let rule = try Self.rule(header, threshold: threshold)
    try header.require("calibration.count", ["\(set.normal.count)"])
    if header.has("calibration.set_digest") { set.digest = try header.digest("calibration.set_digest") }
    try Self.readAnomalous(header, rule.method, hasScores: anomalous != nil, into: &set)
    set.arithmeticVersion = try header.token("calibration.arithmetic")
    (set.date, set.ledgerSince) = (try header.time("calibration.date"), try header.time(Self.ledgerKey))
    let fitted: Calibration
    do {
      fitted = try .fit(rule, to: set)
    } catch {
      throw .calibration("cannot hold: \(error)")
    }
    guard fitted.scores == set.normal, fitted.anomalousScores == set.anomalous else {
      throw .calibration("has unsorted scores, expected ascending ones")
    }
    guard fitted.threshold == threshold || fitted.isNear(threshold) else {
      throw .calibration("has threshold \(threshold), but its scores and rate give \(fitted.threshold)")
    }
    self = Calibration(fitted, threshold: threshold)
    if header.has(Self.sameScoresKey) {
      sameScores = try header.digests(Self.sameScoresKey, atMost: Self.mostSameScores)
    }
  }

  /// Whether a threshold is this tail's but for rounding.
  private func isNear(_ other: Float) -> Bool {
    guard let tail else { return false }
    let extent = max(threshold.magnitude, (threshold - tail.level).magnitude)
    return (threshold - other).magnitude <= Self.tailTolerance * extent
  }

  /// The same calibration with the threshold that was stored: verdicts do not change from machine to machine.
  private init(_ fitted: Calibration, threshold: Float) {
    self.init(
      rule: fitted.rule, threshold: threshold, scores: fitted.scores, anomalousScores: fitted.anomalousScores,
      alarmRank: fitted.alarmRank, tail: fitted.tail, reached: fitted.reached, setDigest: fitted.setDigest,
      anomalousSetDigest: fitted.anomalousSetDigest, arithmeticVersion: fitted.arithmeticVersion, date: fitted.date,
      ledgerSince: fitted.ledgerSince)
  }

  /// The rule by its method and numbers; numbers of other methods are refused.
  private static func rule(
    _ header: ModelHeader, threshold: Float
  ) throws(ModelFileError.Cause) -> CalibrationRule {
    let method: Method = try header.choice(methodKey)
    let isPromise = method == .conformal || method == .quantile
    var others: [String] = []
    if !isPromise { others.append(confidenceKey) }
    if !isPromise && method != .pot { others.append(rateKey) }
    if method != .pot { others.append(initialQuantileKey) }
    if method != .youden { others += [falseAlarmCostKey, missCostKey] }
    try header.refuse(others, because: "the method is '\(method.rawValue)'")
    switch method {
    case .conformal, .quantile:
      let rate: Double = try header.number(rateKey)
      let confidence: Double? = header.has(confidenceKey) ? try header.number(confidenceKey) : nil
      return method == .conformal
        ? .conformal(rate: rate, confidence: confidence) : .quantile(rate: rate, confidence: confidence)
    case .pot:
      return .pot(rate: try header.number(rateKey), initialQuantile: try header.number(initialQuantileKey))
    case .f1: return .f1
    case .youden:
      return .youden(
        costs: .init(falseAlarm: try header.number(falseAlarmCostKey), miss: try header.number(missCostKey)))
    case .manual: return .manual(threshold: threshold)
    }
  }

  /// What the header says of the anomalous pictures: nothing where the method needs none.
  private static func readAnomalous(
    _ header: ModelHeader, _ method: Method, hasScores: Bool, into set: inout CalibrationSet
  ) throws(ModelFileError.Cause) {
    guard method == .f1 || method == .youden else {
      if hasScores { throw .unexpectedTensor(name: ModelFile.anomalousScoresName) }
      return try header.refuse(
        [anomalousCountKey, anomalousDigestKey], because: "the method is '\(method.rawValue)'")
    }
    try header.require(anomalousCountKey, ["\(set.anomalous.count)"])
    if header.has(anomalousDigestKey) { set.anomalousDigest = try header.digest(anomalousDigestKey) }
  }

  private static func scores(_ tensor: SafeTensors.Tensor?, _ name: String) throws(ModelFileError.Cause) -> [Float]? {
    guard let tensor else { return nil }
    guard case .floats(let scores) = tensor.values, tensor.shape.count == 1 else {
      throw .wrongTensor(
        name: name, expected: "[pictures] of 'F32'",
        found: "shape \(tensor.shape) of '\(tensor.values.elementType.rawValue)'")
    }
    return scores
  }
}
