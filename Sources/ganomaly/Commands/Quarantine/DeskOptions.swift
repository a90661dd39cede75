import ArgumentParser
import Foundation
import Inspection
import Linux
import SystemPackage

extension ServiceOptions {
  /// The daemon's spool where it was named; nil: pictures are looked for beside the folder where each arrived.
  func givenSpool() throws -> FilePath? {
    let isNamed = spool != nil || config != nil || ProcessInfo.processInfo.environment["GANOMALY_SPOOL"] != nil
    return isNamed ? try settings().spool : nil
  }

  /// Opens the quarantine, and tells what became of work that was interrupted.
  func desk(_ purpose: QuarantineDesk.Purpose = .change) throws -> QuarantineDesk {
    let desk = try QuarantineDesk(
      state: settings().resolvedStatePath, spool: givenSpool(), purpose: purpose, faults: CommandFaults.current,
      report: Message.write)
    for settlement in desk.settlements { Message.write(settlement.text) }
    // What is still pending is told by the daemon, once; here it would be told by every command.
    Self.tellJournal(desk.settlements.filter { !$0.isPending }.map(\.entry))
    return desk
  }

  /// Leaves entries in the journal, and says so where that is not possible.
  static func tellJournal(_ entries: [RecordEntry]) {
    if !CommandJournal.post(entries) { Message.write("done, but the journal does not take the record of it") }
  }
}

/// The fault points of tests: only in debug builds.
enum CommandFaults {
  /// What `GANOMALY_FAULT` asks for.
  static var current: Faults {
    #if DEBUG
      if let text = ProcessInfo.processInfo.environment["GANOMALY_FAULT"] {
        guard let faults = Faults.endingProcess(at: text) else {
          preconditionFailure("'GANOMALY_FAULT' names no fault point: '\(text)'")
        }
        return faults
      }
    #endif
    return .none
  }
}
