import ArgumentParser
import Evaluation
import GANomalyModel
import Linux

/// The model that a command reads.
struct ModelArgument: ParsableArguments {
  @Argument(help: "The model file, as written by 'ganomaly train'.", completion: .file(extensions: ["safetensors"]))
  var model: String

  /// The file as the bytes that were typed.
  var path: BytePath { get throws(CommandError) { try PathArguments.bytePath(model) } }

  /// Reads the model; warns where its calibration was made by another arithmetic.
  func read() throws -> Model {
    let read = try Model.read(contentsOf: path)
    if let calibration = read.calibration, calibration.arithmeticVersion != Scorer.arithmeticVersion {
      Message.write(
        "'\(model)' was calibrated with arithmetic version \(calibration.arithmeticVersion), this program has "
          + "\(Scorer.arithmeticVersion): scores differ in their last digits; calibrate again")
    }
    return read
  }
}

/// How many threads a command uses.
struct ThreadOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Threads to work with; all processors where not given.", valueName: "number"))
  var threads: Int?

  /// Refuses counts that cannot be.
  func validate() throws {
    let limit = PictureScoring.maximumThreadCount
    if let threads, !(1...limit).contains(threads) {
      throw ValidationError("--threads \(threads) is not possible, expected 1 to \(limit)")
    }
  }

  /// The number of threads.
  var count: Int { threads ?? min(CurrentProcess.processorCount, PictureScoring.maximumThreadCount) }
}
