/// A path as the user or the file system gave it: bytes, kept exactly, valid UTF-8 or not.
///
/// Not swift-system's `FilePath`, which normalises separators: results must name a file as it was given.
public struct BytePath: Sendable, Hashable {
  /// The path's bytes, without a terminating zero.
  public let bytes: [UInt8]

  /// A path from its bytes.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// A path from text.
  public init(_ text: String) {
    self.bytes = Array(text.utf8)
  }

  /// The path as text where it is valid UTF-8, else nil.
  public var text: String? {
    String(validating: bytes, as: UTF8.self)
  }

  /// This path with one more component; a separator is put between them where there is none.
  public func appending(_ component: [UInt8]) -> BytePath {
    let separator = UInt8(ascii: "/")
    return BytePath(
      bytes: bytes.isEmpty || bytes.last == separator ? bytes + component : bytes + [separator] + component)
  }

  /// The folder that holds the file: everything before the last separator, `.` where there is none.
  public var parent: BytePath {
    let separator = UInt8(ascii: "/")
    guard let last = bytes.lastIndex(of: separator) else { return BytePath(".") }
    return last == 0 ? BytePath("/") : BytePath(bytes: Array(bytes[..<last]))
  }

  /// The bytes as C wants them: with a zero at the end.
  var terminated: [CChar] {
    bytes.map { CChar(bitPattern: $0) } + [0]
  }
}

extension BytePath: Comparable {
  /// Byte order: the same in every locale.
  public static func < (left: BytePath, right: BytePath) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension BytePath: CustomStringConvertible {
  /// The path as text, invalid UTF-8 shown as U+FFFD.
  public var description: String {
    String(decoding: bytes, as: UTF8.self)
  }
}
