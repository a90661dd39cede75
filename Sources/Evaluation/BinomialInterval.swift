private import GANomalyModel

/// Intervals for a rate of which some trials were counted.
public enum BinomialInterval {
  /// The exact interval of Clopper and Pearson: it holds the rate with at least the confidence asked for.
  ///
  /// - Parameters:
  ///   - hits: trials that hit, 0 to `count`.
  ///   - count: trials.
  ///   - confidence: above 0 and below 1.
  /// - Returns: the interval; nil where there was no trial.
  /// - Source: Clopper and Pearson, Biometrika 26 (1934), by quantiles of the beta distribution.
  public static func exact(hits: Int, count: Int, confidence: Double = 0.95) -> ClosedRange<Double>? {
    precondition((0...max(0, count)).contains(hits), "hits lie between 0 and the number of trials")
    guard count > 0 else { return nil }
    let tail = (1 - confidence) / 2
    let low =
      hits == 0 ? 0 : BetaDistribution(alpha: Double(hits), beta: Double(count - hits + 1)).quantile(tail)
    let high =
      hits == count ? 1 : BetaDistribution(alpha: Double(hits + 1), beta: Double(count - hits)).quantile(1 - tail)
    return low...high
  }
}
