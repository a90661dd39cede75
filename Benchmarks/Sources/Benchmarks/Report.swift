private import Foundation

/// One line of the report.
struct Measurement: Encodable {
  /// The benchmark, as it is named on the command line.
  let subject: String
  /// What was computed: a shape, a size, a batch.
  let task: String
  /// Who computed it.
  let contestant: String
  /// Threads that took part.
  let threads: Int
  /// Units of work a second, from the median run; for what is counted and not timed, the count.
  let rate: Double
  /// From the slowest run.
  let lowestRate: Double
  /// From the fastest run.
  let highestRate: Double
  /// What a rate counts: "GFLOP/s", "images/s", "allocations/image".
  let unit: String
  /// This rate over that of the contestant in `comparedWith`, run by run, the median; nil for that one itself.
  let ratio: Double?
  /// The contestant that sets the measure, nil where there is none.
  let comparedWith: String?
  /// The least ratio that counts as reached, nil where nothing is demanded.
  let requiredRatio: Double?

  /// A measurement that falls short of what is demanded.
  var fallsShort: Bool {
    guard let ratio, let requiredRatio else { return false }
    return ratio < requiredRatio
  }
}

extension Measurement {
  /// Lines for contestants that did the same work; the first is the measure of the others if `comparesWithFirst`.
  ///
  /// - Parameter work: units of work in one call, for example 1e-9 times the floating-point operations.
  static func lines(
    subject: String, task: String, contestants: [Contestant], samples: [Samples], threads: Int, work: Double,
    unit: String, comparesWithFirst: Bool = true, requiredRatio: Double? = nil
  ) -> [Measurement] {
    zip(contestants, samples).enumerated().map { index, pair in
      let (contestant, sample) = pair
      let compares = comparesWithFirst && index > 0
      return Measurement(
        subject: subject, task: task, contestant: contestant.name, threads: threads, rate: work / sample.median,
        lowestRate: work / sample.maximum, highestRate: work / sample.minimum, unit: unit,
        ratio: compares ? sample.speed(over: samples[0]) : nil,
        comparedWith: compares ? contestants[0].name : nil, requiredRatio: compares ? requiredRatio : nil)
    }
  }
}

/// All lines of a call of the program, and how they are written.
struct Report {
  /// In the order of measuring.
  var measurements: [Measurement] = []

  /// A Markdown table.
  var markdown: String {
    var lines = [
      "| subject | task | threads | contestant | rate | slowest to fastest run | ratio | required |",
      "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for line in measurements {
      let ratio = line.ratio.map { Self.number($0, digits: 2) + " x " + (line.comparedWith ?? "") } ?? ""
      let required = line.requiredRatio.map { Self.number($0, digits: 2) + (line.fallsShort ? " MISSED" : "") } ?? ""
      lines.append(
        "| \(line.subject) | \(line.task) | \(line.threads) | \(line.contestant) "
          + "| \(Self.number(line.rate, digits: line.rate < 1 ? 3 : 1)) \(line.unit) "
          + "| \(Self.number(line.lowestRate, digits: 1)) to \(Self.number(line.highestRate, digits: 1)) "
          + "| \(ratio) | \(required) |")
    }
    return lines.joined(separator: "\n")
  }

  /// A JSON array with one object a line of the table.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(measurements), as: UTF8.self)
  }

  private static func number(_ value: Double, digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
