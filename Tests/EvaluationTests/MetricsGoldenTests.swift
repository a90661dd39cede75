import Testing

@testable import Evaluation

/// Metrics against scikit-learn's, scipy's and pROC's, made by the scripts in `Goldens`.
struct MetricsGoldenTests {
  /// The lists of scores by name, with the figures of `make_goldens.py`.
  private struct Case {
    let name: String
    let evaluation: Evaluation
    let figures: [Double]

    static func all() throws -> [Case] {
      try GoldenTable("metrics").rows.map { fields in
        Case(
          name: fields[0],
          evaluation: Evaluation(
            normal: try GoldenTable.scores(fields[1]), anomalous: try GoldenTable.scores(fields[2])),
          figures: try fields[3...].map { try #require(Double($0)) })
      }
    }
  }

  @Test func `areas, precisions and best F1 are scikit-learn's on random, tied and degenerate scores`() throws {
    let cases = try Case.all()
    #expect(cases.count == 17)
    for item in cases {
      let evaluation = item.evaluation
      let found = [evaluation.areaUnderROC, evaluation.averagePrecision, evaluation.bestF1?.value]
      for (value, golden) in zip(found, item.figures) {
        #expect(abs(try #require(value) - golden) < 1e-12, "\(item.name): \(found) for \(item.figures)")
      }
      // The best threshold gives the best F1 where it is applied.
      let best = try #require(evaluation.bestF1)
      #expect(evaluation.confusion(threshold: best.threshold).f1 == best.value, "\(item.name)")
    }
  }

  @Test func `curves and the F1 at a threshold are scikit-learn's`() throws {
    let rows = try GoldenTable("curves").rows
    let cases = try Case.all()
    #expect(rows.map(\.[0]) == cases.map(\.name))
    for (row, item) in zip(rows, cases) {
      let curve = try #require(ROCCurve(item.evaluation))
      try expect(curve.points.map(\.falsePositiveRate), near: row[1], item.name)
      try expect(curve.points.map(\.detectionRate), near: row[2], item.name)
      let precision = try #require(PrecisionRecallCurve(item.evaluation))
      try expect(precision.points.map(\.precision), near: row[3], item.name)
      try expect(precision.points.map(\.detectionRate), near: row[4], item.name)
      let f1 = item.evaluation.confusion(threshold: Float(try #require(Double(row[5])))).f1 ?? 0
      #expect(abs(f1 - (try #require(Double(row[6])))) < 1e-12, "\(item.name)")
    }
  }

  @Test func `intervals of the area are those of pROC, by DeLong's method`() throws {
    let rows = try GoldenTable("delong").rows
    let cases = try Case.all()
    #expect(rows.map(\.[0]) == cases.map(\.name))
    for (row, item) in zip(rows, cases) {
      #expect(abs(try #require(item.evaluation.areaUnderROC) - (try #require(Double(row[1])))) < 1e-12, "\(item.name)")
      for (place, confidence) in [(2, 0.95), (4, 0.9)] {
        let interval = item.evaluation.areaInterval(confidence: confidence)
        // Where the variance is 0 pROC gives an interval without width.
        #expect((interval == nil) == (row[place] == "NA" || row[place] == row[place + 1]), "\(item.name)")
        guard let interval else { continue }
        #expect(abs(interval.lowerBound - (try #require(Double(row[place])))) < 1e-10, "\(item.name)")
        #expect(abs(interval.upperBound - (try #require(Double(row[place + 1])))) < 1e-10, "\(item.name)")
      }
    }
  }

  @Test func `exact intervals are scipy's`() throws {
    let rows = try GoldenTable("intervals").rows
    #expect(rows.count > 80)
    for row in rows {
      let (hits, count) = (try #require(Int(row[0])), try #require(Int(row[1])))
      let golden = try row[2...].map { try #require(Double($0)) }
      let interval = try #require(BinomialInterval.exact(hits: hits, count: count, confidence: golden[0]))
      #expect(abs(interval.lowerBound - golden[1]) < 1e-10, "\(row)")
      #expect(abs(interval.upperBound - golden[2]) < 1e-10, "\(row)")
    }
  }

  private func expect(_ found: [Double], near field: String, _ name: String) throws {
    let golden = try GoldenTable.numbers(field)
    // scikit-learn has an infinite threshold where ours is the highest score: the point is the same.
    try #require(found.count == golden.count, "\(name)")
    #expect(zip(found, golden).allSatisfy { abs($0 - $1) < 1e-12 }, "\(name)")
  }
}
