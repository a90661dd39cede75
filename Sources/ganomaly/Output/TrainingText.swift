import GANomalyModel

/// What became of a training, in the words that `train` and `describe` share.
enum TrainingText {
  /// The round whose weights the model has.
  static func chosen(_ record: TrainingRecord) -> String {
    let rounds = record.rounds
    // Where every round is an epoch, and in files that know epochs alone, it is called so.
    let areEpochs = rounds.enumerated().allSatisfy { index, round in
      round.stepCount == nil || round.stepCount == record.stepsPerEpoch.map { $0 * (index + 1) }
    }
    if areEpochs { return "chosen epoch     \(record.chosenRound) of \(rounds.count)" }
    let steps = rounds.indices.contains(record.chosenRound - 1) ? rounds[record.chosenRound - 1].stepCount : nil
    return "chosen round     \(record.chosenRound) of \(rounds.count)"
      + (steps.map { ", after step \($0) of \(rounds.last?.stepCount ?? $0)" } ?? "")
  }

  /// What ended the training.
  static func ending(_ record: TrainingRecord) -> String {
    let steps = record.rounds.last?.stepCount.map { " after \(Self.steps("\($0)"))" } ?? ""
    let patience = record.options["patience"] ?? "?"
    let text =
      switch record.ending {
      case nil: "not recorded"
      case .epochs: "--epochs\(steps)"
      case .steps: "--steps\(steps)"
      case .minutes: "--max-minutes\(steps)"
      case .patience: "the validation loss, which did not fall enough within \(Self.steps(patience)),\(steps)"
      case .interruption: "an interruption\(steps)"
      }
    return "ended by         \(text)"
  }

  private static func steps(_ count: String) -> String { "\(count) \(count == "1" ? "step" : "steps")" }
}
