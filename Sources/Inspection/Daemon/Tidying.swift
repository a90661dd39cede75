internal import Linux

/// What a start does with what an earlier end left half done, beside the recorder's rows.
enum Tidying {
  /// Settles departures from quarantine, gives back what lies aside for no row, removes temporary files.
  ///
  /// - Parameter sign: told of every piece that is copied.
  /// - Returns: what could not be done, and what was.
  static func run(
    _ ledger: Ledger, _ folders: SpoolFolders, state: Directory, incoming: Directory, faults: Faults,
    sign: SignOfLife = .none
  ) -> [RecordEntry] {
    var notes: [RecordEntry] = []
    func note(_ text: String, priority: Int? = nil) {
      notes.append(RecordEntry(.failed, priority: priority, text, id: Daemon.makeID()))
    }
    var lock: FileLock?
    var isAlone = true
    do throws(InspectionError) {
      lock = try QuarantineLock.take(folders.quarantine, waitingAtMost: .zero)
    } catch {
      isAlone = false
      if case .command = error {
        // Whoever holds it works in the quarantine now, and settles that; were it nobody of ours, nobody would.
        note("what an interruption may have left in quarantine is not looked after: \(error)", priority: 4)
      } else {
        note("what an interruption may have left in quarantine cannot be looked after: \(error)")
      }
    }
    do {
      if isAlone {
        let quarantine = folders.quarantine
        notes += try Departures(ledger: ledger, faults: faults, sign: sign).settle { _ throws(InspectionError) in
          quarantine
        }
        .map(\.entry)
      }
      let intended = Set(try ledger.intended().map(\.id))
      let count = try SourceRemoval(faults: faults, incoming: incoming).giveBackAll(except: intended)
      if count > 0 { note(SourceRemoval.note(count)) }
    } catch {
      note("\(error)")
    }
    let leftovers = Leftovers.removeAll(
      folders, state: state, incoming: incoming, isAlone: isAlone, isKnown: ledger.holds)
    for (text, priority) in leftovers {
      note(text, priority: priority)
    }
    withExtendedLifetime(lock) {}
    return notes
  }
}
