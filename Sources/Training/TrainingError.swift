public import GANomalyModel
public import Linux

/// Why a training cannot begin or go on.
public enum TrainingError: Error, CustomStringConvertible {
  /// An option is out of its range.
  case option(name: String, expected: String, found: String)
  /// The network's shapes are not possible.
  case hyperparameters(HyperparametersError)
  /// The folder cannot be read.
  case folder(FileError)
  /// Too few pictures to train at all.
  case tooFewPictures(folder: String, found: Int, unusable: Int)
  /// Pictures whose sides the preparation does not take.
  case wrongSize(folder: String, count: Int, of: Int, path: BytePath, reason: String)
  /// A loss, or a weight, is NaN or infinite after a step, counted from the training's beginning.
  case diverged(step: Int, found: String)
  /// A picture that is read again is not what it was.
  case pictureChanged(path: BytePath, reason: String)
  /// A file holds no checkpoint that this version can go on from.
  case checkpoint(file: String, reason: String)
  /// An option contradicts the checkpoint, which has another value of it, or none.
  case contradiction(option: String, found: String, stored: String?, file: String)
  /// The pictures are not those that the training began with.
  case otherPictures(folder: String, file: String, difference: String)
  /// The score that was asked for cannot be taken.
  case score(ScoreOptionsError)
  /// The end that is asked for lies before the place where the training would go on.
  case endIsPast(file: String, done: Int, end: Int)
  /// The calibration at the end failed.
  case calibration(CalibrationError)

  /// One sentence.
  public var description: String {
    switch self {
    case .option(let name, let expected, let found): "option '--\(name)' is \(found), expected \(expected)"
    case .hyperparameters(let error): "\(error)"
    case .folder(let error): "\(error)"
    case .tooFewPictures(let folder, let found, let unusable):
      "cannot train on '\(folder)': found \(found) usable PNG \(found == 1 ? "picture" : "pictures")"
        + "\(Self.besides(unusable)), expected at least 2"
    case .wrongSize(let folder, let count, let total, let path, let reason):
      "cannot train on '\(folder)': \(count) of its \(total) \(total == 1 ? "picture does" : "pictures do") not fit, such as "
        + "'\(escaped(path.bytes))': \(reason)"
    case .diverged(let step, let found):
      "the training diverged in step \(step): \(found), expected finite numbers; "
        + "try a smaller --learning-rate, another --seed or a larger --batch"
    case .pictureChanged(let path, let reason):
      "cannot go on with '\(escaped(path.bytes))': \(reason); pictures must stay as they are while a training reads "
        + "them again and again"
    case .checkpoint(let file, let reason): "cannot resume from '\(file)': \(reason)"
    case .contradiction(let option, let found, let stored, let file):
      "option '--\(option)' is \(found), but the training in '\(file)' began "
        + (stored.map { "with \($0); leave it out to go on with \($0)" }
          ?? "without --\(option); leave it out to go on without it")
        + ", or begin anew without --resume"
    case .otherPictures(let folder, let file, let difference):
      "cannot resume from '\(file)' with '\(folder)': \(difference); a training goes on with the pictures it began with"
    case .score(let error): "\(error)"
    case .endIsPast(let file, let done, let end):
      "cannot resume from '\(file)': it has \(done) steps, and the end that is asked for is \(end), counted from the "
        + "beginning; give a later one, or none to keep the training's own"
    case .calibration(let error): "cannot calibrate: \(error)"
    }
  }

  private static func besides(_ unusable: Int) -> String {
    unusable == 0 ? "" : " besides \(unusable) that cannot be read"
  }
}
