/// A value in a graph by its name: an input, a constant, or what a node gives.
struct GraphValue: Sendable, Hashable {
  /// The name, which no other value of the graph has.
  let name: String
}

/// A size of a value: known, or the same wherever its name stands.
enum GraphSize: Sendable, Equatable {
  /// So many.
  case fixed(Int)
  /// As many as the caller gives.
  case named(String)
}

/// A setting of a node.
enum GraphSetting: Sendable, Equatable {
  /// One number.
  case number(Float)
  /// One whole number.
  case integer(Int)
  /// Several whole numbers.
  case integers([Int])
}
