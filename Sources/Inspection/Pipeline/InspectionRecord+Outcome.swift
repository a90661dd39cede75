internal import Linux
private import SystemPackage

extension InspectionRecord {
  /// The record after its file was moved, or was not.
  ///
  /// - Parameters:
  ///   - isConfirmationWanted: whether an entry of it must be confirmed by the journal.
  ///   - isElsewhere: whether it was looked for in another folder than the one in which it was inspected, which may come
  ///     back with it.
  func settled(
    by outcome: Mover.Outcome, isConfirmationWanted: Bool, isElsewhere: Bool = false
  ) -> InspectionRecord {
    var record = self
    record.isAwaited = isElsewhere && [.absent, .gone, .replaced].contains(outcome)
    if action == .quarantineFailed, state == .intended {
      // Its failure has an entry of its own; what comes now needs another.
      record.isJournalled = !isConfirmationWanted
    }
    switch outcome {
    case .done, .absent:
      record.state = .done
      record.errorNumber = nil
      if action == .quarantineFailed { record.action = .quarantined }
      // What an earlier attempt at the move failed with goes; what the verdict is for stays.
      if reason == Reason.allowed {
        record.detail = Reason.allowedSentence
      } else if verdict != .unreadable {
        (record.reason, record.detail) = (nil, nil)
      }
    case .replaced, .gone:
      record.state = .done
      record.action = .left
      record.destination = nil
      record.reason = outcome == .gone ? Reason.gone : Reason.replaced
      record.detail =
        outcome == .gone
        ? "the file was removed before it could be moved"
        : "another file took the name before the move; that one is inspected anew"
    case .kept:
      record.state = .done
      record.action = .left
      record.errorNumber = nil
      record.detail = "it was to be removed, and stays: removing was switched off before that was done"
    case .failed(let error):
      record.state = .intended
      if action == .quarantined { record.action = .quarantineFailed }
      if verdict == .anomaly { record.reason = error.isNoSpace ? Reason.noSpace : Reason.moveFailed }
      if verdict != .unreadable { record.detail = error.description }
      record.errorNumber = error.code.rawValue
    }
    return record
  }
}

extension InspectionRecord {
  /// The action as far as it has happened: a file that is still to be moved or removed lies where it was.
  public var carriedOutAction: FileAction { state == .intended && action.takesFileAway ? .left : action }
}
