import Evaluation

/// A comparison of scores in the format asked for.
struct ComparisonReport {
  private let comparison: ScoreComparison

  /// A report of a comparison.
  init(_ comparison: ScoreComparison) {
    self.comparison = comparison
  }

  /// The text, without a line feed at its end.
  func text(_ format: ResultFormat) -> String {
    switch format {
    case .json: json
    case .csv: csvLines.joined(separator: "\n")
    case .table: tableLines.joined(separator: "\n")
    }
  }

  private var json: String {
    func members(_ figures: ScoreComparison.Figures) -> [(String, String)] {
      [
        ("auroc", JSONText.number(figures.areaUnderROC)),
        ("average_precision", JSONText.number(figures.averagePrecision)),
      ]
    }
    let kinds = comparison.kinds
    return JSONText.object([
      ("normal", "\(comparison.normalCount)"),
      ("anomalous", "\(comparison.anomalousCount)"),
      ("kinds", JSONText.object(kinds.map { ($0.name, "\($0.places.count)") })),
      (
        "scores",
        JSONText.list(
          comparison.rows.map { row in
            JSONText.object(
              [("score", JSONText.string(row.name)), ("own", row.isOwn ? "true" : "false")] + members(row.overall)
                + [("kinds", JSONText.object(zip(kinds, row.kinds).map { ($0.name, JSONText.object(members($1))) }))])
          })
      ),
    ])
  }

  /// One line a score and kind; the line of all kinds together has no kind.
  private var csvLines: [String] {
    func line(_ row: ScoreComparison.Row, kind: String, count: Int, _ figures: ScoreComparison.Figures) -> String {
      CSVText.line([
        row.name, row.isOwn ? "true" : "false", kind, "\(comparison.normalCount)", "\(count)",
        figures.areaUnderROC.map { "\($0)" } ?? "", figures.averagePrecision.map { "\($0)" } ?? "",
      ])
    }
    return [CSVText.line(["score", "own", "kind", "normal", "anomalous", "auroc", "average_precision"])]
      + comparison.rows.flatMap { row in
        [line(row, kind: "", count: comparison.anomalousCount, row.overall)]
          + zip(comparison.kinds, row.kinds).map { line(row, kind: $0.name, count: $0.places.count, $1) }
      }
  }

  private var tableLines: [String] {
    let nameWidth = comparison.rows.map(\.name.count).max() ?? 0
    let widths = comparison.kinds.map { max(6, $0.name.count) }
    func line(_ mark: String, _ name: String, _ figures: [String], _ kinds: [String]) -> String {
      let cells = figures.map { $0.padded(to: 9) } + zip(kinds, widths).map { $0.padded(to: $1) }
      let text = ([mark, name.padded(to: nameWidth)] + cells).joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    var lines = [
      "pictures  \(comparison.normalCount) normal, \(comparison.anomalousCount) anomalous"
        + comparison.kinds.map { ", \($0.places.count) \($0.name)" }.joined(),
      "figures   AUROC, average precision; AUROC of each kind; * is the model's own score",
      "",
      line(" ", "SCORE", ["AUROC", "PRECISION"], comparison.kinds.map(\.name)),
    ]
    for row in comparison.rows {
      lines.append(
        line(
          row.isOwn ? "*" : " ", row.name, [text(row.overall.areaUnderROC), text(row.overall.averagePrecision)],
          row.kinds.map { text($0.areaUnderROC) }))
    }
    return lines
  }

  private func text(_ value: Double?) -> String { value?.rounded(toDigits: 4) ?? "-" }
}
