/// What an inspection came to.
public enum Verdict: String, Sendable, CaseIterable {
  /// Scored, at or below the threshold.
  case normal
  /// Scored, above the threshold.
  case anomaly
  /// Not a PNG, damaged, or over a limit.
  case unreadable
  /// Not a plain file.
  case refused
  /// Could not be inspected, by our fault or the system's: never a verdict about the picture.
  case error
}

/// What was done with an inspected file.
public enum FileAction: String, Sendable, CaseIterable {
  /// It stays where it arrived.
  case left
  /// Moved to `passed`.
  case passed
  /// Removed.
  case deleted
  /// Moved to `quarantine`.
  case quarantined
  /// Should be in `quarantine`, and could not be moved; the move is tried again.
  case quarantineFailed = "quarantine-failed"
  /// Moved to `rejected`.
  case rejected

  /// Whether the file has left the watched folder by it.
  public var takesFileAway: Bool { self != .left && self != .quarantineFailed }
}

/// Short tokens that say why a verdict is not simply the score's.
public enum Reason {
  /// A file without a byte.
  public static let empty = "empty"
  /// More bytes than the limit.
  public static let tooLarge = "too-large"
  /// A link, FIFO, device, socket or mount.
  public static let notRegular = "not-regular"
  /// A folder in the watched folder.
  public static let folder = "folder"
  /// The network's arithmetic gave no number.
  public static let notANumber = "nan"
  /// Permission denied.
  public static let permission = "permission"
  /// Reading failed.
  public static let inputOutput = "input-output"
  /// No room for the move.
  public static let noSpace = "no-space"
  /// The move failed for another reason.
  public static let moveFailed = "move-failed"
  /// Another file took the name before the move; that one is inspected anew.
  public static let replaced = "replaced"
  /// A person has released these very bytes: normal, whatever the score.
  public static let allowed = "allowed"
  /// What that means.
  static let allowedSentence = "a person has released these very bytes from quarantine"
  /// The file vanished before the move.
  public static let gone = "gone"
}
