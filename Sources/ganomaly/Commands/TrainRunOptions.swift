import ArgumentParser
import Linux

/// What a run does beside the numbers: none of these changes a bit of the model.
struct TrainRunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Goes on where a training ended or was cut off: its checkpoint, or the output it belongs to.", valueName: "file"),
    completion: .file())
  var resume: String?
  @Flag(help: "Leaves OUTPUT.checkpoint behind when the training has ended, so that it can go on later.")
  var keepCheckpoint = false
  @Option(help: ArgumentHelp("Most minutes between two checkpoints.", valueName: "minutes"))
  var checkpointMinutes = 10.0
  @Option(
    help: ArgumentHelp(
      "MiB of prepared pictures kept in memory; the others are decoded again whenever they are needed, with --window "
        + "once an epoch (default: a quarter of the machine's memory).", valueName: "MiB"))
  var memory: Int?
  @Option(
    help: ArgumentHelp(
      "Writes losses, curves and reconstructions to a folder, for TensorBoard and as training.csv.", valueName: "folder"
    ),
    completion: .directory)
  var log: String?
  @Option(
    help: ArgumentHelp("Writes a report with curves and pictures into one HTML file at the end.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var report: String?

  /// Refuses numbers that cannot be.
  func validate() throws {
    guard checkpointMinutes >= 0, checkpointMinutes <= 1e6 else {
      throw ValidationError("--checkpoint-minutes \(checkpointMinutes) is not possible, expected 0 to 1000000")
    }
    if let memory, !(0...1 << 30).contains(memory) {
      throw ValidationError("--memory \(memory) is not possible, expected 0 to \(1 << 30) MiB")
    }
  }

  /// Most bytes of prepared pictures in memory.
  var memoryLimit: Int { memory.map { $0 << 20 } ?? CurrentProcess.machineMemory / 4 }
}
