import ArgumentParser

/// How results are written.
enum ResultFormat: String, ExpressibleByArgument, CaseIterable {
  /// For people.
  case table
  /// One object a line.
  case json
  /// A header and one line a row.
  case csv
}
