/// One name in a folder, as the bytes that Linux keeps: 1 to 255 of them, any but `/` and zero.
public struct FileName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The bytes as they are; not necessarily UTF-8.
  public let bytes: [UInt8]

  /// Longest name of the usual Linux file systems.
  public static let maximumLength = 255

  /// A name from bytes; nil for what no folder can hold (empty, `.`, `..`, too long, a slash or a zero inside).
  public init?(bytes: [UInt8]) {
    guard !bytes.isEmpty, bytes.count <= Self.maximumLength, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")),
      bytes != [UInt8(ascii: ".")], bytes != [UInt8(ascii: "."), UInt8(ascii: ".")]
    else { return nil }
    self.bytes = bytes
  }

  /// A name from text; nil for what no folder can hold.
  public init?(_ text: String) { self.init(bytes: Array(text.utf8)) }

  /// The name for people: control characters, backslashes and bytes that are not UTF-8 as `\n` or `\xHH`.
  public var description: String { escaped(bytes) }

  /// Order by bytes.
  public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

  /// Calls `body` with the name as a C string.
  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes + [0]).withUnsafeBytes { body($0.assumingMemoryBound(to: CChar.self).baseAddress!) }
  }
}

/// Bytes of a name or path as text that is safe on a terminal and in a one-line message.
public func escaped(_ bytes: [UInt8]) -> String {
  // Nearly every name: nothing in it has to be looked at as text.
  if bytes.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != UInt8(ascii: "\\") }) {
    return String(decoding: bytes, as: UTF8.self)
  }
  var text = ""
  var rest = bytes[...]
  while let first = rest.first {
    let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    if let character = String(validating: rest.prefix(length), as: UTF8.self), rest.count >= length {
      text += character.unicodeScalars.map(escaped).joined()
      rest = rest.dropFirst(length)
    } else {
      text += hexadecimal(first)
      rest = rest.dropFirst()
    }
  }
  return text
}

private func escaped(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\n": "\\n"
  case "\t": "\\t"
  case "\r": "\\r"
  case "\\": "\\\\"
  default:
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: String(scalar).utf8.map(hexadecimal).joined()
    default: String(scalar)
    }
  }
}

private func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16, uppercase: true)
  return "\\x" + (digits.count == 1 ? "0" : "") + digits
}
