public import Imaging
public import Linux

/// A published set of pictures that could not be taken apart.
public enum DatasetError: Error, Sendable, Equatable {
  /// The file system said no to reading.
  case file(FileError)
  /// The file system said no to writing.
  case folder(LinuxError)
  /// A file is no gzip file to its end.
  case compression(file: String, Gzip.Failure)
  /// A file is not an IDX file of the kind that it should be.
  case header(file: String, expected: String, found: String)
  /// The pictures have sides that cannot be.
  case sides(file: String, rows: Int, columns: Int, limit: Int)
  /// A file has other bytes than its header announces.
  case length(file: String, expected: Int, found: Int)
  /// The two files are of different sets.
  case counts(images: String, imageCount: Int, labels: String, labelCount: Int)
  /// The folder holds something.
  case notEmpty(String)
  /// No picture has one of the labels asked for.
  case noPicture(labels: [Int], there: [Int])
}

extension DatasetError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .file(let error): return error.description
    case .folder(let error): return error.description
    case .compression(let file, let failure): return "cannot read '\(file)': \(Self.reason(of: failure))"
    case .header(let file, let expected, let found):
      return "cannot read '\(file)': it begins with \(found), expected \(expected)"
    case .sides(let file, let rows, let columns, let limit):
      return
        "cannot read '\(file)': its pictures have \(rows) rows and \(columns) columns, expected 1 to \(limit) of each"
    case .length(let file, let expected, let found):
      return
        "cannot read '\(file)': its header announces \(expected) bytes in all, found \(found); fetch the file again"
    case .counts(let images, let imageCount, let labels, let labelCount):
      return "'\(images)' holds \(imageCount) pictures and '\(labels)' \(labelCount) labels, expected as many; "
        + "take the two files of one set"
    case .notEmpty(let folder):
      return "cannot write to '\(folder)': the folder is not empty; name a new or an empty one"
    case .noPicture(let labels, let there):
      return "no picture has the label \(Self.list(labels)); there are \(Self.list(there))"
    }
  }

  private static func reason(of failure: Gzip.Failure) -> String {
    switch failure {
    case .truncated: "the gzip file is truncated; fetch it again"
    case .damaged(let words): "the gzip file is damaged (\(words)); fetch it again"
    case .tooLarge(let limit): "its content has more than \(limit) bytes"
    case .noMemory: "no memory to decompress it"
    }
  }

  private static func list(_ labels: [Int]) -> String { labels.map(String.init).joined(separator: ", ") }
}
