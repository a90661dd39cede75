extension Evaluation {
  /// The interval of the area under the receiver operating characteristic: the area with a normal error whose variance
  /// is DeLong's, cut off at 0 and 1.
  ///
  /// Scores without any overlap, and scores that are all equal, have a variance of 0: an interval without width would be
  /// shown as certainty.
  ///
  /// - Parameter confidence: above 0 and below 1.
  /// - Returns: the interval; nil where a list has fewer than two scores, and where the variance is 0.
  /// - Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); the same as pROC's `ci.auc(method = "delong")`.
  public func areaInterval(confidence: Double = 0.95) -> ClosedRange<Double>? {
    precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
    guard normal.count > 1, anomalous.count > 1, let area = areaUnderROC else { return nil }
    // Each anomalous score's share of normal ones below it, and each normal score's share of anomalous ones above it.
    let ofAnomalous = Self.placements(of: anomalous, among: normal)
    let ofNormal = Self.placements(of: normal, among: anomalous).map { 1 - $0 }
    let variance =
      Self.variance(ofAnomalous) / Double(anomalous.count) + Self.variance(ofNormal) / Double(normal.count)
    guard variance > 0 else { return nil }
    let reach = NormalDistribution.quantile((1 + confidence) / 2) * variance.squareRoot()
    return max(0, area - reach)...min(1, area + reach)
  }

  /// The share of others below each score, equal ones counting half; both ascending.
  private static func placements(of scores: [Float], among others: [Float]) -> [Double] {
    var (below, belowOrEqual) = (0, 0)
    return scores.map { score in
      while below < others.count, others[below] < score { below += 1 }
      while belowOrEqual < others.count, others[belowOrEqual] <= score { belowOrEqual += 1 }
      return Double(below + belowOrEqual) / Double(2 * others.count)
    }
  }

  /// The variance of a sample of at least two.
  private static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
