/// Comma-separated values.
///
/// Source: RFC 4180, with line feeds alone between lines.
enum CSVText {
  /// One line.
  static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

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
