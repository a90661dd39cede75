private import Linux

/// Places at which a test may end the work as a crash would.
public enum FaultPoint: String, Sendable, CaseIterable {
  /// The intents are in the ledger; no file has moved.
  case afterIntent = "after-intent"
  /// A file has its new name; nothing was checked.
  case afterRename = "after-rename"
  /// The files have moved and were checked; the folders are not synchronised.
  case afterMoves = "after-moves"
  /// The folders are synchronised; no sidecar is written.
  case afterSynchronization = "after-synchronization"
  /// The sidecars are written; the ledger does not know.
  case afterSidecars = "after-sidecars"
  /// The ledger knows; no record was handed on.
  case afterDone = "after-done"
}

/// What happens at a fault point: nothing, except in tests.
public struct Faults: Sendable {
  /// Thrown by a test's function in place of a crash: whoever catches it leaves everything as it is.
  public struct SimulatedCrash: Error, Sendable {
    /// A crash.
    public init() {}
  }

  let reach: @Sendable (FaultPoint) throws(SimulatedCrash) -> Void

  /// Faults by a function that is called at every point.
  public init(_ reach: @escaping @Sendable (FaultPoint) throws(SimulatedCrash) -> Void) { self.reach = reach }

  /// No fault anywhere.
  public static let none = Faults { _ throws(SimulatedCrash) in }

  /// Ends the process at the point that a text names, such as `after-rename`; nil for a text that names none.
  public static func endingProcess(at text: String) -> Faults? {
    guard let point = FaultPoint(rawValue: text) else { return nil }
    return Faults { reached throws(SimulatedCrash) in if reached == point { CurrentProcess.endWithoutCleanUp() } }
  }
}
