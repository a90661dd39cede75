/// Told of every piece of long work that is done, such as a mebibyte of a copy: progress, never the clock alone.
struct SignOfLife: Sendable {
  /// Says that the work has moved on.
  let give: @Sendable () -> Void

  /// Nobody listens.
  static let none = SignOfLife {}
}
