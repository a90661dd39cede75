import Imaging
import Linux

/// Comma-separated values.
///
/// Source: RFC 4180, with line feeds alone between lines.
enum CSVText {
  /// One line.
  static func line(_ fields: [String]) -> String { fields.map { quoted(shown($0)) }.joined(separator: ",") }

  /// The name of a file as a field shows it, and its bytes as base64 where that is not the name itself.
  static func base64(of path: BytePath) -> String {
    path.text.map { shown($0) == $0 } == true ? "" : Base64.text(path.bytes)
  }

  /// A text that neither a spreadsheet takes for a formula nor a terminal for a command; numbers stay as they are.
  ///
  /// What begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe before it; controls and marks that
  /// turn the direction of text stand as `\x1B`, line feeds, carriage returns and tabs inside as they are.
  ///
  /// Source: OWASP, "CSV Injection".
  static func shown(_ field: String) -> String {
    guard Double(field) == nil else { return field }
    var result = String.UnicodeScalarView()
    if let first = field.unicodeScalars.first, formulaStarts.contains(first) { result.append("'") }
    for scalar in field.unicodeScalars {
      if isShown(scalar) {
        result.append(scalar)
      } else {
        result.append(contentsOf: escaped(Array(String(scalar).utf8)).unicodeScalars)
      }
    }
    return String(result)
  }

  private static let formulaStarts: [Unicode.Scalar] = ["=", "+", "-", "@", "\t", "\r"]

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\n", "\r", "\t": return true
    default: break
    }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  /// By scalars, as whoever reads it will: a comma with a combining mark behind it is another character, and a comma.
  private static func quoted(_ field: String) -> String {
    let special: [Unicode.Scalar] = ["\"", ",", "\n", "\r"]
    guard field.unicodeScalars.contains(where: special.contains) else { return field }
    var result = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in field.unicodeScalars {
      if scalar == "\"" { result.append(scalar) }
      result.append(scalar)
    }
    result.append("\"")
    return String(result)
  }
}
