public import Linux

/// A training's log that could not be written, or not gone on with.
public enum TrainingLogError: Error, Sendable, Equatable {
  /// The file system said no.
  case file(FileError)
  /// The folder can be neither opened nor made.
  case folder(LinuxError)
  /// The folder's path holds a zero byte.
  case zeroByte(BytePath)
  /// The table is there, and a training begins that does not go on with it.
  case exists(BytePath)
  /// The table has other columns than the training.
  case otherColumns(BytePath, expected: String, found: String)
}

extension TrainingLogError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .folder(let error): error.description
    case .zeroByte(let path): "cannot log to '\(escaped(path.bytes))': its path holds a zero byte"
    case .exists(let path):
      "cannot log to '\(escaped(path.bytes))': it holds another training's table; name a new folder"
    case .otherColumns(let path, let expected, let found):
      "cannot go on with '\(escaped(path.bytes))': its columns are '\(found.prefix(200))', expected '\(expected)'; "
        + "name a new folder"
    }
  }
}
