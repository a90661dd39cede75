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

  /// The table, with a heading.
  var text: String {
    var lines = [
      "## \(list.name): \(list.scores.normal.count) normal scores, \(list.scores.anomalous.count) anomalous ones", "",
      "| method | n | rate aimed at | mean rate | its deviation | splits above the rate | splits above the 95 % bound | "
        + "anomalies found |", "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    var refusals: [String] = []
    for rate in [0.1, 0.01, 0.001] {
      for count in Self.counts {
        for rule in Self.rules(rate) {
          let cell = PromiseMeasurement(of: rule, on: list.scores, count: count, splits: splits)
          lines.append(Self.line(cell))
          if let refusal = cell.refusal {
            let part = cell.splitCount == 0 ? "" : " (in \(cell.refusedCount) of \(splits) splits, first)"
            let sentence = "- \(Self.name(rule)), n = \(count), rate \(rate)\(part): \(refusal)"
            if !refusals.contains(sentence) { refusals.append(sentence) }
          }
        }
      }
    }
    for count in Self.counts {
      for rule in [CalibrationRule.f1, .youden()] {
        lines.append(Self.line(PromiseMeasurement(of: rule, on: list.scores, count: count, splits: splits)))
      }
    }
    return (lines + ["", "Refused, in the program's words:", ""] + refusals + [""]).joined(separator: "\n")
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
    let mark =
      cell.refusedCount > 0
      ? " (\(percent(Double(cell.refusedCount) / Double(cell.refusedCount + cell.splitCount))) of splits refused)" : ""
    return start + " \(percent(mean))\(mark) | \(percent(deviation)) | \(cell.shareAboveRate.map(percent) ?? "-") | "
      + "\(cell.shareAboveBound.map(percent) ?? "-") | \(cell.meanDetectionRate.map(percent) ?? "-") |"
  }

  /// A share as a percentage with three digits that count.
  static func percent(_ share: Double) -> String {
    let value = share * 100
    let digits = value >= 9.995 || value == 0 ? 1 : value >= 0.9995 ? 2 : 3
    return String(format: "%.\(digits)f %%", value)
  }
}
