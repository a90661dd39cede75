internal import Linux

/// What a start does with what an earlier end left half done, beside the recorder's rows.
enum Tidying {
  /// Finishes departures from quarantine, gives back what lies aside for no row, removes temporary files.
  ///
  /// - Returns: what could not be done, and what was, a sentence each.
  static func run(
    _ ledger: Ledger, _ folders: SpoolFolders, state: Directory, incoming: Directory, faults: Faults
  ) -> [String] {
    var notes: [String] = []
    var lock: FileLock?
    var isAlone = true
    do throws(InspectionError) {
      lock = try QuarantineLock.take(folders.quarantine, waitingAtMost: .zero)
    } catch {
      // Whoever holds it works in the quarantine now, and finishes that.
      isAlone = false
      if case .command = error {} else { notes.append("\(error)") }
    }
    do {
      if isAlone {
        let quarantine = folders.quarantine
        notes += try Departures(ledger: ledger, faults: faults).settle { _ throws(LinuxError) in quarantine }
      }
      let intended = Set(try ledger.intended().map(\.id))
      let count = try SourceRemoval(faults: faults, incoming: incoming).giveBackAll(except: intended)
      if count > 0 {
        notes.append(
          "\(count) files that were to be removed, and that no record asks to remove, are back; they are inspected")
      }
    } catch {
      notes.append("\(error)")
    }
    for folder in [folders.quarantine, state] {
      notes += Leftovers.remove(from: folder, isAlone: isAlone, isOurs: true).map { "\($0)" }
    }
    for folder in [folders.passed, folders.rejected, incoming] {
      notes += Leftovers.remove(from: folder, isAlone: isAlone, isOurs: false).map { "\($0)" }
    }
    withExtendedLifetime(lock) {}
    return notes
  }
}
