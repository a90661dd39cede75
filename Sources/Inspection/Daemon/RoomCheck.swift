internal import Linux

/// Whether there is room on the disks, and when to look again.
struct RoomCheck {
  /// Whether there is less than there should be.
  var isLow = false
  /// When another look is worth it.
  private(set) var nextLook = ContinuousClock.now

  /// The folders whose disks may fill by what is done with files.
  static func folders(_ folders: SpoolFolders, incoming: Directory?, state: Directory, settings: Settings)
    -> [Directory]
  {
    var result = [incoming, folders.quarantine, state].compactMap(\.self)
    if settings.onNormal == .move { result.append(folders.passed) }
    if settings.onUnreadable == .move { result.append(folders.rejected) }
    return result
  }

  /// A look is taken now.
  mutating func note(at now: ContinuousClock.Instant) { nextLook = now + .seconds(1) }
}
