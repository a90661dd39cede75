import ArgumentParser
import Training

/// When a training ends.
struct TrainLengthOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Ends after so many passes over the training pictures.", valueName: "number"))
  var epochs: Int?
  @Option(
    name: [.long, .customLong("iterations")], help: ArgumentHelp("Ends after so many steps.", valueName: "number"))
  var steps: Int?
  @Option(
    help: ArgumentHelp(
      "Ends this run after so many minutes; how far it gets depends on the machine.", valueName: "minutes"))
  var maxMinutes: Double?
  @Option(
    help: ArgumentHelp(
      "Ends when the validation loss has not fallen by --smallest-gain within so many steps (default where no end is "
        + "given: \(LengthRule.defaultPatience), and \(LengthRule.defaultStepLimit) steps at most).",
      valueName: "steps"))
  var patience: Int?
  @Option(
    help: ArgumentHelp(
      "The share by which the validation loss must fall to count (default: \(LengthRule.defaultGain)).",
      valueName: "share"))
  var smallestGain: Double?
  @Option(
    help: ArgumentHelp(
      "Fewest steps between two looks at the validation pictures (default: 1 with --epochs, which is every epoch; else "
        + "\(RoundPlan.leastSteps)); at most \(RoundPlan.mostSteps) lie between them.", valueName: "steps"))
  var roundSteps: Int?

  /// What was given, as texts by name.
  var given: [String: String] {
    GivenOptions.texts([
      ("epochs", epochs), ("steps", steps), ("max-minutes", maxMinutes), ("patience", patience),
      ("smallest-gain", smallestGain), ("round-steps", roundSteps),
    ])
  }
}
