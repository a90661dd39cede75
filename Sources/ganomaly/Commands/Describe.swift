import ArgumentParser
import GANomalyModel
import Imaging
import Linux

/// `ganomaly describe`.
struct Describe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells everything that a model file holds.",
    discussion: """
      Shapes, preparation, score, training with its losses, calibration with its promise, and the file's SHA-256, by which the \
      daemon names the model in its records.

        ganomaly describe line3.safetensors

      With --plan it tells how each layer is computed in scoring: that is fixed by the layer's shape, so that a picture has \
      the same score on every machine.
      """)

  /// How a description is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case table
    /// One object.
    case json
  }

  @OptionGroup var model: ModelArgument
  @Option(help: "table or json.")
  var format = Format.table
  @Flag(help: "How each layer is computed, instead of what the file holds.")
  var plan = false

  func run() throws {
    if plan {
      let plan = PlanDescription(ScoringPlan(Scorer(model: try model.read())))
      try StandardStream.output.write((format == .json ? plan.json : plan.table) + "\n")
      return
    }
    let description = ModelDescription(model: try model.read(), name: model.model)
    try StandardStream.output.write((format == .json ? description.json : description.table) + "\n")
  }
}
