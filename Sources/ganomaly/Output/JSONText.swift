import Imaging

/// JSON with its members in the order they are given: results are read by people and compared by programs.
enum JSONText {
  /// An object on one line.
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(string($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
  }

  /// A list on one line.
  static func list(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }

  /// A text, or null.
  static func string(_ text: String?) -> String {
    guard let text else { return "null" }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The shortest text that reads back to the same number, or null where there is none or it is not finite.
  static func number(_ value: (some BinaryFloatingPoint & CustomStringConvertible)?) -> String {
    guard let value, value.isFinite else { return "null" }
    return value.description
  }

  /// A rectangle of pixels.
  static func box(_ box: PixelBox) -> String {
    object([
      ("x", "\(box.x)"), ("y", "\(box.y)"), ("width", "\(box.width)"), ("height", "\(box.height)"),
    ])
  }

  /// A whole number, or null.
  static func integer(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "null" }
}
