private import Crypto
internal import Linux
private import SystemPackage

/// Takes inspected files out of the watched folder, never another than the inspected one, and never loses one.
struct Mover: Sendable {
  /// What a move came to.
  enum Outcome: Sendable, Equatable {
    /// The inspected file lies at its destination, or is removed where that was wanted.
    case done
    /// Another file had the name by then; it is in the watched folder, to be inspected.
    case replaced
    /// No file had the name any more.
    case gone
    /// The move failed and nothing has changed; it may be tried again.
    case failed(LinuxError)
  }

  let folders: SpoolFolders
  let faults: Faults

  /// The folder in the watched one where a file is compared before it is removed; hidden, so never inspected.
  static let removing = FileName(".ganomaly-removing")!

  /// Does what a record intends with its file.
  ///
  /// - Parameters:
  ///   - incoming: the watched folder.
  ///   - opened: the inspected file itself, where it is still open.
  func perform(
    _ record: InspectionRecord, incoming: Directory, opened: OpenPicture?
  ) throws(Faults.SimulatedCrash) -> Outcome {
    do {
      guard let target = folders.target(of: record.action), let destination = record.destination else {
        return try removeSource(record, incoming)
      }
      return try move(record, incoming, target, destination, opened)
    } catch let crash as Faults.SimulatedCrash {
      throw crash
    } catch let error as LinuxError {
      return .failed(error)
    } catch {
      preconditionFailure("moving throws system errors only")
    }
  }

  private func move(
    _ record: InspectionRecord, _ incoming: Directory, _ target: Directory, _ destination: FileName,
    _ opened: OpenPicture?
  ) throws -> Outcome {
    do {
      try incoming.rename(record.arrival.name, to: target, destination, .refuseExisting)
    } catch {
      switch error.code {
      case .noSuchFileOrDirectory: return .gone
      case .improperLink: return try copy(record, incoming, target, destination, opened)
      default: throw error
      }
    }
    try faults.reach(.afterRename)
    return try verify(record, incoming, target, destination)
  }

  /// Makes sure that what lies at the destination is what was inspected, and puts anything else back.
  private func verify(
    _ record: InspectionRecord, _ incoming: Directory, _ target: Directory, _ destination: FileName
  ) throws -> Outcome {
    guard let status = try target.status(of: destination) else { return .gone }
    if record.arrival.isIdentity(of: status) { return .done }
    try putBack(destination, in: target, record, incoming)
    return .replaced
  }

  /// Gives a file that was not inspected its place back, or a name beside it where that is taken.
  private func putBack(
    _ name: FileName, in folder: Directory, _ record: InspectionRecord, _ incoming: Directory
  ) throws {
    do {
      try folder.rename(name, to: incoming, record.arrival.name, .refuseExisting)
    } catch {
      guard error.code == .fileExists else { throw error }
      let other = DestinationName.returned(record.arrival.name, id: record.id)
      try folder.rename(name, to: incoming, other, .refuseExisting)
    }
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
    var hash = SHA256()
    let isCopied = try picture.file.copy(
      to: target, destination, mode: record.mode & 0o777, chunk: { hash.update(data: $0) },
      isAccepted: { Array(hash.finalize()) == record.digest })
    guard isCopied else { return .replaced }
    try faults.reach(.afterRename)
    // The bytes are safe; the source goes, unless another file has its name by now.
    _ = try removeSource(record, incoming)
    return .done
  }

  private func reopen(_ record: InspectionRecord, _ incoming: Directory) throws -> OpenPicture? {
    guard case .file(let file) = try PlainFile.open(record.arrival.name, in: incoming) else { return nil }
    let picture = OpenPicture(file)
    return try record.arrival.isIdentity(of: picture.file.status()) ? picture : nil
  }

  /// Removes the inspected file, and no other that has its name by now: it is taken aside, compared, then removed.
  private func removeSource(_ record: InspectionRecord, _ incoming: Directory) throws -> Outcome {
    let aside = try incoming.subdirectory(Self.removing, mode: 0o700)
    guard let name = FileName(record.id) else { preconditionFailure("an event's id is a name") }
    do {
      try incoming.rename(record.arrival.name, to: aside, name, .refuseExisting)
    } catch {
      guard error.code == .noSuchFileOrDirectory else { throw error }
      return .done
    }
    return try removeAside(record, incoming) ? .done : .replaced
  }

  /// Removes what lies aside for a record when it is the inspected file; puts it back when it is not.
  ///
  /// - Returns: whether it was the inspected file, or nothing lay there.
  private func removeAside(_ record: InspectionRecord, _ incoming: Directory) throws -> Bool {
    guard try incoming.status(of: Self.removing)?.kind == .directory, let name = FileName(record.id) else {
      return true
    }
    let aside = try incoming.subdirectory(Self.removing, mode: 0o700)
    guard let status = try aside.status(of: name) else { return true }
    if record.arrival.isIdentity(of: status) {
      try aside.remove(name)
      return true
    }
    try putBack(name, in: aside, record, incoming)
    return false
  }

  // MARK: After a crash

  /// Brings the work on an intended record to its end, wherever it was interrupted.
  func settle(_ record: InspectionRecord, incoming: Directory) throws(Faults.SimulatedCrash) -> Outcome {
    do {
      let wasOther = try !removeAside(record, incoming)
      guard let target = folders.target(of: record.action), let destination = record.destination else {
        return wasOther ? .replaced : try removeSource(record, incoming)
      }
      guard let status = try target.status(of: destination) else {
        return try move(record, incoming, target, destination, nil)
      }
      if record.arrival.isIdentity(of: status) { return .done }
      if try isCopy(record, status, target, destination) {
        // The bytes are safe; the source goes, unless another file has its name.
        _ = try removeSource(record, incoming)
        return .done
      }
      try putBack(destination, in: target, record, incoming)
      return .replaced
    } catch let crash as Faults.SimulatedCrash {
      throw crash
    } catch let error as LinuxError {
      return .failed(error)
    } catch {
      preconditionFailure("moving throws system errors only")
    }
  }

  private func isCopy(
    _ record: InspectionRecord, _ status: FileStatus, _ target: Directory, _ destination: FileName
  ) throws -> Bool {
    guard status.kind == .regular, status.size == record.arrival.size, !record.digest.isEmpty,
      case .file(let file) = try PlainFile.open(destination, in: target),
      let bytes = try file.read(maximumCount: Int(clamping: status.size))
    else { return false }
    return Array(SHA256.hash(data: bytes)) == record.digest
  }
}

/// An inspected file that stays open until its record is complete; a class, so that it can be in a list.
final class OpenPicture: Sendable {
  let file: PlainFile

  /// Takes over an open file.
  init(_ file: consuming PlainFile) { self.file = file }
}
