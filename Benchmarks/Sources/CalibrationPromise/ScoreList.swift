import Evaluation
import Foundation

/// The scores of a file: a line is 'normal' or 'anomaly', a blank and a number.
struct ScoreList {
  /// What the list is called: its file's name, without `scores-` and ending.
  let name: String
  /// The scores.
  let scores: PromiseMeasurement.Scores

  /// A line that is no score.
  struct Fault: Error, CustomStringConvertible {
    /// The sentence.
    let description: String
  }

  /// Reads a file.
  init(path: String) throws {
    let url = URL(filePath: path)
    let file = url.deletingPathExtension().lastPathComponent
    name = file.hasPrefix("scores-") ? String(file.dropFirst("scores-".count)) : file
    var lists: [String: [Float]] = ["normal": [], "anomaly": []]
    for (number, line) in try String(contentsOf: url, encoding: .utf8).split(separator: "\n").enumerated() {
      let words = line.split(separator: " ")
      guard words.count == 2, lists[String(words[0])] != nil, let score = Float(words[1]), score.isFinite else {
        throw Fault(
          description: "'\(path)', line \(number + 1), is '\(line)', expected 'normal' or 'anomaly' and a number")
      }
      lists[String(words[0])]?.append(score)
    }
    scores = PromiseMeasurement.Scores(normal: lists["normal"] ?? [], anomalous: lists["anomaly"] ?? [])
  }

  /// A list from its parts.
  init(name: String, scores: PromiseMeasurement.Scores) {
    self.name = name
    self.scores = scores
  }
}
