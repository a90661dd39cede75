internal import Linux
private import SystemPackage

/// Takes inspected files out of the watched folder, never another than the inspected one, and never loses one.
struct Mover: Sendable {
  /// What a move came to.
  enum Outcome: Sendable, Equatable {
    /// The inspected file lies at its destination, or is removed where that was wanted.
    case done
    /// All is as it was intended, but nobody saw the file go: no file, or another one, had its name by then.
    case absent
    /// Another file had the name by then; it is in the watched folder, to be inspected.
    case replaced
    /// No file had the name any more.
    case gone
    /// It was to be taken away, and stays: nobody wants that any more.
    case kept
    /// Nothing was done: its folder takes no renamed files, and its record does not say yet that it is to be copied.
    case toBeCopied
    /// The move failed, nothing is lost, and nothing was left at the destination; it may be tried again anywhere.
    case failed(LinuxError)
    /// The same, but the file or its copy may lie at the destination.
    case unfinished(LinuxError)
  }

  let folders: SpoolFolders
  let faults: Faults
  /// Told of every piece of the work.
  var sign = SignOfLife.none

  /// The same, with its folders as they are open now.
  func pinned() -> Mover { Mover(folders: folders.pinned(), faults: faults, sign: sign) }

  /// Does what a record intends with its file.
  ///
  /// - Parameters:
  ///   - incoming: the watched folder.
  ///   - opened: the inspected file itself, where it is still open.
  func perform(
    _ record: InspectionRecord, incoming: Directory, opened: OpenPicture?
  ) throws(Faults.SimulatedCrash) -> Outcome {
    try outcome(record) {
      // Whatever a record lacks, a file that is to stay stays.
      guard record.action != .left else { return .done }
      guard let target = folders.target(of: record.action), let destination = record.destination else {
        return try delete(record, incoming)
      }
      return try move(record, incoming, target, destination, opened)
    }
  }

  /// Brings the work on an intended record to its end, wherever it was interrupted.
  ///
  /// - Parameter isStayWanted: whether its file is to stay by now where it still lies in the watched folder.
  func settle(
    _ record: InspectionRecord, incoming: Directory, isStayWanted: Bool = false
  ) throws(Faults.SimulatedCrash) -> Outcome {
    try outcome(record) {
      guard record.action != .left else { return .done }
      let removal = removal(from: incoming)
      guard let target = folders.target(of: record.action), let destination = record.destination else {
        if isStayWanted {
          try removal.giveBack(record)
          return try stay(record, incoming) ?? .absent
        }
        switch try removal.finish(record) {
        case .removed: return .done
        case .other: return .replaced
        case .missing, nil:
          // Not there any more: whether we removed it before the interruption or another did, it is as was intended.
          let outcome = try delete(record, incoming)
          return outcome == .gone ? .absent : outcome
        }
      }
      try CheckedCopy.removeLeftover(id: record.id, in: target)
      guard let status = try target.status(of: destination) else {
        // Whatever an earlier attempt has left in a folder that is away: the file stays, as it is wanted.
        if isStayWanted, try stay(record, incoming) == .kept { return .kept }
        if try FolderIdentity(target).isAnother(than: record.targetInode) {
          // It may lie in the folder that is away: that it is gone is not known.
          var remedy = "mount or rename that one to where it was"
          if try stay(record, incoming) == .kept {
            remedy += ", or give that one up: ganomaly reinspect '\(record.arrival.name)'"
          }
          throw LinuxError(
            operation:
              "find it: another folder is at '\(escaped(target.path))' than the one that it was to go to; \(remedy)",
            code: .noSuchFileOrDirectory)
        }
        // Taken aside for a copy that is not there, or is not there any more: from the beginning.
        try removal.giveBack(record)
        if isStayWanted { return try stay(record, incoming) ?? .gone }
        return try move(record, incoming, target, destination, nil)
      }
      if try !mayBeCopy(record, status, incoming),
        try InspectedFile.isIt(record, destination, in: target, sign: sign)
      {
        return .done
      }
      if try isCopy(record, status, target, destination) {
        // The bytes are safe; the source goes, unless another file has its name.
        return try removal.remove(record) == .removed ? .done : .absent
      }
      try removal.giveBack(record)
      return try putBack(record, incoming, target, destination)
    }
  }

  /// A record as it is to be written down before its file goes: with the folder that has the target's place by now, and
  /// with the way there. Nil where nothing of that is news, where the file is not in the watched folder, or where nobody
  /// knows whether it has gone to the folder that was there.
  func redirected(_ record: InspectionRecord, incoming: Directory) -> InspectionRecord? {
    guard let target = folders.target(of: record.action), let destination = record.destination else { return nil }
    do throws(LinuxError) {
      guard try target.status(of: destination) == nil else { return nil }
      let identity = try FolderIdentity(target)
      // Renamed, it would not be in the watched folder any more; copied, it may be in both.
      if identity.isAnother(than: record.targetInode), isApart(record, incoming, target) { return nil }
      guard let status = try incoming.status(of: record.arrival.name), InspectedFile.isAlike(record, status) else {
        return nil
      }
      let redirected = record.bound(for: target, from: incoming)
      return redirected == record ? nil : redirected
    } catch {
      return nil
    }
  }

  /// Whether a record's file was to be copied; rows of before that was written down say nothing of it: then it is as
  /// now.
  private func isApart(_ record: InspectionRecord, _ incoming: Directory, _ target: Directory) -> Bool {
    record.isTargetApart ?? (MountCheck.isOneMount(incoming, target) != true)
  }

  /// Whether another folder has the place of the one that a record's file is to go to.
  func isTargetReplaced(_ record: InspectionRecord) -> Bool {
    guard let target = folders.target(of: record.action), let identity = try? FolderIdentity(target) else {
      return false
    }
    return identity.isAnother(than: record.targetInode)
  }

  private func removal(from incoming: Directory) -> SourceRemoval {
    SourceRemoval(faults: faults, incoming: incoming, sign: sign)
  }

  private func outcome(
    _ record: InspectionRecord, _ body: () throws -> Outcome
  ) throws(Faults.SimulatedCrash) -> Outcome {
    do {
      return try body()
    } catch let crash as Faults.SimulatedCrash {
      throw crash
    } catch let error as LinuxError {
      return isNothingLeft(record) ? .failed(error) : .unfinished(error)
    } catch {
      preconditionFailure("moving throws system errors only")
    }
  }

  /// Whether nothing lies at the destination, for certain; of a folder that is away nothing is.
  private func isNothingLeft(_ record: InspectionRecord) -> Bool {
    guard let target = folders.target(of: record.action), let destination = record.destination else { return true }
    do throws(LinuxError) {
      if try FolderIdentity(target).isAnother(than: record.targetInode) { return false }
      return try target.status(of: destination) == nil
    } catch {
      return false
    }
  }

  /// What becomes of a file that is to stay by now; nil where it is not there.
  private func stay(_ record: InspectionRecord, _ incoming: Directory) throws(LinuxError) -> Outcome? {
    guard let status = try incoming.status(of: record.arrival.name) else { return nil }
    return InspectedFile.isAlike(record, status) ? .kept : .replaced
  }

  private func delete(_ record: InspectionRecord, _ incoming: Directory) throws -> Outcome {
    precondition(record.action == .deleted, "only what is to be removed is removed")
    try faults.pass(.beforeMove)
    switch try removal(from: incoming).remove(record) {
    case .removed: return .done
    case .missing: return .gone
    case .other: return .replaced
    }
  }

  private func move(
    _ record: InspectionRecord, _ incoming: Directory, _ target: Directory, _ destination: FileName,
    _ opened: OpenPicture?
  ) throws -> Outcome {
    let before: FileStatus
    do {
      try faults.pass(.beforeMove)
      guard let status = try incoming.status(of: record.arrival.name) else { return .gone }
      before = status
      try incoming.rename(record.arrival.name, to: target, destination, .refuseExisting)
    } catch let error as LinuxError {
      switch error.code {
      case .noSuchFileOrDirectory:
        // Either the file is gone, or the folder that it should go to.
        if try incoming.status(of: record.arrival.name) != nil { throw error }
        return .gone
      case .improperLink:
        // A copy that is interrupted may be in both folders: its row has to say so before it begins.
        guard record.isTargetApart == true else { return .toBeCopied }
        return try copy(record, incoming, target, destination, opened)
      default: throw error
      }
    }
    try faults.pass(.afterRename)
    // What lies at the destination must be what was inspected; anything else goes back.
    if try InspectedFile.isIt(record, destination, in: target, before: before, sign: sign) { return .done }
    if try target.status(of: destination) == nil { return .gone }
    return try putBack(record, incoming, target, destination)
  }

  private func putBack(
    _ record: InspectionRecord, _ incoming: Directory, _ target: Directory, _ destination: FileName
  ) throws -> Outcome {
    try PutBack(faults: faults).perform(destination, in: target, to: incoming, record.arrival.name, id: record.id)
    return .replaced
  }

  // MARK: Another file system

  /// Copies the inspected bytes, and removes the source once they are safe.
  private func copy(
    _ record: InspectionRecord, _ incoming: Directory, _ target: Directory, _ destination: FileName,
    _ opened: OpenPicture?
  ) throws -> Outcome {
    guard let picture = try opened ?? reopen(record, incoming) else {
      return try incoming.status(of: record.arrival.name) == nil ? .gone : .replaced
    }
    let isCopied = try CheckedCopy(faults: faults, sign: sign).make(
      of: picture.file, in: target, as: destination, id: record.id, digest: record.digest,
      attributes: CheckedCopy.Attributes(mode: record.mode & 0o777))
    guard isCopied else { return .replaced }
    // The bytes are safe; the source goes, unless another file has its name by now.
    _ = try removal(from: incoming).remove(record)
    return .done
  }

  private func reopen(_ record: InspectionRecord, _ incoming: Directory) throws -> OpenPicture? {
    guard case .file(let file) = try PlainFile.open(record.arrival.name, in: incoming) else { return nil }
    let picture = OpenPicture(file)
    return try InspectedFile.isAlike(record, picture.file.status()) ? picture : nil
  }

  /// Whether what lies at the destination may be a copy, even where it has the inspected file's number.
  private func mayBeCopy(
    _ record: InspectionRecord, _ status: FileStatus, _ incoming: Directory
  ) throws(LinuxError) -> Bool {
    // A source is taken aside only when its copy is whole.
    if try removal(from: incoming).holds(record) { return true }
    return try InspectedFile.mayBeCopy(
      record, status, source: incoming.status(of: record.arrival.name),
      isElsewhere: record.wasSeenElsewhere(than: incoming))
  }

  /// Whether what lies at the destination is a copy of the inspected bytes.
  private func isCopy(
    _ record: InspectionRecord, _ status: FileStatus, _ target: Directory, _ destination: FileName
  ) throws -> Bool {
    guard status.kind == .regular, status.size == record.arrival.size else { return false }
    // Of a file that is too large nothing was read: its copy was compared while it was made, and got its time then.
    if record.digest.isEmpty { return status.modified == record.arrival.modified }
    return try FileDigest.of(destination, in: target, sign: sign) == record.digest
  }
}

/// An inspected file that stays open until its record is complete; a class, so that it can be in a list.
final class OpenPicture: Sendable {
  let file: PlainFile

  /// Takes over an open file.
  init(_ file: consuming PlainFile) { self.file = file }
}
