/// A threshold chosen on labelled scores: midway between neighbouring ones, so that rounding does not move a verdict.
public struct LabelledThreshold: Sendable, Equatable {
  /// Anomalous means score > threshold, strictly.
  public let threshold: Float
  /// What it reaches on the scores that it was chosen on.
  public let value: Double

  /// The threshold with the best F1; of equal ones the highest. Nil where there are no anomalous scores.
  ///
  /// - Parameters:
  ///   - normal: scores of normal pictures, ascending and finite.
  ///   - anomalous: scores of anomalous pictures, ascending and finite.
  public static func bestF1(normal: [Float], anomalous: [Float]) -> LabelledThreshold? {
    guard !anomalous.isEmpty else { return nil }
    return best(normal, anomalous) { detected, alarms in
      // One division of whole numbers: equal fractions are equal.
      Double(2 * detected) / Double(detected + alarms + anomalous.count)
    }
  }

  /// The threshold with the greatest detection rate times the cost of a miss less false-positive rate times the cost of a
  /// false alarm; of equal ones the highest, which may call nothing anomalous. Nil where a list is empty.
  ///
  /// Source: Youden, "Index for rating diagnostic tests", Cancer 3 (1950), for equal costs.
  public static func best(normal: [Float], anomalous: [Float], costs: CalibrationRule.Costs) -> LabelledThreshold? {
    guard !normal.isEmpty, !anomalous.isEmpty else { return nil }
    if costs.miss == costs.falseAlarm {
      // One division of whole numbers: equal differences are equal.
      let whole = Double(normal.count * anomalous.count)
      return best(normal, anomalous) { detected, alarms in
        Double(detected * normal.count - alarms * anomalous.count) / whole
      }
    }
    // Only their ratio counts: by the greater one the value stays a number at most 1.
    let unit = max(costs.miss, costs.falseAlarm)
    // Two products and two quotients of at most 1: what differs by less is one value, rounded differently.
    return best(normal, anomalous, leastGain: 8 * .ulpOfOne) { detected, alarms in
      costs.miss / unit * (Double(detected) / Double(anomalous.count))
        - costs.falseAlarm / unit * (Double(alarms) / Double(normal.count))
    }
  }

  /// The best of all cuts: none called anomalous, then all at or above each distinct score, highest first.
  ///
  /// - Parameter leastGain: a value must be greater by more than that to be better.
  private static func best(
    _ normal: [Float], _ anomalous: [Float], leastGain: Double = 0, value: (_ detected: Int, _ alarms: Int) -> Double
  ) -> LabelledThreshold? {
    let distinct = Set(normal + anomalous).sorted(by: >)
    guard let highest = distinct.first else { return nil }
    var best = LabelledThreshold(threshold: highest, value: value(0, 0))
    var (detected, alarms) = (0, 0)
    for (place, score) in distinct.enumerated() {
      while detected < anomalous.count, anomalous[anomalous.count - 1 - detected] >= score { detected += 1 }
      while alarms < normal.count, normal[normal.count - 1 - alarms] >= score { alarms += 1 }
      let found = value(detected, alarms)
      guard found > best.value + leastGain else { continue }
      let next = place + 1 < distinct.count ? distinct[place + 1] : nil
      best = LabelledThreshold(threshold: threshold(below: score, above: next), value: found)
    }
    return best
  }

  /// A threshold that a score lies above and the next lower one does not.
  private static func threshold(below score: Float, above next: Float?) -> Float {
    guard let next else { return max(score.nextDown, -.greatestFiniteMagnitude) }
    let middle = Float((Double(score) + Double(next)) / 2)
    return middle < score ? middle : next
  }
}
