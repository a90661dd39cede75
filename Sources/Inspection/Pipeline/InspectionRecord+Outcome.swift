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
    // Nothing lies in the folder that it was to go to: the next attempt may go to another.
    if case .failed = outcome { record.targetInode = nil }
    switch outcome {
    case .toBeCopied: break
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
      record.destination = nil
      record.errorNumber = nil
      if verdict == .anomaly { record.reason = nil }
      if verdict != .unreadable {
        let (what, work) = action == .deleted ? ("removed", "removing") : ("moved", "moving")
        record.detail = "it was to be \(what), and stays: \(work) was switched off before that was done"
      }
    case .failed(let error), .unfinished(let error):
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
  /// The record with what is to be known of the folder that its file goes to, before it goes.
  func bound(for target: Directory, from incoming: Directory) -> InspectionRecord {
    var record = self
    let inode = (try? FolderIdentity(target))?.inode
    // A folder on the same mount may refuse renamed files all the same; a move found that out.
    let isKnownApart = isTargetApart == true && (targetInode == nil || targetInode == inode)
    record.targetInode = inode
    record.isTargetApart = isKnownApart || MountCheck.isOneMount(incoming, target) != true
    return record
  }

  /// The record with what another state of it says of the folder that its file goes to.
  func bound(as other: InspectionRecord) -> InspectionRecord {
    var record = self
    (record.targetInode, record.isTargetApart) = (other.targetInode, other.isTargetApart)
    return record
  }

  /// The action as far as it has happened: a file that is still to be moved or removed lies where it was.
  public var carriedOutAction: FileAction { state == .intended && action.takesFileAway ? .left : action }
}
