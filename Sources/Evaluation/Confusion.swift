/// How many pictures a threshold calls rightly and wrongly.
public struct Confusion: Sendable, Equatable {
  /// Anomalous pictures called anomalous.
  public let truePositives: Int
  /// Normal pictures called anomalous: false alarms.
  public let falsePositives: Int
  /// Normal pictures called normal.
  public let trueNegatives: Int
  /// Anomalous pictures called normal: misses.
  public let falseNegatives: Int

  /// Counts.
  public init(truePositives: Int, falsePositives: Int, trueNegatives: Int, falseNegatives: Int) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.trueNegatives = trueNegatives
    self.falseNegatives = falseNegatives
  }

  /// The part of the pictures called anomalous that is; nil where none was called so.
  public var precision: Double? { Self.ratio(truePositives, truePositives + falsePositives) }
  /// The part of the anomalous pictures that was called so; nil where there is none.
  public var detectionRate: Double? { Self.ratio(truePositives, truePositives + falseNegatives) }
  /// The part of the normal pictures that was called anomalous; nil where there is none.
  public var falsePositiveRate: Double? { Self.ratio(falsePositives, falsePositives + trueNegatives) }
  /// The harmonic mean of precision and detection rate; nil where there is nothing anomalous, called or real.
  public var f1: Double? { Self.ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives) }

  /// The 95 % interval of the detection rate; nil where there is no anomalous picture.
  public var detectionInterval: ClosedRange<Double>? {
    BinomialInterval.exact(hits: truePositives, count: truePositives + falseNegatives)
  }

  /// The 95 % interval of the false-positive rate; nil where there is no normal picture.
  public var falsePositiveInterval: ClosedRange<Double>? {
    BinomialInterval.exact(hits: falsePositives, count: falsePositives + trueNegatives)
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }
}
