public import Imaging
public import Linux

/// A model file that could not be read or written.
public struct ModelFileError: Error, Sendable, Equatable {
  /// Why.
  public enum Cause: Error, Sendable, Equatable {
    /// The file system said no.
    case file(FileError)
    /// The container is damaged.
    case container(SafeTensorsError)
    /// A text of the header is missing.
    case missingText(key: String)
    /// A text of the header is not what it must be.
    case wrongText(key: String, expected: String, found: String)
    /// A text of the header that this version does not know.
    case unknownText(key: String)
    /// The score is impossible.
    case score(ScoreOptionsError)
    /// The hyperparameters are impossible.
    case hyperparameters(HyperparametersError)
    /// The preparation is one that this version does not follow.
    case preparation(PreparationError)
    /// A tensor that the network needs is missing.
    case missingTensor(name: String, shape: [Int])
    /// A tensor that the network does not have.
    case unexpectedTensor(name: String)
    /// A tensor has another shape or element type than the network's.
    case wrongTensor(name: String, expected: String, found: String)
    /// A weight is NaN or infinite.
    case notFinite(tensor: String, index: Int, value: Float)
    /// A running variance is negative.
    case negativeVariance(tensor: String, index: Int, value: Float)
    /// The calibration contradicts itself.
    case calibration(String)
  }

  /// What was tried, as it stands in the sentence: `load` or `save`.
  public let action: String
  /// The file's name as the user gave it.
  public let name: String
  /// Why it failed.
  public let cause: Cause

  /// An error from its parts.
  init(action: String = "load", name: String, cause: Cause) {
    self.action = action
    self.name = name
    self.cause = cause
  }
}

extension ModelFileError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String { "cannot \(action) '\(name)': \(cause)" }
}

extension ModelFileError.Cause: CustomStringConvertible {
  /// The sentence without the file's name.
  public var description: String {
    switch self {
    case .file(let error): error.reason
    case .container(let error): error.description
    case .missingText(let key):
      "its header has no '\(key)', expected a model written by 'ganomaly train'"
    case .wrongText(let key, let expected, let found):
      "its header has '\(key)' '\(found.prefix(80))', expected \(expected)"
    case .unknownText(let key): "its header has the unknown '\(key)'; use the version of ganomaly that wrote the model"
    case .score(let error): "its score cannot be taken: \(error)"
    case .hyperparameters(let error): error.description
    case .preparation(let error): error.description
    case .missingTensor(let name, let shape): "tensor '\(name)' is missing, expected shape \(shape)"
    case .unexpectedTensor(let name): "tensor '\(name)' does not belong to this network"
    case .wrongTensor(let name, let expected, let found): "tensor '\(name)' has \(found), expected \(expected)"
    case .notFinite(let tensor, let index, let value):
      "tensor '\(tensor)' holds \(value) at index \(index), expected finite numbers"
    case .negativeVariance(let tensor, let index, let value):
      "tensor '\(tensor)' holds \(value) at index \(index), expected variances of at least 0"
    case .calibration(let sentence): "its calibration \(sentence)"
    }
  }
}
