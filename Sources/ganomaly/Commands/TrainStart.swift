import GANomalyModel
import Imaging
import Linux
import Training

/// Where a training begins or goes on: files, options and how pictures become input.
struct TrainStart {
  /// What the names of checkpoints end with.
  static let suffix = ".checkpoint"

  /// Where the model goes.
  let output: BytePath
  /// Everything that decides the numbers.
  let options: TrainingOptions
  /// How pixels become input.
  let preparation: Preparation
  /// Where it goes on, and the file's name for sentences; nil where it begins.
  let resumed: (value: Checkpoint, file: String)?
  /// The file that it goes on from.
  let resumedPath: BytePath?

  /// Where checkpoints go.
  var checkpoint: BytePath { BytePath(bytes: output.bytes + Array(Self.suffix.utf8)) }

  /// A training that begins.
  ///
  /// - Parameter windows: how pictures become windows of the network's size; nil: the network sees them whole.
  init(
    output: BytePath, options: TrainingOptions, normalisation: Preparation.Normalisation, windows: WindowPlan?
  ) {
    self.output = output
    self.options = options
    preparation = Preparation(
      size: options.hyperparameters.size, channelCount: options.hyperparameters.channelCount,
      normalisation: normalisation, windows: windows)
    resumed = nil
    resumedPath = nil
  }

  /// A training that goes on.
  ///
  /// - Parameters:
  ///   - file: a checkpoint, or the output that it belongs to.
  ///   - output: where the model goes; nil: where the checkpoint's name says.
  ///   - given: options of the command line as texts by name.
  /// - Throws: `CommandError`, `TrainingError` or `ModelFileError`.
  init(resuming file: BytePath, output: BytePath?, given: [String: String], threadCount: Int) throws {
    let (checkpoint, path) = try Self.read(file)
    let name = escaped(path.bytes)
    if let version = checkpoint.model.probe?.arithmeticVersion, version != Scorer.arithmeticVersion {
      Message.write(
        "note: '\(name)' was written with arithmetic version \(version), this program has "
          + "\(Scorer.arithmeticVersion): the training goes on, but its file will not be that of one without an "
          + "interruption, and losses before and after differ in their last digits")
    }
    let suffix = Array(Self.suffix.utf8)
    if let output {
      self.output = output
    } else if path.bytes.count > suffix.count, path.bytes.suffix(suffix.count).elementsEqual(suffix) {
      self.output = BytePath(bytes: path.bytes.dropLast(suffix.count))
    } else {
      throw CommandError("cannot tell where the model of '\(name)' goes: name it with --output")
    }
    var options = try TrainingOptions(
      resuming: checkpoint.model.hyperparameters, stored: checkpoint.model.trainingRecord?.options ?? [:],
      given: given, threadCount: threadCount, file: name)
    options.scoreOptions = checkpoint.model.scoreOptions
    self.options = options
    preparation = checkpoint.model.preparation
    resumed = (checkpoint, name)
    resumedPath = path
  }

  private static func read(_ file: BytePath) throws -> (Checkpoint, BytePath) {
    let beside = BytePath(bytes: file.bytes + Array(suffix.utf8))
    let isThere = try DirectoryTree.exists(file)
    let hasBeside = try DirectoryTree.exists(beside)
    // What lies at the output may be anything where a checkpoint beside it is whole.
    if isThere, !hasBeside, let checkpoint = try Checkpoint(contentsOf: file) { return (checkpoint, file) }
    if hasBeside, let checkpoint = try Checkpoint(contentsOf: beside) {
      return (checkpoint, beside)
    }
    let name = escaped(file.bytes)
    throw CommandError(
      isThere
        ? "cannot resume from '\(name)': it is a model without a checkpoint, and there is no '\(name)\(suffix)'; "
          + "train with --keep-checkpoint to go on after the end"
        : "cannot resume from '\(name)': neither it nor '\(name)\(suffix)' is there")
  }
}
