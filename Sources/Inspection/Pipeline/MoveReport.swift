internal import Linux
private import SystemPackage

/// Tells of moves that fail, once as long as they fail of the same: a folder that cannot be written to is one trouble,
/// however many files are on their way there.
struct MoveReport {
  private struct Trouble: Hashable {
    let action: FileAction
    let errorNumber: Int32
  }

  private var told: Set<Trouble> = []

  /// None told.
  init() {}

  /// What is to be told of a move that was tried; nil where there is nothing, or nothing new.
  ///
  /// - Parameter record: as it is after the attempt.
  mutating func note(_ record: InspectionRecord) -> (text: String, errorNumber: Int32)? {
    // Quarantine has an entry of its own for each picture.
    guard record.state == .intended, record.action != .quarantineFailed, let number = record.errorNumber,
      told.insert(Trouble(action: record.action, errorNumber: number)).inserted
    else { return nil }
    let what =
      switch record.action {
      case .deleted: "cannot be removed"
      case .quarantined, .quarantineFailed, .passed, .rejected, .left:
        "cannot be moved to '\(record.destinationFolder ?? "")'"
      }
    let reason = LinuxError(operation: record.detail ?? "move it", code: Errno(rawValue: number))
    return (
      "'\(record.arrival.name)' \(what), and stays where it is: \(record.detail ?? "\(reason)"); it is tried again, and "
        + "others that fail of the same are not told of", number
    )
  }

  /// No move waits any more: the next that fails is news.
  mutating func reset() { told = [] }
}
