import Imaging
import TestSupport
import Testing

@testable import Evaluation

struct PixelEvaluationTests {
  /// A picture of one row: scores, and where it is defective.
  private static func evaluation(
    _ pictures: [(scores: [Float], defective: Set<Int>)]
  ) throws -> PixelEvaluation {
    var evaluation = PixelEvaluation()
    for (scores, defective) in pictures {
      try evaluation.add(
        ScoreMap(width: scores.count, height: 1, scores: scores),
        mask: defective.isEmpty ? nil : DefectMask(width: scores.count, height: 1) { defective.contains($0) })
    }
    return evaluation
  }

  private static func expect(
    _ figure: PixelEvaluation.Figure?, _ value: Double, uncertainty: Double = 0,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let figure = try #require(figure, sourceLocation: location)
    #expect(abs(figure.value - value) < 1e-12, sourceLocation: location)
    #expect(abs(figure.uncertainty - uncertainty) < 1e-12, sourceLocation: location)
  }

  @Test func `two defects of other sizes count the same, by hand`() throws {
    // The curve: (0, 0), (0, 1/2), (1/3, 1/2), (1/3, 3/4), (1, 3/4), (1, 1).
    let evaluation = try Self.evaluation([([6, 5, 4, 1, 3, 2], [0, 2, 3])])
    #expect(evaluation.pictureCount == 1 && evaluation.defectCount == 2)
    #expect(evaluation.defectivePixelCount == 3 && evaluation.normalPixelCount == 3)
    try Self.expect(evaluation.areaUnderROC, 5.0 / 9)
    try Self.expect(evaluation.areaUnderPRO(), 0.5)
    try Self.expect(evaluation.areaUnderPRO(limit: 0.5), (0.5 / 3 + 0.75 / 6) / 0.5)
    try Self.expect(evaluation.areaUnderPRO(limit: 1), 0.5 / 3 + 0.75 * 2 / 3)
  }

  @Test func `ties pass together, and the curve is cut on the line between its points, by hand`() throws {
    // The curve: (0, 0), (1/2, 1), (1, 1).
    let evaluation = try Self.evaluation([([2, 2, 2, 1, 1], [0])])
    try Self.expect(evaluation.areaUnderROC, 0.75)
    try Self.expect(evaluation.areaUnderPRO(), 0.3)
    try Self.expect(evaluation.areaUnderPRO(limit: 0.5), 0.5)
    try Self.expect(evaluation.areaUnderPRO(limit: 1), 0.75)
  }

  @Test func `equal scores all over say nothing: a half, and the diagonal`() throws {
    let evaluation = try Self.evaluation([([0, -0, 0, -0], [0, 1]), ([0, 0], [])])
    try Self.expect(evaluation.areaUnderROC, 0.5)
    try Self.expect(evaluation.areaUnderPRO(), 0.15)
  }

  @Test func `pictures are taken together: a normal picture's high scores count`() throws {
    let alone = try Self.evaluation([([3, 1, 1], [0])])
    try Self.expect(alone.areaUnderROC, 1)
    try Self.expect(alone.areaUnderPRO(), 1)
    let together = try Self.evaluation([([3, 1, 1], [0]), ([5, 5], [])])
    try Self.expect(together.areaUnderROC, 0.5)
    try Self.expect(together.areaUnderPRO(), 0)
  }

  @Test func `scores of any size and sign keep their order`() throws {
    let scores: [Float] = [
      -.greatestFiniteMagnitude, -1e30, -2, -1.0001, -1, -1e-30, -.leastNormalMagnitude, 0, .leastNormalMagnitude,
      1e-30,
      1, 1.0001, 2, 1e30, .greatestFiniteMagnitude,
    ]
    for place in 1..<scores.count {
      let evaluation = try Self.evaluation([(scores, Set(place..<scores.count))])
      // 1 and 1.0001, and -1 and -1.0001, have a bin each to themselves or not: one pair at most is uncertain.
      let figure = try #require(evaluation.areaUnderROC)
      #expect(abs(1 - figure.value) <= figure.uncertainty + 1e-12)
      if scores[place].magnitude != 1.0001, scores[place - 1].magnitude != 1.0001 { #expect(figure.value == 1) }
    }
  }

  @Test func `scores of one bin make the figure uncertain, by hand`() throws {
    // All in one bin: an exact area of 1, of which only a half is known; the overlap may rise at once.
    let evaluation = try Self.evaluation([([1.00002, 1.00001, 1], [0])])
    try Self.expect(evaluation.areaUnderROC, 0.5, uncertainty: 0.5)
    try Self.expect(evaluation.areaUnderPRO(), 0.15, uncertainty: 0.85)
    try Self.expect(evaluation.areaUnderPRO(limit: 1), 0.5, uncertainty: 0.5)
  }

  @Test func `a mask of other sides than its map is a bug, and traps`() async {
    await #expect(processExitsWith: .failure) {
      var evaluation = PixelEvaluation()
      try evaluation.add(
        ScoreMap(width: 2, height: 3, scores: [1, 2, 3, 4, 5, 6]), mask: DefectMask(width: 3, height: 2) { $0 == 1 })
    }
  }

  @Test func `without defects, or without other pixels, there are no areas`() throws {
    for evaluation in [
      PixelEvaluation(), try Self.evaluation([([1, 2], [])]), try Self.evaluation([([1, 2], [0, 1])]),
    ] {
      #expect(evaluation.areaUnderROC == nil)
      #expect(evaluation.areaUnderPRO() == nil)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `a score that is not finite is an error, and nothing of its map counts`(score: Float) throws {
    var evaluation = try Self.evaluation([([3, 1, 1], [0])])
    let map = ScoreMap(width: 2, height: 2, scores: [9, 9, score, 9])
    let error = #expect(throws: MaskError.self) { try evaluation.add(map, mask: nil) }
    #expect(
      error?.description
        == "cannot measure a map: its score at column 0, row 1 is \(score), expected a finite number; "
        + "the model's weights or the picture overflow")
    #expect(evaluation.pictureCount == 1 && evaluation.normalPixelCount == 2)
    try Self.expect(evaluation.areaUnderROC, 1)
  }

  @Test func `random sets, with ties or with scores too near to be told apart, are within the bound of the definition`()
    throws
  {
    var random = SmallRandom(seed: 11)
    var (exactCount, uncertainCount) = (0, 0)
    for index in 0..<120 {
      var evaluation = PixelEvaluation()
      var slow = SlowPixels()
      for _ in 0..<1 + index % 3 {
        let (width, height) = (2 + index % 7, 2 + index % 5)
        let marks = (0..<width * height).map { _ in random.next() < 0.3 }
        let scores = marks.map { isMarked -> Float in
          let score = random.next() + (isMarked ? 0.3 : 0)
          switch index % 4 {
          case 0: return score
          case 1: return (score * 6).rounded() / 4 - 1
          case 2: return 1 + score / 1000
          default: return -1 - score / 200
          }
        }
        try evaluation.add(
          ScoreMap(width: width, height: height, scores: scores),
          mask: DefectMask(width: width, height: height) { marks[$0] })
        slow.add(scores, marks, width: width, height: height)
      }
      let figures = [evaluation.areaUnderROC] + [0.05, 0.3, 0.77, 1].map { evaluation.areaUnderPRO(limit: $0) }
      let expected = [slow.areaUnderROC] + [0.05, 0.3, 0.77, 1].map { slow.areaUnderPRO(limit: $0) }
      for (figure, expected) in zip(figures, expected) {
        #expect((figure == nil) == (expected == nil))
        guard let figure, let expected else { continue }
        #expect(abs(figure.value - expected) <= figure.uncertainty + 1e-12, "set \(index)")
        if figure.uncertainty == 0 { exactCount += 1 } else { uncertainCount += 1 }
        // Scores a quarter apart never share a bin.
        if index % 4 == 1 { #expect(figure.uncertainty == 0) }
      }
    }
    #expect(exactCount > 150 && uncertainCount > 150, "\(exactCount) exact, \(uncertainCount) uncertain")
  }

  @Test func `figures are numpy's and scipy's by the definition, centres too`() throws {
    let rows = try GoldenTable("masks").rows
    #expect(rows.count == 28)
    for row in rows {
      var evaluation = PixelEvaluation()
      for place in stride(from: 5, to: row.count, by: 4) {
        let sides = try GoldenTable.numbers(row[place]).map { Int($0) }
        let marks = try GoldenTable.numbers(row[place + 2]).map { $0 != 0 }
        let mask = DefectMask(width: sides[0], height: sides[1]) { marks[$0] }
        try evaluation.add(
          ScoreMap(width: sides[0], height: sides[1], scores: try GoldenTable.scores(row[place + 1])), mask: mask)
        let centres = row[place + 3] == "none" ? [] : try GoldenTable.numbers(row[place + 3]).map { Int($0) }
        #expect(mask.defects.flatMap { [$0.centre.column, $0.centre.row] } == centres, "\(row[0])")
      }
      let figures = [
        evaluation.areaUnderROC, evaluation.areaUnderPRO(), evaluation.areaUnderPRO(limit: 0.05),
        evaluation.areaUnderPRO(limit: 1),
      ]
      for (figure, golden) in zip(figures, row[1...4]) {
        let (figure, golden) = (try #require(figure), try #require(Double(golden)))
        #expect(abs(figure.value - golden) <= figure.uncertainty + 1e-12, "\(row[0])")
        // A wide bound would let anything pass; near scores have some sixteen bins in all.
        #expect(figure.uncertainty < (row[0].hasPrefix("near") ? 0.25 : 0.02), "\(row[0]): \(figure)")
      }
    }
  }
}

/// The definitions word by word, for a few small maps.
private struct SlowPixels {
  private var normal: [Float] = []
  private var defects: [[Float]] = []

  mutating func add(_ scores: [Float], _ marks: [Bool], width: Int, height: Int) {
    normal += zip(scores, marks).filter { !$1 }.map(\.0)
    defects += SlowMasks.flooded(marks, width: width, height: height).map { pixels in
      pixels.map { scores[$0.row * width + $0.column] }
    }
  }

  var areaUnderROC: Double? { Evaluation(normal: normal, anomalous: defects.flatMap(\.self)).areaUnderROC }

  func areaUnderPRO(limit: Double) -> Double? {
    guard !normal.isEmpty, !defects.isEmpty else { return nil }
    var points: [(rate: Double, overlap: Double)] = [(0, 0)]
    for threshold in Set(normal + defects.flatMap(\.self)).sorted(by: >) {
      let parts = defects.map { defect in Double(defect.count { $0 >= threshold }) / Double(defect.count) }
      points.append(
        (
          Double(normal.count { $0 >= threshold }) / Double(normal.count),
          parts.reduce(0, +) / Double(defects.count)
        ))
    }
    var area = 0.0
    for (left, right) in zip(points, points.dropFirst()) where left.rate < limit && right.rate > left.rate {
      let end = min(limit, right.rate)
      let overlap = left.overlap + (right.overlap - left.overlap) * (end - left.rate) / (right.rate - left.rate)
      area += (end - left.rate) * (left.overlap + overlap) / 2
    }
    return area / limit
  }
}
