import Evaluation
import Foundation
import GANomalyModel

/// The table of one list: every rule, number of pictures and rate.
struct PromiseTable {
  private let list: ScoreList
  private let splits: Int

  /// A table of a list.
  init(_ list: ScoreList, splits: Int) {
    self.list = list
    self.splits = splits
  }

  /// The table, with a heading, and what was refused in it.
  var text: (table: String, refusals: [String]) {
    var lines = [
      "## \(list.name): \(list.scores.normal.count) normal scores, \(list.scores.anomalous.count) anomalous ones", "",
      "| method | n | rate aimed at | mean rate | its deviation | above the rate (expected) | "
        + "above the 95 % bound (expected) | anomalies found |", "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    var refusals: [String] = []
    var ratios: [Int: [Double]] = [:]
    for rate in [0.1, 0.01, 0.001] {
      for count in Self.counts {
        for rule in Self.rules(rate) {
          let cell = PromiseMeasurement(of: rule, on: list.scores, count: count, splits: splits)
          lines.append(Self.line(cell))
          if rule.method == .pot, let mean = cell.meanRate { ratios[count, default: []].append(mean / rate) }
          if let refusal = cell.refusal { refusals.append("- \(Self.name(rule)), n = \(count): \(refusal)") }
        }
      }
    }
    for count in Self.counts {
      for rule in [CalibrationRule.f1, .youden()] {
        lines.append(Self.line(PromiseMeasurement(of: rule, on: list.scores, count: count, splits: splits)))
      }
    }
    lines.append("")
    for (count, found) in ratios.sorted(by: { $0.key < $1.key }) {
      let (low, high) = (found.min() ?? 0, found.max() ?? 0)
      lines.append(
        String(format: "`pot` with n = \(count): the mean rate is %.2f to %.2f times the one aimed at.", low, high))
    }
    return ((lines + [""]).joined(separator: "\n"), refusals)
  }

  private static let counts = [30, 100, 1000]

  private static func rules(_ rate: Double) -> [CalibrationRule] {
    [
      .conformal(rate: rate), .quantile(rate: rate, confidence: 0.95), .pot(rate: rate),
      .pot(rate: rate, initialQuantile: 0.8),
    ]
  }

  /// A rule in the table.
  static func name(_ rule: CalibrationRule) -> String {
    switch rule {
    case .conformal(_, nil): "conformal, quantile"
    case .conformal(_, .some(let confidence)), .quantile(_, .some(let confidence)):
      "the same, confidence \(confidence)"
    case .pot(_, let quantile): "pot above \(quantile)"
    default: rule.method.rawValue
    }
  }

  private static func line(_ cell: PromiseMeasurement) -> String {
    let aim = cell.rule.falsePositiveRate.map { percent($0) } ?? "-"
    let start = "| \(name(cell.rule)) | \(cell.count) | \(aim) |"
    guard let mean = cell.meanRate, let deviation = cell.rateDeviation else { return start + " refused | | | | |" }
    var part = ""
    if cell.refusedCount > 0 {
      part = " (\(percent(Double(cell.refusedCount) / Double(cell.refusedCount + cell.splitCount))) of splits refused)"
    }
    return start + " \(percent(mean))\(part) | \(percent(deviation)) | "
      + "\(share(cell.shareAboveRate, cell.expectedShareAboveRate)) | "
      + "\(share(cell.shareAboveBound, cell.expectedShareAboveBound)) | \(cell.meanDetectionRate.map(percent) ?? "-") |"
  }

  private static func share(_ found: Double?, _ expected: Double?) -> String {
    guard let found else { return "-" }
    return percent(found) + (expected.map { " (\(percent($0)))" } ?? "")
  }

  /// A share as a percentage with three digits that count.
  static func percent(_ share: Double) -> String {
    let value = share * 100
    let digits = value >= 9.995 || value == 0 ? 1 : value >= 0.9995 ? 2 : 3
    return String(format: "%.\(digits)f %%", value)
  }
}
