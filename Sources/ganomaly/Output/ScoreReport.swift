import Evaluation
import GANomalyModel
import Imaging
import Linux

/// Writes one line a file, in the format asked for, and remembers what the exit status must be.
struct ScoreReport {
  private let format: ResultFormat
  private let calibration: Calibration?
  private let savesDifferences: Bool
  private let savesMaps: Bool
  private var writer = ResultWriter()
  private var anomalyCount = 0
  private var failureCount = 0

  /// A report of scores.
  ///
  /// - Parameters:
  ///   - savesDifferences: whether lines tell where side pictures are.
  ///   - savesMaps: whether lines tell where pictures of score maps are, and the regions above the threshold.
  init(format: ResultFormat, calibration: Calibration?, savesDifferences: Bool = false, savesMaps: Bool = false) {
    self.format = format
    self.calibration = calibration
    self.savesDifferences = savesDifferences
    self.savesMaps = savesMaps
  }

  /// What the program must end with.
  var exitStatus: Int32 {
    failureCount > 0 ? ExitStatus.error : anomalyCount > 0 ? ExitStatus.anomaly : ExitStatus.success
  }

  /// Writes what stands above the lines.
  mutating func begin() throws {
    switch format {
    case .json: break
    case .csv:
      try writer.line(
        CSVText.line(
          ["file", "score", "p_value", "threshold", "verdict", "reason", "file_base64"]
            + (savesDifferences ? ["difference"] : []) + (savesMaps ? ["regions", "map"] : [])))
    case .table: try writer.line(Self.row(verdict: "VERDICT", score: "SCORE", pValue: "P-VALUE", file: "FILE"))
    }
  }

  /// Writes a file's line, and a sentence where it has no score.
  ///
  /// - Parameters:
  ///   - difference: where the side picture is.
  ///   - map: where the picture of the score map is.
  mutating func add(_ result: PictureScoring.Result, difference: BytePath? = nil, map: BytePath? = nil) throws {
    let path = result.item.path
    var line: Line
    switch result.outcome {
    case .scored(let score, _):
      let isAnomalous = calibration?.isAnomalous(score)
      if isAnomalous == true { anomalyCount += 1 }
      line = Line(
        path: path, score: score, pValue: calibration?.pValue(of: score), threshold: calibration?.threshold,
        verdict: isAnomalous.map { $0 ? "anomaly" : "normal" }, reason: nil)
    case .failed(let failure):
      failureCount += 1
      Message.write("cannot score '\(escaped(path.bytes))': \(failure.reason)")
      line = Line(
        path: path, score: nil, pValue: nil, threshold: calibration?.threshold, verdict: failure.kind.rawValue,
        reason: failure.reason)
    }
    line.difference = difference
    line.map = map
    if let location = result.location, let threshold = calibration?.threshold {
      line.regions = location.boxes(above: threshold)
    }
    if savesMaps, map == nil, case .scored = result.outcome {
      Message.write("no map of '\(escaped(path.bytes))': the file has changed, or cannot be read any more")
    }
    try writer.line(text(of: line))
  }

  /// Writes what stands below the lines, and what the reader should know.
  mutating func end(modelName: String) throws {
    try writer.flush()
    if calibration == nil {
      Message.write(
        "note: '\(modelName)' is not calibrated, so that there are scores but no verdicts; "
          + "run 'ganomaly calibrate \(modelName) --normal DIR' with normal pictures that training never saw")
    }
  }

  /// What is known of one file.
  private struct Line {
    var path: BytePath
    var score: Float?
    var pValue: Double?
    var threshold: Float?
    var verdict: String?
    var reason: String?
    var difference: BytePath?
    var map: BytePath?
    /// Nil where there is no threshold, or no score.
    var regions: [PixelBox]?
  }

  private func text(of line: Line) -> String {
    switch format {
    case .json:
      var members = [
        ("file", JSONText.string(line.path.description)), ("score", JSONText.number(line.score)),
        ("p_value", JSONText.number(line.pValue)), ("threshold", JSONText.number(line.threshold)),
        ("verdict", JSONText.string(line.verdict)), ("reason", JSONText.string(line.reason)),
      ]
      if savesDifferences { members.append(("difference", JSONText.string(line.difference?.description))) }
      if savesMaps {
        members.append(("regions", line.regions.map { JSONText.list($0.map(JSONText.box)) } ?? "null"))
        members.append(("map", JSONText.string(line.map?.description)))
      }
      if line.path.text == nil { members.append(("file_base64", JSONText.string(Base64.text(line.path.bytes)))) }
      return JSONText.object(members)
    case .csv:
      var columns = [
        line.path.description, line.score.map(\.description) ?? "", line.pValue.map(\.description) ?? "",
        line.threshold.map(\.description) ?? "", line.verdict ?? "", line.reason ?? "",
        CSVText.base64(of: line.path),
      ]
      if savesDifferences { columns.append(line.difference?.description ?? "") }
      if savesMaps {
        columns.append((line.regions ?? []).map(\.text).joined(separator: " "))
        columns.append(line.map?.description ?? "")
      }
      return CSVText.line(columns)
    case .table:
      return Self.row(
        verdict: line.verdict ?? "-", score: line.score.map(\.description) ?? "-",
        pValue: line.pValue.map { $0.rounded(toDigits: 4) } ?? "-", file: escaped(line.path.bytes))
    }
  }

  private static func row(verdict: String, score: String, pValue: String, file: String) -> String {
    "\(verdict.padded(to: 10))  \(score.padded(to: 14))  \(pValue.padded(to: 7))  \(file)"
  }
}
