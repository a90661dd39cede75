// Simulated lines for scripts/results/drift.
import Foundation

/// Numbers that are the same in every run.
struct Numbers {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 }

  mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return Double((mixed ^ mixed >> 31) >> 11) * 0x1p-53
  }

  mutating func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}

/// Where scores come from: one function of a normal number.
struct Source {
  let name: String
  var defectShare = 0.0
  let score: (Double) -> Float

  /// Skewed and above 0, as networks give them.
  static let usual = Source(name: "logarithms of scores are normal") { Float(exp(0.4 * $0 - 3)) }
  static let few = Source(name: "nine different scores") { Float(max(-4, min(4, $0.rounded()))) }
  static let defects = Source(name: "as the first, and 5 % defects far above", defectShare: 0.05) {
    Float(exp(0.4 * $0 - 3))
  }

  func next(_ numbers: inout Numbers, shift: Double = 0, spread: Double = 1) -> Float {
    if defectShare > 0, numbers.uniform() < defectShare { return score(6 + numbers.normal()) }
    return score(numbers.normal() * spread + shift)
  }

  func test(_ numbers: inout Numbers, _ count: Int) -> DriftTest {
    DriftTest(calibrationScores: (0..<count).map { _ in score(numbers.normal()) }.sorted())
  }
}

@main struct Simulation {
  static func main() {
    let lines = max(10, Int(CommandLine.arguments.dropFirst().first ?? "") ?? 2000)
    falseAlarms(lines)
    print()
    delays(max(10, lines / 10))
  }

  /// Lines of which the evidence has reached a level within 10,000 pictures.
  static func falseAlarms(_ lines: Int) {
    let levels = [1e5, 1e6, 1e7]
    print("| scores | calibration | 10^5 (at most 10 %) | 10^6 (at most 1 %) | 10^7, the alarm (at most 0.1 %) |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for source in [Source.usual, .few, .defects] {
      for count in [1, 2, 5, 10, 30, 100, 1000] {
        var reached = [0, 0, 0]
        for line in 0..<lines {
          var numbers = Numbers(seed: 7919 * line + count)
          var test = source.test(&numbers, count)
          var highest = 0.0
          for picture in 0..<10_000 {
            _ = test.note(score: source.next(&numbers), chance: numbers.uniform(), time: Int64(picture))
            highest = max(highest, test.evidence)
          }
          for (index, level) in levels.enumerated() where highest >= level { reached[index] += 1 }
        }
        let shares = reached.map { "\($0) of \(lines): \(text(100 * Double($0) / Double(lines))) %" }
        print("| \(source.name) | \(count) | \(shares.joined(separator: " | ")) |")
      }
    }
  }

  /// Pictures from a change to the alarm.
  static func delays(_ lines: Int) {
    print(
      "| change | calibration | found, at once | median (90 %) | found, after 2,000 good pictures | median (90 %) |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    let changes: [(name: String, shift: Double, spread: Double)] = [
      ("0.25 sigma higher", 0.25, 1), ("0.5 sigma higher", 0.5, 1), ("1 sigma higher", 1, 1),
      ("2 sigma higher", 2, 1), ("3 sigma higher", 3, 1), ("0.25 sigma lower", -0.25, 1),
      ("0.5 sigma lower", -0.5, 1), ("1 sigma lower", -1, 1), ("spread 1.5 times", 0, 1.5),
      ("spread two thirds", 0, 2.0 / 3),
    ]
    for change in changes {
      for count in [10, 30, 100, 1000] {
        let cells = [0, 2000].map { before -> String in
          var delays: [Int] = []
          for line in 0..<lines {
            var numbers = Numbers(seed: 104_729 * line + count)
            var test = Source.usual.test(&numbers, count)
            for picture in 0..<before + 10_000 {
              let isChanged = picture >= before
              let score = Source.usual.next(
                &numbers, shift: isChanged ? change.shift : 0, spread: isChanged ? change.spread : 1)
              let alarm = test.note(score: score, chance: numbers.uniform(), time: Int64(picture))
              if alarm != nil {
                if isChanged { delays.append(picture - before + 1) }
                break
              }
            }
          }
          // Those that were not found count as the longest.
          let all = delays.sorted().map(String.init) + [String](repeating: "-", count: lines - delays.count)
          return "\(delays.count) of \(lines) | \(all[lines / 2]) (\(all[lines * 9 / 10]))"
        }
        print("| \(change.name) | \(count) | \(cells.joined(separator: " | ")) |")
      }
    }
  }

  private static func text(_ value: Double) -> String { String(format: "%.2f", value) }
}
