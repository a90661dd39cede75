/// Whether there is room on the disks, and when to look again.
struct RoomCheck {
  /// Whether there is less than there should be.
  var isLow = false
  /// When another look is worth it.
  private(set) var nextLook = ContinuousClock.now

  /// A look is taken now.
  mutating func note(at now: ContinuousClock.Instant) { nextLook = now + .seconds(1) }
}
