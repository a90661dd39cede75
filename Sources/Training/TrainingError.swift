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
  /// A loss is NaN or infinite.
  case diverged(epoch: Int, step: Int, losses: StepLosses)
  /// The score that was asked for cannot be taken.
  case score(ScoreOptionsError)
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
    case .diverged(let epoch, let step, let losses):
      "the training diverged in epoch \(epoch), step \(step): losses are \(losses.adversarial), \(losses.contextual), "
        + "\(losses.encoder) and \(losses.discriminator), expected finite numbers; try another seed or a larger batch"
    case .score(let error): "\(error)"
    case .calibration(let error): "cannot calibrate: \(error)"
    }
  }

  private static func besides(_ unusable: Int) -> String {
    unusable == 0 ? "" : " besides \(unusable) that cannot be read"
  }
}
