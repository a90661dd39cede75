import Evaluation
import GANomalyModel

/// A comparison of calibration methods in the format asked for.
struct MethodComparisonReport {
  private let comparison: MethodComparison

  /// A report of a comparison.
  init(_ comparison: MethodComparison) {
    self.comparison = comparison
  }

  /// The text, without a line feed at its end.
  func text(_ format: ResultFormat) -> String {
    switch format {
    case .json:
      JSONText.object([
        ("normal", "\(comparison.normalCount)"), ("anomalous", "\(comparison.anomalousCount)"),
        ("methods", JSONText.list(comparison.rows.map(Self.object))),
      ])
    case .csv:
      ([Self.names]
        + comparison.rows.map { Self.values($0).map(Self.field) }).map(CSVText.line).joined(separator: "\n")
    case .table: lines.joined(separator: "\n")
    }
  }

  private static let names = [
    "method", "false_positive_rate", "confidence", "threshold", "promise", "rate_bound_95", "false_positives",
    "false_positive_rate_here", "detected", "detection_rate_here", "refused",
  ]

  private static func object(_ row: MethodComparison.Row) -> String {
    JSONText.object(zip(names, values(row)).map { ($0, $1.isText ? JSONText.string($1.value) : $1.value ?? "null") })
  }

  private static func field(_ value: String?, _ isText: Bool) -> String {
    guard let value, isText || value != "null" else { return "" }
    return value
  }

  /// What stands under each name: a text, or a number as JSON has it, null where there is none.
  private static func values(_ row: MethodComparison.Row) -> [(value: String?, isText: Bool)] {
    let calibration = try? row.outcome.get()
    var refusal: String?
    if case .failure(let error) = row.outcome { refusal = "\(error)" }
    let confusion = row.confusion
    let hasAnomalous = confusion?.detectionRate != nil
    return [
      (row.rule.method.rawValue, true), (JSONText.number(row.rule.falsePositiveRate), false),
      (JSONText.number(row.rule.confidence), false), (JSONText.number(calibration?.threshold), false),
      (calibration.map(CalibrationText.promiseWord), true), (JSONText.number(calibration?.rateBound), false),
      (JSONText.integer(confusion?.falsePositives), false), (JSONText.number(confusion?.falsePositiveRate), false),
      (JSONText.integer(hasAnomalous ? confusion?.truePositives : nil), false),
      (JSONText.number(confusion?.detectionRate), false), (refusal, true),
    ]
  }

  private var lines: [String] {
    var table = [["METHOD", "THRESHOLD", "PROMISE", "BOUND 95 %", "NORMAL ABOVE", "DETECTED"]]
    var refusals: [String] = []
    for row in comparison.rows {
      let name = Self.name(row.rule)
      switch row.outcome {
      case .success(let calibration):
        table.append([
          name, "\(calibration.threshold)", Self.shortPromise(calibration), calibration.rateBound?.percentage ?? "-",
          Self.share(row.confusion?.falsePositives, comparison.normalCount),
          Self.share(row.confusion?.truePositives, comparison.anomalousCount),
        ])
      case .failure(let error):
        table.append([name, "refused", "-", "-", "-", "-"])
        refusals.append("\(name): \(error)")
      }
    }
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let rows = table.map { fields in
      let text = zip(fields, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    var lines = [
      "pictures  \(comparison.normalCount) normal, \(comparison.anomalousCount) anomalous: what the table counts, and what "
        + "f1 and youden chose on",
      "",
    ]
    lines += rows
    if !refusals.isEmpty { lines += [""] + refusals }
    return lines
  }

  private static func name(_ rule: CalibrationRule) -> String {
    rule.confidence.map { "\(rule.method.rawValue) \(CalibrationText.share($0))" } ?? rule.method.rawValue
  }

  private static func shortPromise(_ calibration: Calibration) -> String {
    let rate = calibration.falsePositiveRate?.percentage ?? ""
    guard calibration.alarmRank != nil else {
      return calibration.tail == nil ? "none" : "none (\(rate) if the tail is right)"
    }
    return calibration.confidence.map { "\(rate) with \(CalibrationText.share($0)) confidence" } ?? "\(rate) on average"
  }

  private static func share(_ part: Int?, _ whole: Int) -> String {
    guard let part, whole > 0 else { return "-" }
    return "\(part) (\((Double(part) / Double(whole)).percentage))"
  }
}
