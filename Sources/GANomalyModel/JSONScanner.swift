/// Reads the little JSON that a safetensors header is made of: objects, texts and lists of counts.
///
/// Own and small because a header is hostile until checked: duplicate names, positions and limits matter here.
///
/// Source: RFC 8259.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  /// A scanner over a document.
  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    self.index = bytes.startIndex
  }

  /// The place in the document, counted from 0.
  var position: Int { index - bytes.startIndex }

  /// Reads an object; `member` reads each value.
  mutating func object(
    _ member: (inout JSONScanner, String) throws(SafeTensorsError) -> Void
  ) throws(SafeTensorsError) {
    try expect("{")
    if take("}") { return }
    repeat {
      let name = try string()
      try expect(":")
      try member(&self, name)
    } while take(",")
    try expect("}", or: "','")
  }

  /// Reads a list of counts.
  mutating func integers() throws(SafeTensorsError) -> [Int] {
    try expect("[")
    if take("]") { return [] }
    var values: [Int] = []
    repeat {
      values.append(try integer())
    } while take(",")
    try expect("]", or: "','")
    return values
  }

  /// Reads a text.
  mutating func string() throws(SafeTensorsError) -> String {
    try expect("\"")
    let start = position
    var content: [UInt8] = []
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw .malformedHeader(at: start, expected: "valid UTF-8", found: "other bytes")
        }
        return text
      case UInt8(ascii: "\\"): content += try escape()
      case 0..<0x20:
        throw .malformedHeader(at: position - 1, expected: "an escaped control character", found: "byte \(byte)")
      default: content.append(byte)
      }
    }
    throw unexpected("the end of a text")
  }

  /// Refuses anything but blanks after the document.
  mutating func end() throws(SafeTensorsError) {
    skipBlanks()
    guard index == bytes.endIndex else { throw unexpected("the end of the header") }
  }

  private mutating func integer() throws(SafeTensorsError) -> Int {
    skipBlanks()
    let start = index
    var value = 0
    while index < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
      let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooLargeToo) = shifted.addingReportingOverflow(Int(bytes[index] - UInt8(ascii: "0")))
      guard !tooLarge, !tooLargeToo else {
        throw .malformedHeader(
          at: start - bytes.startIndex, expected: "a count of at most \(Int.max)", found: "a larger one")
      }
      value = sum
      index += 1
    }
    let hasLeadingZero = index > start + 1 && bytes[start] == UInt8(ascii: "0")
    guard index > start, !hasLeadingZero else { throw unexpected("a count") }
    return value
  }

  private mutating func escape() throws(SafeTensorsError) -> [UInt8] {
    switch next() {
    case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
    case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
    case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw .malformedHeader(at: position - 1, expected: "an escape of JSON", found: "another")
    }
  }

  private mutating func unicodeEscape() throws(SafeTensorsError) -> [UInt8] {
    let first = try codeUnit()
    var units = [first]
    if UTF16.isLeadSurrogate(first) {
      guard next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else { throw unexpected("a trail surrogate") }
      units.append(try codeUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw .malformedHeader(at: position, expected: "a valid Unicode escape", found: "a lone surrogate")
    }
    return Array(text.utf8)
  }

  private mutating func codeUnit() throws(SafeTensorsError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw unexpected("four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private mutating func next() -> UInt8? {
    guard index < bytes.endIndex else { return nil }
    defer { index += 1 }
    return bytes[index]
  }

  private mutating func skipBlanks() {
    while index < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
  }

  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard index < bytes.endIndex, bytes[index] == UInt8(ascii: mark) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ mark: Unicode.Scalar, or alternative: String? = nil) throws(SafeTensorsError) {
    guard take(mark) else {
      throw unexpected("'\(mark)'" + (alternative.map { " or \($0)" } ?? ""))
    }
  }

  private func unexpected(_ expected: String) -> SafeTensorsError {
    guard index < bytes.endIndex else {
      return .malformedHeader(at: position, expected: expected, found: "the header's end")
    }
    let byte = bytes[index]
    let found = (0x21..<0x7F).contains(byte) ? "'\(UnicodeScalar(byte))'" : "byte \(byte)"
    return .malformedHeader(at: position, expected: expected, found: found)
  }
}
