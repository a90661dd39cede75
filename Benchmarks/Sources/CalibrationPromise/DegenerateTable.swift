import Evaluation
import GANomalyModel

/// What becomes of scores that are not what the promise's formula has in mind: ties, constants, no numbers, hardly any.
struct DegenerateTable {
  private let sets: [ScoreList]
  private let splits: Int

  /// A table made of real scores that are coarsened.
  init(_ sets: [ScoreList], splits: Int) {
    self.sets = sets
    self.splits = splits
  }

  /// The tables, with headings.
  var text: String {
    var lines = [
      "## Ties", "",
      "Scores rounded to so many levels between the lowest and the highest. The rate may only fall: a score equal to the "
        + "threshold is not above it.", "",
      "| list | levels | n | rate aimed at | mean rate | splits above the 95 % bound |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
    for list in sets {
      for levels in [Float(200), 20, 2] {
        for (count, rate) in [(100, 0.1), (1000, 0.1), (1000, 0.01)] {
          let cell = PromiseMeasurement(
            of: .conformal(rate: rate), on: Self.coarsened(list.scores, levels), count: count, splits: splits)
          lines.append(
            "| \(list.name) | \(Int(levels)) | \(count) | \(PromiseTable.percent(rate)) | "
              + "\(cell.meanRate.map(PromiseTable.percent) ?? "refused") | "
              + "\(cell.shareAboveBound.map(PromiseTable.percent) ?? "-") |")
        }
      }
    }
    return (lines + ["", "## Constants, no numbers, hardly any", ""] + outcomes + [""]).joined(separator: "\n")
  }

  private static func coarsened(_ scores: PromiseMeasurement.Scores, _ levels: Float) -> PromiseMeasurement.Scores {
    let (low, high) = (scores.normal.first ?? 0, scores.normal.last ?? 1)
    func coarse(_ score: Float) -> Float { ((score - low) / (high - low) * levels).rounded() / levels }
    return .init(normal: scores.normal.map(coarse), anomalous: scores.anomalous.map(coarse))
  }

  /// Single sets of scores and what the program answers.
  private var outcomes: [String] {
    let constant = [Float](repeating: 0.25, count: 1000)
    let some = Array((sets.first?.scores.normal ?? []).prefix(1000))
    let cases: [(String, CalibrationRule, [Float])] = [
      ("1,000 equal scores", .conformal(rate: 0.01), constant), ("1,000 equal scores", .pot(rate: 0.01), constant),
      ("1,000 scores, one of them NaN", .conformal(rate: 0.01), some.dropLast() + [.nan]),
      ("1,000 scores, one of them infinite", .pot(rate: 0.01), some.dropLast() + [.infinity]),
      ("no score", .conformal(rate: 0.1), []), ("one score", .conformal(rate: 0.1), [0.5]),
      ("one score", .conformal(rate: 0.5), [0.5]), ("two scores", .quantile(rate: 0.5, confidence: 0.95), [0.5, 0.6]),
      ("no score", .f1, []), ("no score", .pot(rate: 0.1), []),
    ]
    return ["| scores | method | rate | outcome |", "| --- | --- | --- | --- |"]
      + cases.map { title, rule, scores in
        "| \(title) | \(PromiseTable.name(rule)) | \(rule.falsePositiveRate.map(PromiseTable.percent) ?? "-") | "
          + "\(Self.outcome(rule, scores)) |"
      }
  }

  private static func outcome(_ rule: CalibrationRule, _ scores: [Float]) -> String {
    do {
      let calibration = try Calibration.fit(rule, to: CalibrationSet(normal: scores))
      return "threshold \(calibration.threshold); \(calibration.flaggedCount) of its own \(scores.count) above it"
    } catch {
      return "refused: \(error)"
    }
  }
}
