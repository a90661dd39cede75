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

  func run() throws {
    let description = ModelDescription(model: try model.read(), name: model.model)
    try StandardStream.output.write((format == .json ? description.json : description.table) + "\n")
  }
}
