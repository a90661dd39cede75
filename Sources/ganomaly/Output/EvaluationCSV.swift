import Evaluation
import GANomalyModel
import Imaging
import Linux

/// Every picture of an evaluation as a line of CSV.
struct EvaluationCSV {
  private let normal: ScoredFolder
  private let anomalous: ScoredFolder
  private let kinds: [ScoreComparison.Kind]
  private let calibration: Calibration?

  /// A table of labelled pictures.
  init(normal: ScoredFolder, anomalous: ScoredFolder, kinds: [ScoreComparison.Kind], calibration: Calibration?) {
    self.normal = normal
    self.anomalous = anomalous
    self.kinds = kinds
    self.calibration = calibration
  }

  /// The file: a header, the pictures of both classes in the files' order, then those without a score.
  var bytes: [UInt8] {
    var lines = [
      CSVText.line([
        "file", "class", "kind", "score", "p_value", "threshold", "verdict", "correct", "reason", "file_base64",
      ])
    ]
    let names = anomalous.kindNames(kinds)
    for (label, folder) in [("normal", normal), ("anomalous", anomalous)] {
      for (place, path) in folder.paths.enumerated() {
        let score = folder.scores[place]
        let isCalledAnomalous = calibration?.isAnomalous(score)
        lines.append(
          line(
            path, label, kind: label == "anomalous" ? names[place] : nil, score: score,
            verdict: isCalledAnomalous.map { $0 ? "anomaly" : "normal" },
            isCorrect: isCalledAnomalous.map { $0 == (label == "anomalous") }, reason: nil))
      }
      for (path, failure) in folder.failures {
        lines.append(
          line(
            path, label, kind: nil, score: nil, verdict: failure.kind.rawValue, isCorrect: nil, reason: failure.reason))
      }
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  private func line(
    _ path: BytePath, _ label: String, kind: String?, score: Float?, verdict: String?, isCorrect: Bool?, reason: String?
  ) -> String {
    CSVText.line([
      path.description, label, kind ?? "", score.map(\.description) ?? "",
      score.flatMap { calibration?.pValue(of: $0) }.map(\.description) ?? "",
      calibration.map { "\($0.threshold)" } ?? "", verdict ?? "", isCorrect.map { $0 ? "true" : "false" } ?? "",
      reason ?? "", CSVText.base64(of: path),
    ])
  }
}
