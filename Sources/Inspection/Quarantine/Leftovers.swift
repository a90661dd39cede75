private import Foundation
internal import Linux
private import SystemPackage

/// Temporary files that a process has left which was killed while it wrote.
enum Leftovers {
  /// How long a copy must not have changed before nobody writes it any more, whoever it was.
  static let patience = Duration.seconds(3600)

  /// Removes them from a folder.
  ///
  /// - Parameters:
  ///   - isAlone: whether no other program may be copying into the spool now.
  ///   - isOurs: whether nobody else has files of their own there: else only names are removed that have an event's id,
  ///     and of those only our events', and what has not changed for long: a release from another spool may be copying.
  ///   - isKnown: whether an event is in our ledger.
  ///   - working: ids of events whose files are just being copied; asked for after the folder was read, so that no copy
  ///     that was seen there is begun later than that.
  /// - Returns: how many were removed, and why some could not be.
  static func remove(
    from folder: Directory, isAlone: Bool, isOurs: Bool, now: WallTime = .now,
    isKnown: (String) throws(InspectionError) -> Bool,
    except working: () throws(InspectionError) -> Set<String> = { [] }
  ) -> (count: Int, failures: [InspectionError]) {
    var count = 0
    var failures: [InspectionError] = []
    do throws(InspectionError) {
      let names = try onSystem { () throws(LinuxError) in
        // In pieces: there may be a million others.
        let reader = try DirectoryReader(folder)
        var names: [FileName] = []
        while case let piece = try reader.next(atMost: 4096), !piece.isEmpty {
          names += piece.map(\.name).filter { isLeftover($0, isAlone: isAlone, isOurs: isOurs) }
        }
        return names
      }
      if names.isEmpty { return (0, []) }
      let kept = Set(try working().map(CheckedCopy.temporary))
      for name in names where !kept.contains(name) {
        if !isOurs {
          let isKnown = try isKnown(id(of: name))
          let isOld = try isOld(name, in: folder, now: now)
          guard isKnown || isOld else { continue }
        }
        do throws(LinuxError) {
          try folder.remove(name)
          count += 1
        } catch {
          if error.code != .noSuchFileOrDirectory { failures.append(.system(error)) }
        }
      }
    } catch {
      failures.append(error)
    }
    return (count, failures)
  }

  /// The event of a temporary copy's name, `.ganomaly-<event's id>.tmp`.
  private static func id(of name: FileName) -> String {
    String(decoding: name.bytes.dropFirst(10).dropLast(4), as: UTF8.self)
  }

  private static func isOld(_ name: FileName, in folder: Directory, now: WallTime) throws(InspectionError) -> Bool {
    let status = try onSystem { () throws(LinuxError) in try folder.status(of: name) }
    guard let status else { return false }
    // What lies in the future is not old, whatever the clock was.
    let (age, isOverflow) = now.nanoseconds.subtractingReportingOverflow(status.changed)
    return !isOverflow && .nanoseconds(age) > patience
  }

  /// Removes them from all folders that files go to, and the state folder.
  ///
  /// - Parameters:
  ///   - isKnown: whether an event is in our ledger.
  ///   - working: ids of events whose files are just being copied.
  /// - Returns: what is to be told, in sentences, with the priorities of its entries.
  static func removeAll(
    _ folders: SpoolFolders, state: Directory, incoming: Directory?, isAlone: Bool,
    now: WallTime = .now, isKnown: (String) throws(InspectionError) -> Bool,
    except working: () throws(InspectionError) -> Set<String> = { [] }
  ) -> [(text: String, priority: Int)] {
    var notes: [(text: String, priority: Int)] = []
    // In the first two nobody else has files of their own.
    let ours = [folders.quarantine, state]
    let shared = [folders.passed, folders.rejected] + [incoming].compactMap(\.self)
    for (folder, isOurs) in ours.map({ ($0, true) }) + shared.map({ ($0, false) }) {
      let (count, failures) = remove(
        from: folder, isAlone: isAlone, isOurs: isOurs, now: now, isKnown: isKnown, except: working)
      if count > 0 {
        notes.append(
          ("\(count) temporary files that an interruption had left in '\(escaped(folder.path))' are removed", 5))
      }
      notes += failures.map { ("\($0)", 3) }
    }
    return notes
  }

  /// Whether nobody writes a file of that name any more.
  ///
  /// `.<process>-<number>.tmp` tells its writer; `.ganomaly-<event's id>.tmp` is written by whoever works in the spool.
  static func isLeftover(
    _ name: FileName, isAlone: Bool, isOurs: Bool, isAlive: (Int32) -> Bool = CurrentProcess.exists
  ) -> Bool {
    guard let text = String(validating: name.bytes, as: UTF8.self), text.hasPrefix("."), text.hasSuffix(".tmp") else {
      return false
    }
    let middle = text.dropFirst().dropLast(4)
    if middle.hasPrefix("ganomaly-") { return isAlone && UUID(uuidString: String(middle.dropFirst(9))) != nil }
    guard isOurs else { return false }
    let parts = middle.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let process = Int32(parts[0]), process > 0, UInt64(parts[1]) != nil else { return false }
    return !isAlive(process)
  }
}
