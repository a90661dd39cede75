import Foundation
import Testing

/// A table of numbers beside the script that made it.
struct GoldenTable {
  /// Fields of each line.
  let rows: [[String]]

  /// Reads `Goldens/NAME.txt`: fields between semicolons.
  init(_ name: String) throws {
    let path = try #require(Bundle.module.path(forResource: name, ofType: "txt", inDirectory: "Goldens"))
    rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      line.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// The numbers of a field between blanks.
  static func numbers(_ field: String) throws -> [Double] {
    try field.split(separator: " ").map { try #require(Double($0)) }
  }

  /// The scores of a field: doubles that are floats.
  static func scores(_ field: String) throws -> [Float] { try numbers(field).map { Float($0) } }
}
