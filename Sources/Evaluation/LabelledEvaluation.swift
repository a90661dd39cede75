/// How well a model does on labelled pictures: overall, and against each kind of anomaly.
public struct LabelledEvaluation: Sendable, Equatable {
  /// Pictures of one kind of anomaly against all normal ones.
  public struct Kind: Sendable, Equatable {
    /// Its name: that of its folder.
    public let name: String
    /// Its scores and all normal ones.
    public let evaluation: Evaluation
    /// What the threshold makes of them; nil where there is none.
    public let confusion: Confusion?

    /// How many pictures it has.
    public var count: Int { evaluation.anomalous.count }
    /// The area under the receiver operating characteristic; nil where there are no normal pictures.
    public var areaUnderROC: Double? { evaluation.areaUnderROC }
    /// The area's 95 % interval; nil where `Evaluation.areaInterval` has none.
    public var areaInterval: ClosedRange<Double>? { evaluation.areaInterval() }
    /// The part of its pictures above the threshold; nil where there is none.
    public var detectionRate: Double? { confusion?.detectionRate }
    /// The exact 95 % interval of that rate.
    public var detectionInterval: ClosedRange<Double>? { confusion?.detectionInterval }
  }

  /// All pictures.
  public let overall: Evaluation
  /// Anomalous means a score above it; nil where the model is not calibrated.
  public let threshold: Float?
  /// What the threshold makes of all pictures; nil where there is none.
  public let confusion: Confusion?
  /// The kinds, in the order given; empty where pictures are not told apart.
  public let kinds: [Kind]

  /// An evaluation of scores, none of them NaN.
  ///
  /// - Parameters:
  ///   - normal: scores of pictures known to be normal, any order.
  ///   - anomalous: scores of pictures known to be anomalous, any order.
  ///   - kinds: parts of the anomalous pictures; the command line takes the first folder level below their folder.
  ///   - threshold: the model's, where it has one.
  public init(normal: [Float], anomalous: [Float], kinds: [ScoreComparison.Kind] = [], threshold: Float? = nil) {
    overall = Evaluation(normal: normal, anomalous: anomalous)
    self.threshold = threshold
    confusion = threshold.map(overall.confusion)
    self.kinds = kinds.map { kind in
      let evaluation = Evaluation(normal: normal, anomalous: kind.places.map { anomalous[$0] })
      return Kind(name: kind.name, evaluation: evaluation, confusion: threshold.map(evaluation.confusion))
    }
  }
}
