/// A JSON value for writing, with its keys in the order given.
public enum JSONText: Sendable {
  case null
  case text(String)
  case integer(Int64)
  case float(Float)
  case double(Double)
  case object([(String, JSONText)])
  case list([JSONText])

  /// A text, or null.
  static func optional(_ text: String?) -> JSONText { text.map(JSONText.text) ?? .null }

  /// The value on one line. Floats are the shortest text that reads back to the same value; NaN and infinity are null.
  public var line: String {
    switch self {
    case .null: "null"
    case .text(let text): Self.quoted(text)
    case .integer(let value): String(value)
    case .float(let value): value.isFinite ? "\(value)" : "null"
    case .double(let value): value.isFinite ? "\(value)" : "null"
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.0)): \($0.1.line)" }.joined(separator: ", ") + "}"
    case .list(let values): "[" + values.map(\.line).joined(separator: ", ") + "]"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
