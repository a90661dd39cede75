/// Why nothing is handed out to the lanes.
enum PauseReason: String, Sendable, CaseIterable {
  /// There is no model.
  case noModel = "no-model"
  /// Less room on a disk than is to be left.
  case diskFloor = "disk-floor"
  /// The ledger cannot be written.
  case ledger = "ledger"
}

/// What only the watch thread knows, for status and metrics.
struct WatchSnapshot: Sendable, Equatable {
  /// Names that wait for their inspection.
  var pendingCount = 0
  /// How long the oldest of them has waited; nil where none waits.
  var oldestPendingAge: Duration?
  /// Whether the watched folder is there.
  var isWatching = true
  /// Whether it is looked at again and again instead of watched.
  var isPolling = false
  /// Why nothing is handed out for now.
  var pauses: Set<PauseReason> = []
  /// Names that were passed over, since the start.
  var ignoredCount = 0
  /// Overflows of the kernel's queue, since the start.
  var overflowCount = 0
  /// Readings of the whole folder, since the start.
  var rescanCount = 0
}
