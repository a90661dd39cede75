/// How many pictures a lane scores between two signs of life: as many as take half a second.
struct SliceLength: Sendable, Equatable {
  /// How long one slice is to take.
  static let goal = Duration.milliseconds(500)

  /// Pictures in the next slice; the first shows how long one takes.
  private(set) var count = 1

  /// Takes in how long a slice took.
  ///
  /// - Parameter count: its pictures, 1 at least.
  mutating func note(_ duration: Duration, count: Int) {
    let pictures = Double(count) * (Self.goal / max(duration, .microseconds(1)))
    // Grows by steps: one slice may have been short by chance.
    self.count = Int(min(max(pictures, 1), Double(4 * count), 1_000_000))
  }
}
