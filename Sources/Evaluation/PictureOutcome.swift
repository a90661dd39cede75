public import GANomalyModel
internal import Imaging
internal import Linux

/// What became of a file: a score, or why there is none.
public enum PictureOutcome: Sendable, Equatable {
  /// A score that is a finite number.
  case scored(Float, digest: PictureDigest)
  /// No score.
  case failed(Failure)

  /// Why a file has no score.
  public struct Failure: Sendable, Equatable {
    /// What kind of failure, by the words of results.
    public enum Kind: String, Sendable, CaseIterable {
      /// Not a PNG, damaged, or over a limit.
      case unreadable
      /// Not a regular file: a link, a FIFO, a device.
      case refused
      /// Ours or the system's: no such file, no permission, a score that is no number.
      case error
    }

    /// What kind.
    public let kind: Kind
    /// One sentence, without the file's name.
    public let reason: String
    /// Whether the model is to blame, and not the file.
    public let isOfModel: Bool

    /// A failure from its parts.
    init(kind: Kind, reason: String, isOfModel: Bool = false) {
      self.kind = kind
      self.reason = reason
      self.isOfModel = isOfModel
    }
  }

  /// The failure, where there is one.
  public var failure: Failure? {
    if case .failed(let failure) = self { failure } else { nil }
  }
}

extension PictureOutcome.Failure {
  /// A file that gives no picture.
  init(_ failure: PictureFile.Failure) {
    let kind: Kind =
      switch failure {
      case .file(let error):
        switch error.cause {
        case .notRegular: .refused
        case .tooLarge: .unreadable
        case .system, .zeroByte, .tooMany, .tooDeep: .error
        }
      case .picture(let error): error.isLackOfMemory ? .error : .unreadable
      }
    self.init(kind: kind, reason: failure.reason)
  }

  /// A score that is no finite number.
  init(score: Float) {
    self.init(
      kind: .error, reason: "its score is \(score), expected a finite number: the model's weights are damaged",
      isOfModel: true)
  }
}
