/// Comma-separated values.
///
/// Source: RFC 4180, with line feeds alone between lines.
enum CSVText {
  /// One line.
  static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ["\"", ",", "\n", "\r", "\r\n"].contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}
