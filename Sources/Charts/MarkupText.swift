private import Foundation

/// Text and numbers as HTML and SVG take them, in element content and in attributes between quotes of either kind.
public enum MarkupText {
  /// Text without meaning to a parser, and without characters that are not to be seen.
  ///
  /// It goes by scalars: a quote with a combining mark behind it is one character to Swift, and a quote to a browser.
  /// Controls, marks that turn the direction of text, and what XML forbids stand as `\u{202E}`.
  public static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default:
        if isShown(scalar) {
          result.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result.append(contentsOf: "\\u{\(digits)}".unicodeScalars)
        }
      }
    }
    return String(result)
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return 0x20..<0x7F ~= scalar.value || scalar == "\n" }
    guard !scalar.properties.isNoncharacterCodePoint else { return false }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  /// A coordinate with one decimal.
  static func coordinate(_ value: Double) -> String { String(format: "%.1f", value) }

  /// A number with a fixed count of decimals.
  static func fixed(_ value: Double, decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

  /// A number with few digits, as a label on an axis: `0.02`, `5000`, `2e-07`.
  public static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
