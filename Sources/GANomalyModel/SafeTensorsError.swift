/// What is wrong with a safetensors file.
public enum SafeTensorsError: Error, Sendable, Equatable {
  /// The file ends before a part that it announces.
  case truncated(part: String, expected: UInt64, found: Int)
  /// The header is longer than the limit.
  case headerTooLong(found: UInt64, limit: Int)
  /// The header is not the JSON it must be.
  case malformedHeader(at: Int, expected: String, found: String)
  /// A name stands twice in the header.
  case duplicateName(String)
  /// A tensor's element type is not one of those read.
  case unknownElementType(tensor: String, found: String)
  /// A tensor's shape has too many sizes, or more elements than can be counted.
  case shapeTooLarge(tensor: String, shape: [Int])
  /// A tensor's byte range is not as long as its shape needs, or runs backwards.
  case wrongLength(tensor: String, expected: Int, found: [Int])
  /// A tensor's byte range does not begin where the one before it ends.
  case gapOrOverlap(tensor: String, expected: Int, found: Int)
  /// Bytes follow the last tensor.
  case trailingBytes(count: Int)
  /// Texts or tensors are not those that the digest in the header was made of.
  case wrongDigest(expected: String, found: String)
}

extension SafeTensorsError: CustomStringConvertible {
  /// The sentence for the user.
  public var description: String {
    switch self {
    case .truncated(let part, let expected, let found):
      "the file is truncated: \(part) needs \(expected) bytes, found \(found)"
    case .headerTooLong(let found, let limit):
      "the header's length is \(found) bytes, expected at most \(limit): not a safetensors file, or a damaged one"
    case .malformedHeader(let position, let expected, let found):
      "the header is malformed at byte \(position): expected \(expected), found \(found)"
    case .duplicateName(let name):
      "the header names '\(name)' twice, expected once"
    case .unknownElementType(let tensor, let found):
      "tensor '\(tensor)' has element type '\(found)', expected "
        + SafeTensors.ElementType.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or ")
    case .shapeTooLarge(let tensor, let shape):
      "tensor '\(tensor)' has shape \(shape), expected at most \(SafeTensors.maximumRank) sizes and a countable product"
    case .wrongLength(let tensor, let expected, let found):
      "tensor '\(tensor)' lies at bytes \(found), expected a range of \(expected) bytes"
    case .gapOrOverlap(let tensor, let expected, let found):
      "tensor '\(tensor)' begins at byte \(found), expected \(expected): tensors overlap or leave a gap"
    case .trailingBytes(let count):
      "\(count) bytes follow the last tensor, expected none"
    case .wrongDigest(let expected, let found):
      "the file is damaged: its content has SHA-256 '\(found)', expected '\(expected.prefix(80))'; take it from its "
        + "source again"
    }
  }
}
