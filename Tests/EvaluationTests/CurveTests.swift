import Testing

@testable import Evaluation

struct CurveTests {
  @Test func `a point's threshold gives its rates where it is applied, strictly`() throws {
    let evaluation = Evaluation(normal: [1, 2, 2, 3], anomalous: [2, 3, 4])
    let curve = try #require(ROCCurve(evaluation))
    #expect(curve.points.map(\.threshold) == [4, 3, 2, 1, Float(1).nextDown])
    for point in curve.points {
      let confusion = evaluation.confusion(threshold: point.threshold)
      #expect(confusion.falsePositiveRate == point.falsePositiveRate)
      #expect(confusion.detectionRate == point.detectionRate)
    }
    for point in try #require(PrecisionRecallCurve(evaluation)).points {
      let confusion = evaluation.confusion(threshold: point.threshold)
      #expect(confusion.precision == point.precision)
      #expect(confusion.detectionRate == point.detectionRate)
    }
  }

  @Test func `the area under the curve's lines is the area, with all points and with its corners alone`() throws {
    let normal = (0..<60).map { Float($0 % 13) }
    let anomalous = (0..<40).map { Float($0 % 9) + 5 }
    let evaluation = Evaluation(normal: normal, anomalous: anomalous)
    let curve = try #require(ROCCurve(evaluation))
    #expect(curve.corners.count < curve.points.count)
    for points in [curve.points, curve.corners] {
      let area = zip(points, points.dropFirst()).reduce(0) { sum, pair in
        sum + (pair.1.falsePositiveRate - pair.0.falsePositiveRate) * (pair.1.detectionRate + pair.0.detectionRate) / 2
      }
      #expect(abs(area - (evaluation.areaUnderROC ?? 0)) < 1e-12)
    }
    #expect(curve.corners.first == curve.points.first)
    #expect(curve.corners.last == curve.points.last)
  }

  @Test func `empty lists have no curves, single and equal scores have two points`() throws {
    #expect(ROCCurve(Evaluation(normal: [], anomalous: [1])) == nil)
    #expect(ROCCurve(Evaluation(normal: [1], anomalous: [])) == nil)
    #expect(PrecisionRecallCurve(Evaluation(normal: [1], anomalous: [])) == nil)
    #expect(Evaluation(normal: [], anomalous: []).areaInterval() == nil)
    for evaluation in [
      Evaluation(normal: [1], anomalous: [1]), Evaluation(normal: [1, 1, 1], anomalous: [1, 1]),
    ] {
      let points = try #require(ROCCurve(evaluation)).points
      #expect(points.map(\.falsePositiveRate) == [0, 1])
      #expect(points.map(\.detectionRate) == [0, 1])
      #expect(PrecisionRecallCurve(evaluation)?.points.count == 1)
    }
    #expect(Evaluation(normal: [1, 1], anomalous: [1, 1]).areaInterval() == nil)
    #expect(Evaluation(normal: [1, 2], anomalous: [3]).areaInterval() == nil)
    #expect(Evaluation(normal: [1, 2], anomalous: [3, 4]).areaInterval() == nil)
    #expect(Evaluation(normal: [3, 4], anomalous: [1, 2]).areaInterval() == nil)
  }

  @Test func `more confidence means a wider interval around the area`() throws {
    let evaluation = Evaluation(normal: (0..<30).map(Float.init), anomalous: (10..<50).map(Float.init))
    let (narrow, wide) = (
      try #require(evaluation.areaInterval(confidence: 0.8)), try #require(evaluation.areaInterval(confidence: 0.99))
    )
    #expect(wide.lowerBound < narrow.lowerBound && narrow.upperBound < wide.upperBound)
    #expect(narrow.contains(try #require(evaluation.areaUnderROC)))
  }

  @Test func `normal quantiles are the published ones, mirrored`() {
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959963984540054) < 1e-14)
    #expect(abs(NormalDistribution.quantile(0.95) - 1.6448536269514722) < 1e-14)
    #expect(abs(NormalDistribution.quantile(1e-6) + 4.753424308822899) < 1e-12)
    #expect(abs(NormalDistribution.quantile(0.5)) < 1e-15)
  }
}

struct LabelledEvaluationTests {
  @Test func `each kind is measured against all normal pictures`() {
    let evaluation = LabelledEvaluation(
      normal: [1, 2, 3, 4], anomalous: [5, 6, 2.5, 0],
      kinds: [
        .init(name: "crack", places: [0, 1]), .init(name: "stain", places: [2, 3]), .init(name: "none", places: []),
      ], threshold: 3)
    #expect(evaluation.overall.anomalous == [0, 2.5, 5, 6])
    #expect(evaluation.confusion == Confusion(truePositives: 2, falsePositives: 1, trueNegatives: 3, falseNegatives: 2))
    #expect(evaluation.kinds.map(\.name) == ["crack", "stain", "none"])
    #expect(evaluation.kinds.map(\.count) == [2, 2, 0])
    #expect(evaluation.kinds.map(\.areaUnderROC) == [1, 0.25, nil])
    #expect(evaluation.kinds.map(\.detectionRate) == [1, 0, nil])
    #expect(evaluation.kinds[0].detectionInterval == BinomialInterval.exact(hits: 2, count: 2))
    #expect(evaluation.kinds[0].areaInterval == nil)
    #expect(evaluation.kinds[2].areaInterval == nil)
  }

  @Test func `without a threshold there are no rates`() {
    let evaluation = LabelledEvaluation(normal: [1], anomalous: [2], kinds: [.init(name: "a", places: [0])])
    #expect(evaluation.confusion == nil)
    #expect(evaluation.kinds[0].detectionRate == nil)
    #expect(evaluation.kinds[0].areaUnderROC == 1)
  }
}
