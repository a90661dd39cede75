import Foundation
import Linux
import Testing

@testable import Inspection

/// Numbers that are the same in every run.
struct DriftNumbers {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 }

  /// From 0 up to 1.
  mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return Double((mixed ^ mixed >> 31) >> 11) * 0x1p-53
  }

  /// Of a normal distribution.
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }

  /// A score as networks give them: skewed, above 0.
  mutating func score(shift: Double = 0, spread: Double = 1) -> Float {
    Float(exp(0.4 * (normal() * spread + shift) - 3))
  }

  /// A test after a calibration.
  mutating func test(calibrationCount: Int) -> DriftTest {
    DriftTest(calibrationScores: (0..<calibrationCount).map { _ in score() }.sorted())
  }
}

@Suite("drift: the sequential test") struct DriftTestTests {
  @Test(arguments: [30, 100, 1000])
  func `an unchanged line is alarmed at no more often than is stated, whatever the calibration's size`(count: Int) {
    // The evidence after N pictures has expectation N, so that it reaches a level in at most N / level of all lines; a
    // lower level than the alarm's shows that with fewer lines. 2,000 pictures and a level of 40,000: 5 %.
    let lines = 400
    var reached = 0
    var alarms = 0
    for line in 0..<lines {
      var numbers = DriftNumbers(seed: 7919 * line + count)
      var test = numbers.test(calibrationCount: count)
      var highest = 0.0
      for picture in 0..<2000 {
        if test.note(score: numbers.score(), chance: numbers.uniform(), time: Int64(picture)) != nil { alarms += 1 }
        highest = max(highest, test.evidence)
      }
      if highest >= 40_000 { reached += 1 }
    }
    // Of 400 lines 20 are expected at most; 33 and more would come by chance once in 200 runs with other numbers.
    #expect(reached <= 32)
    #expect(alarms == 0)
    // A test that never gathers evidence would pass, too.
    #expect(reached >= 1)
  }

  @Test(arguments: [1, 2, 3, 5, 9])
  func `an unchanged line is alarmed at no more often than is stated after a handful of scores`(count: Int) {
    // In 300 pictures the evidence reaches 4,000 in at most 7.5 % of all lines: 30 of 400. Scores all differ, or are one
    // of three, so that many are equal to the bound.
    for isFew in [false, true] {
      var reached = 0
      var alarms = 0
      for line in 0..<400 {
        var numbers = DriftNumbers(seed: 7907 * line + count)
        func next(_ numbers: inout DriftNumbers) -> Float {
          isFew ? Float(Int(numbers.uniform() * 3)) : numbers.score()
        }
        var test = DriftTest(calibrationScores: (0..<count).map { _ in next(&numbers) }.sorted())
        var highest = 0.0
        for picture in 0..<300 {
          if test.note(score: next(&numbers), chance: numbers.uniform(), time: Int64(picture)) != nil { alarms += 1 }
          highest = max(highest, test.evidence)
        }
        if highest >= 4000 { reached += 1 }
      }
      // 45 of 400 and more would come by chance once in 200 runs with other numbers.
      #expect(reached <= 44)
      #expect(alarms == 0)
    }
  }

  @Test(arguments: [1, 2, 3, 5, 19, 39])
  func `the bet on pictures above the bound stands at no more than their number, on average over all lines`(
    count: Int
  ) throws {
    // All ways of twelve pictures to lie above or below the bound, each with its probability: the calibration's greatest
    // score (of 39: its second) leaves count + 1 places for the next one, and so on.
    let pictures = 12
    let rank = max(1, (count + 1) / 20)
    var mean = 0.0
    for way in 0..<(1 << pictures) {
      var probability = 1.0
      var (upper, all) = (Double(rank), Double(count + 1))
      var test = DriftTest(calibrationScores: (1...count).map { Float($0) })
      for picture in 0..<pictures {
        let isAbove = way >> picture & 1 == 1
        probability *= (isAbove ? upper : all - upper) / all
        all += 1
        if isAbove { upper += 1 }
        _ = test.note(score: isAbove ? 1000 : 0, chance: 0.5, time: 0)
      }
      let bet = try #require(test.bets.first { $0.direction == .far })
      mean += probability * bet.sum
    }
    #expect(mean <= Double(pictures) * (1 + 1e-12))
    // Where an unchanged line has every second picture there it is a fair bet, at first.
    #expect(mean > 0)
  }

  @Test func `scores equal to the bound are above it as often as exchangeable ones are`() {
    // Four scores of which three are equal to the greatest: a further equal one has four places, one of them above it.
    var urn = DriftUrn(rank: 1, among: 3)
    #expect(urn.chance == 0.25)
    urn.note(isAbove: true)
    #expect(urn.chance == 0.4)
    urn.note(isAbove: false)
    #expect(urn.chance == 2.0 / 6 && urn.isSound)
    var test = DriftTest(calibrationScores: [1, 2, 2, 2])
    _ = test.note(score: 2, chance: 0.24, time: 0)
    #expect(test.bets.map(\.sum) == [1, 1, 1, 1, 1, 1, 1.5])
    _ = test.note(score: 2, chance: 0.39, time: 0)
    #expect(test.bets[6].sum == 2.5 * 1.5, "and where one is, the next more often")
    // Below by a fiftieth of what is left of its chance: among three equal ones and a lower one 0.02 * 3 / 4 is its place.
    _ = test.note(score: 2, chance: 0.51, time: 0)
    #expect(abs(test.bets[0].sum - 3 * (1 + 0.35 * (1 - 2 * 0.015))) < 1e-9)
    #expect(test.bets[6].sum == 4.75 * 0.5)
  }

  @Test(arguments: [(1, 0, 30), (300, 149, 30), (2, 0, 20), (99, 0, 1)] as [(Int, Int, Int)])
  func `of 60 pictures so many are expected above the calibration's median`(count: Int, upper: Int, expected: Int) {
    let alarm = DriftTest.Alarm(
      direction: .higher, since: DriftTest.Span(start: nil, count: 60, upperCount: 59), time: 0,
      calibrationUpperCount: upper, calibrationCount: count)
    #expect("\(DriftText(alarm))".contains("59 score above the calibration's median, where \(expected) would"))
  }

  @Test func `with one value in ten thousand ties the rate holds as well`() {
    var reached = 0
    for line in 0..<200 {
      var numbers = DriftNumbers(seed: 31 * line + 5)
      // Five values only.
      func value(_ uniform: Double) -> Float { Float(Int(uniform * 5)) / 4 }
      var test = DriftTest(calibrationScores: (0..<200).map { _ in value(numbers.uniform()) }.sorted())
      var highest = 0.0
      for picture in 0..<2000 {
        let score = value(numbers.uniform())
        _ = test.note(score: score, chance: numbers.uniform(), time: Int64(picture))
        highest = max(highest, test.evidence)
      }
      if highest >= 40_000 { reached += 1 }
    }
    #expect(reached <= 19)
  }

  @Test func `equal scores, before and after, are no change`() {
    var numbers = DriftNumbers(seed: 3)
    var test = DriftTest(calibrationScores: [Float](repeating: 0.25, count: 99))
    for picture in 0..<5000 { _ = test.note(score: 0.25, chance: numbers.uniform(), time: Int64(picture)) }
    #expect(test.alarm == nil && test.count == 5000)
  }

  @Test(
    arguments: [
      (0.25, 1.0, DriftTest.Direction.higher, 2500), (0.5, 1, .higher, 700), (1, 1, .higher, 250),
      (3, 1, .far, 200), (-0.5, 1, .lower, 700), (-1, 1, .lower, 200), (0, 1.5, .wider, 1000),
      (0, 0.67, .narrower, 700),
    ] as [(Double, Double, DriftTest.Direction, Int)])
  func `a change after 2,000 good pictures is found, named, and dated`(
    shift: Double, spread: Double, direction: DriftTest.Direction, limit: Int
  ) throws {
    for count in [100, 1000] {
      var delays: [Int] = []
      var directions: [DriftTest.Direction: Int] = [:]
      var starts: [Int] = []
      for line in 0..<9 {
        var numbers = DriftNumbers(seed: 104_729 * line + count)
        var test = numbers.test(calibrationCount: count)
        for picture in 0..<2000 {
          _ = test.note(score: numbers.score(), chance: numbers.uniform(), time: Int64(picture))
        }
        var picture = 2000
        while picture < 8000 {
          let score = numbers.score(shift: shift, spread: spread)
          picture += 1
          guard let alarm = test.note(score: score, chance: numbers.uniform(), time: Int64(picture - 1)) else {
            continue
          }
          directions[alarm.direction, default: 0] += 1
          starts.append(Int(try #require(alarm.since.start)) - 2000)
          break
        }
        delays.append(picture - 2000)
      }
      let delay = delays.sorted()[4]
      #expect(delay <= limit, "\(count) calibration scores")
      // Where two names fit, the other one may win now and then.
      #expect(directions[direction, default: 0] >= 6, "\(directions)")
      #expect(abs(starts.sorted()[4]) <= max(60, delay / 3))
    }
  }

  @Test func `defects are no change of the line, as long as most pictures are good`() {
    for line in 0..<20 {
      var numbers = DriftNumbers(seed: 11 * line + 1)
      var test = numbers.test(calibrationCount: 300)
      for picture in 0..<5000 {
        let isDefect = numbers.uniform() < 0.3
        _ = test.note(
          score: isDefect ? numbers.score(shift: 6) : numbers.score(), chance: numbers.uniform(), time: Int64(picture))
      }
      #expect(test.alarm == nil)
    }
  }

  @Test(arguments: [20, 100, 1000], [0, 960, 5000])
  func `a box of rejects is an alarm, however many good pictures came before`(count: Int, goodCount: Int) {
    // The sum after k rejects is 3 (1.5^k - 1), shared among seven ways to bet.
    #expect(3 * (pow(1.5, 42) - 1) >= 7e7 && 3 * (pow(1.5, 41) - 1) < 7e7 && DriftTest.alarmingRun == 42)
    for line in 0..<5 {
      var numbers = DriftNumbers(seed: 13 * line + count)
      var test = numbers.test(calibrationCount: count)
      for picture in 0..<goodCount {
        let isDefect = picture % 97 == 5
        _ = test.note(
          score: isDefect ? 50 : numbers.score(), chance: numbers.uniform(), time: Int64(picture))
      }
      #expect(test.alarm == nil)
      // After a handful of scores alone, before any good picture, rejects may be what the line is like.
      if goodCount == 0 && count < 100 { continue }
      var run = 0
      while test.alarm == nil && run < 100 {
        _ = test.note(score: 1000, chance: numbers.uniform(), time: Int64(goodCount + run))
        run += 1
      }
      // A good picture of a moment ago may have been above the bound, too.
      #expect(40...DriftTest.alarmingRun ~= run && test.alarm?.direction == .far)
    }
  }

  @Test func `thirty rejects in a row are none, as long as good ones follow`() {
    var numbers = DriftNumbers(seed: 4)
    var test = numbers.test(calibrationCount: 100)
    for picture in 0..<9000 {
      let score = picture % 90 < 60 ? numbers.score() : 1000
      _ = test.note(score: score, chance: numbers.uniform(), time: Int64(picture))
    }
    #expect(test.alarm == nil)
  }

  /// A text of the project, its lines joined.
  private func document(_ path: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test(arguments: [
    "Documentation/Manual/ganomalyd.8", "Documentation/Decisions/0020-a-sequential-test-for-drift.md", "README.md",
  ])
  func `documents say how many rejects are an alarm, and what helps then`(path: String) throws {
    let text = try document(path)
    #expect(text.contains("\(DriftTest.alarmingRun) rejects in a row"))
    #expect(text.contains("systemctl reload ganomalyd"))
    #expect(!text.contains("half of all pictures"))
  }

  @Test func `what the results say of changes that come later is what their table says`() throws {
    let text = try document("Documentation/Results/drift.md")
    // change | calibration | found, at once | median | found, after 2,000 good pictures | median
    let rows = text.components(separatedBy: "| |").map { $0.components(separatedBy: " | ") }
      .filter { $0.count >= 6 && $0[4].hasSuffix(" of 200") }
    #expect(rows.count == 40)
    let missed = rows.map { (change: $0[0], count: 200 - (Int($0[4].prefix { $0 != " " }) ?? -1)) }
    let largest = missed.filter { !$0.change.contains("0.25") }.map(\.count).max()
    #expect(largest == 0 && text.contains("from half a sigma on it is found whatever the calibration's size"))
    let smallest = try #require(missed.map(\.count).max())
    #expect(text.contains("up to \(smallest) of 200 are missed"))
  }

  @Test func `a line whose scores all lie far above the calibration's is told of, and once`() throws {
    var numbers = DriftNumbers(seed: 2)
    var test = numbers.test(calibrationCount: 300)
    var alarms: [DriftTest.Alarm] = []
    for picture in 0..<500 {
      if let alarm = test.note(score: 1000, chance: numbers.uniform(), time: Int64(picture)) { alarms.append(alarm) }
    }
    let alarm = try #require(alarms.first)
    #expect(alarms.count == 1 && alarm.direction == .far && alarm.since.start == 0)
    #expect(alarm.since.count == alarm.since.upperCount && test.alarm == alarm)
    // 3/2 to the first, second, ..., k-th power, summed and divided by seven ways to bet, is 10^7 at the 42nd picture.
    #expect(alarm.time == 41)
    let text = "\(DriftText(alarm))"
    #expect(
      text
        == "the line has changed: more than half of its scores are as high as only a twentieth of the calibration's since "
        + "about 1970-01-01T00:00:00.000Z; of 42 pictures since then 42 score above the calibration's median, where 21 "
        + "would be expected; if that was a box of rejects (42 in a row suffice), 'systemctl reload ganomalyd' begins "
        + "anew; else check camera, light and parts, then calibrate again")
  }

  @Test func `a pool knows places by their order, also where it tells scores apart in fewer bits`() {
    var numbers = DriftNumbers(seed: 9)
    var pool = ScorePool()
    var scores: [Float] = []
    for _ in 0..<3000 {
      let score = Float(numbers.normal())
      scores.append(score)
      let standing = pool.add(score)
      let greater = scores.count { $0 > score }
      #expect(standing.count == scores.count)
      // What counts as equal is so few that places are right to less than one in a hundred.
      #expect(greater >= standing.greaterCount && greater < standing.greaterCount + standing.equalCount)
      #expect(standing.equalCount <= 1 + scores.count / 100)
    }
    #expect(pool.isSound && pool.count == 3000)
    var reversed = ScorePool()
    for score in scores.reversed() { reversed.add(score) }
    #expect(reversed == pool, "it depends on which scores came, not on their order")
  }

  @Test(
    arguments: [
      [-3, -0.0, 0, 0, .leastNonzeroMagnitude, 2, 2], [Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 1],
    ] as [[Float]])
  func `a pool orders all numbers, and both zeros are one`(scores: [Float]) {
    var pool = ScorePool()
    for (index, score) in scores.enumerated() {
      let standing = pool.add(score)
      let seen = scores[...index]
      #expect(standing.greaterCount == seen.count { $0 > score } && standing.equalCount == seen.count { $0 == score })
    }
  }
}
